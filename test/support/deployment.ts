// The files that run the server elsewhere, read as their tools read them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DockerfileParser } from "dockerfile-ast";
import { parse, parseAllDocuments } from "yaml";
import { variables } from "../../src/config/variables.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into files of any shape
type Anything = any;

/** How long a stop may take beyond DRAIN_DELAY_MS and DRAIN_MS: a second for farewells, five for a worker that is stuck. */
export const REST_MS = 6_000;

/** The absolute path of a file of the project. */
export const pathOf = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

export const readProjectFile = (name: string) => readFileSync(pathOf(name), "utf8");

/** The names that are no variables of the server. */
export const findUnknownVariables = (names: string[]) => names.filter((name) => !Object.hasOwn(variables, name));

/** The one document of a YAML file. Throws where it has a fault, a double key among them. */
export function readYaml(name: string): Anything {
  return parse(readProjectFile(name));
}

/** Every object of the manifest, by its kind. */
export function readManifest(): Record<string, Anything> {
  const documents = parseAllDocuments(readProjectFile("deploy/kubernetes.yaml"));
  return Object.fromEntries(
    documents.map((document) => {
      if (document.errors[0]) throw document.errors[0];
      const object = document.toJS();
      return [object.kind, object];
    }),
  );
}

export interface Image {
  /** What each FROM names that is no stage of its own. */
  bases: string[];
  /** Every RUN's command. */
  runs: string[];
  /** The arguments of the last stage's instruction. */
  last(instruction: string): string;
  environment: Record<string, string>;
  command: string[];
  healthcheck: string[];
}

/** The Dockerfile, as Docker takes it. */
export function readImage(): Image {
  const file = DockerfileParser.parse(readProjectFile("Dockerfile"));
  const stages = new Set(file.getFROMs().map((from) => from.getBuildStage()));
  const instructions = file.getInstructions();
  const last = (keyword: string) => {
    const found = instructions.findLast((instruction) => instruction.getKeyword() === keyword);
    return found?.getArgumentsContent() ?? "";
  };
  const readList = (text: string): string[] => JSON.parse(text.slice(text.indexOf("[")));
  return {
    bases: file.getFROMs().flatMap((from) => {
      const image = from.getImage() ?? "";
      return stages.has(image) ? [] : [image];
    }),
    runs: instructions.flatMap((each) => (each.getKeyword() === "RUN" ? [each.getArgumentsContent() ?? ""] : [])),
    last,
    environment: Object.fromEntries(
      file.getENVs().flatMap((each) => each.getProperties().map((it) => [it.getName(), it.getValue() ?? ""])),
    ),
    command: readList(last("CMD")),
    healthcheck: readList(last("HEALTHCHECK")),
  };
}

// Runs what generates types for clients in the folders of recipes that configure it: graphql-codegen, gql.tada, Relay's compiler.
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { preset } from "@graphql-codegen/client-preset";
import { codegen } from "@graphql-codegen/core";
import { buildSchema, parse } from "graphql";
import { transformWithEsbuild } from "vite";
import { ROOT } from "./docs.ts";

const run = promisify(execFile);

type PresetOptions = Parameters<typeof preset.buildGeneratesSection>[0];

/** What `codegen.ts` exports. */
interface CodegenConfig {
  schema: string;
  generates: Record<string, { preset: string } & Partial<Pick<PresetOptions, "config" | "presetConfig">>>;
}

/** Generates wherever `files` have a configuration; yields the names of the tools that have run. */
export async function generateTypes(folder: string, files: Iterable<string>): Promise<string[]> {
  const ran: string[] = [];
  for (const file of files) {
    const generate = generators[basename(file)];
    if (!generate) continue;
    const project = join(folder, dirname(file));
    copyFileSync(join(ROOT, "schema.graphql"), join(project, "schema.graphql"));
    ran.push(await generate(project));
  }
  return ran;
}

const generators: Record<string, (project: string) => Promise<string>> = {
  "codegen.ts": runCodegen,
  "relay.config.json": runRelayCompiler,
  "tsconfig.json": runTada,
};

/** What `npx graphql-codegen` does: its command alone brings 230 packages, some of them for newer versions of Node. */
async function runCodegen(project: string): Promise<string> {
  const { code } = await transformWithEsbuild(readFileSync(join(project, "codegen.ts"), "utf8"), "codegen.ts");
  writeFileSync(join(project, "codegen.mjs"), code);
  const config: CodegenConfig = (await import(pathToFileURL(join(project, "codegen.mjs")).href)).default;
  const text = readFileSync(join(project, config.schema), "utf8");
  const documents = readDocuments(join(project, "src"));
  for (const [baseOutputDir, output] of Object.entries(config.generates)) {
    if (output.preset !== "client")
      throw new Error(`The preset is ${output.preset}; only the client preset is installed.`);
    const parts = await preset.buildGeneratesSection({
      baseOutputDir: join(project, baseOutputDir, "/"),
      schema: parse(text),
      schemaAst: buildSchema(text),
      documents,
      config: output.config ?? {},
      presetConfig: output.presetConfig ?? {},
      plugins: [],
      pluginMap: {},
      profiler: { outputName: "", run: (work) => work(), collect: () => [], clear() {} },
    });
    for (const part of parts) {
      mkdirSync(dirname(part.filename), { recursive: true });
      writeFileSync(part.filename, await codegen(part));
    }
  }
  return "graphql-codegen";
}

/** The texts that are given to `graphql()`, as the command finds them. */
function readDocuments(folder: string): PresetOptions["documents"] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
  return names.flatMap((name) => {
    const source = readFileSync(join(folder, name), "utf8");
    return [...source.matchAll(/graphql\(\s*`([^`]*)`/g)].map(([, rawSDL = ""]) => ({
      location: join(folder, name),
      document: parse(rawSDL),
      rawSDL,
    }));
  });
}

async function runRelayCompiler(project: string): Promise<string> {
  await run(process.execPath, [join(ROOT, "node_modules/relay-compiler/cli.js"), "relay.config.json"], {
    cwd: project,
  });
  return "relay-compiler";
}

/** gql.tada's command reads TypeScript's own API, which TypeScript 7 does not have: it gets version 6. */
async function runTada(project: string): Promise<string> {
  const redirect = `export const resolve = (name, context, next) => next(name === "typescript" ? "typescript6" : name, context);`;
  const register = `import { register } from "node:module"; register(${JSON.stringify(dataUrl(redirect))});`;
  const cli = join(ROOT, "node_modules/gql.tada/bin/cli.js");
  for (const command of [["generate-output"], ["check", "--fail-on-warn"]])
    await run(process.execPath, ["--import", dataUrl(register), cli, ...command], { cwd: project });
  return "gql.tada";
}

function dataUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

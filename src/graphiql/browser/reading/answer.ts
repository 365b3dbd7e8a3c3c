// Gathers what people read from the results of one operation: texts, reasoning, refusals, tool calls, pictures.
// Knows neither GraphiQL nor React.
import { readPicture } from "./pictures.ts";
import type { Plan, PlannedField, ReadingPlan } from "./reading-plan.ts";

/** A tool that the model calls. The arguments are JSON text as the model has written it, or a custom tool's free text. */
export interface CalledTool {
  name: string;
  input: string;
}

/** One choice of one root field. */
export interface ReadChoice {
  /** The root field's response key. */
  root: string;
  /** Its number among the choices, from 0. */
  index: number;
  text: string;
  reasoning: string;
  refusal: string;
  tools: CalledTool[];
  /** Such as LENGTH. Empty if it is not selected, or while the choice continues. */
  finishReason: string;
}

/** All that has been read so far. */
export interface ReadAnswer {
  choices: ReadChoice[];
  /** Addresses of pictures, none twice. */
  pictures: string[];
  /** Messages of the last result's errors. */
  errors: string[];
}

/** The parts of a choice that fields add to, by the fields' names. */
const PARTS = {
  text: "text",
  textSoFar: "text",
  content: "text",
  transcript: "text",
  reasoning: "reasoning",
  refusal: "refusal",
  finishReason: "finishReason",
} as const;
type Part = "text" | "reasoning" | "refusal" | "finishReason" | `tool ${string} name` | `tool ${string} input`;

/** A part may be selected more than once, such as by `text` and by `choices`: each field's text by its path. */
type Sources = Map<string, string>;
interface Choice {
  root: string;
  index: number;
  parts: Map<Part, Sources>;
}

/** Where a value stands. */
interface Place {
  root: string;
  choice: number;
  /** The tool call's number. Undefined outside tool calls. */
  tool: string | undefined;
  /** Whether values add to those of earlier results. */
  isAdded: boolean;
  parent: string;
}

/** Deeper values of JSON scalars hold nothing to show. */
const DEEPEST = 20;

/** Gathers from one result after the other. */
export class Answer {
  readonly #plan: ReadingPlan;
  readonly #choices = new Map<string, Choice>();
  readonly #pictures = new Set<string>();
  #errors: string[] = [];
  #data: unknown;

  constructor(plan: ReadingPlan) {
    this.#plan = plan;
  }

  /** Adds a result; the data of the last one, given again with errors, is not new. Values of unexpected types are passed over. */
  add(result: unknown): void {
    if (!isRecord(result)) return;
    const { data, errors } = result;
    const isNew = data !== this.#data;
    this.#data = data;
    this.#errors = Array.isArray(errors) ? errors.map((error) => String(error?.message ?? "Unknown error")) : [];
    if (!isNew || !isRecord(data)) return;
    for (const [root, field] of this.#plan.fields) {
      const place = { root, choice: 0, tool: undefined, isAdded: this.#plan.isStream, parent: "" };
      this.#readField(field, data[root], place);
    }
  }

  /** What has been read so far. */
  read(): ReadAnswer {
    const choices = [...this.#choices.values()].map(({ root, index, parts }) => {
      const part = (name: Part) => longest(parts.get(name));
      const calls = [...parts.keys()].flatMap((name) => /^tool (.*) (?:name|input)$/s.exec(name)?.[1] ?? []);
      return {
        root,
        index,
        text: part("text"),
        reasoning: part("reasoning"),
        refusal: part("refusal"),
        tools: [...new Set(calls)].map((call) => ({
          name: part(`tool ${call} name`),
          input: part(`tool ${call} input`),
        })),
        finishReason: part("finishReason"),
      };
    });
    return {
      choices: choices.sort((a, b) => (a.root === b.root ? a.index - b.index : 0)),
      pictures: [...this.#pictures],
      errors: this.#errors,
    };
  }

  #readField(field: PlannedField, value: unknown, place: Place): void {
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) {
      for (const [position, item] of value.entries()) this.#readItem(field, item, position, place);
    } else if (field.fields.size > 0) {
      this.#readItem(field, value, 0, place);
    } else {
      this.#readLeaf(field, value, place);
    }
  }

  #readItem(field: PlannedField, item: unknown, position: number, place: Place): void {
    if (field.fields.size === 0 || !isRecord(item)) {
      this.#readLeaf(field, item, place);
      return;
    }
    const inner = { ...place, parent: field.name };
    if (field.name === "choices") inner.choice = readIndex(field.fields, item) ?? position;
    if (field.name === "toolCalls") inner.tool = String(readIndex(field.fields, item) ?? position);
    if (field.name === "functionCall") inner.tool = "function";
    // The whole answer up to now.
    if (field.name === "soFar") inner.isAdded = false;
    for (const [key, selected] of field.fields) this.#readField(selected, item[key], inner);
  }

  #readLeaf({ name, path }: PlannedField, value: unknown, place: Place): void {
    const part = partOf(name, place);
    if (typeof value !== "string" || part === undefined) {
      this.#findPictures(value, { name, parent: place.parent }, 0);
      return;
    }
    const sources = this.#sourcesOf(place, part);
    const isAdded = place.isAdded && name !== "textSoFar" && part !== "finishReason";
    sources.set(path, isAdded ? (sources.get(path) ?? "") + value : value);
  }

  #sourcesOf({ root, choice: index }: Place, part: Part): Sources {
    const key = `${root} ${index}`;
    const choice = this.#choices.get(key) ?? { root, index, parts: new Map() };
    this.#choices.set(key, choice);
    const sources = choice.parts.get(part) ?? new Map();
    choice.parts.set(part, sources);
    return sources;
  }

  #findPictures(value: unknown, names: { name: string; parent: string }, depth: number): void {
    if (typeof value === "string") {
      const picture = readPicture(value, names);
      if (picture !== undefined) this.#pictures.add(picture);
    } else if (typeof value === "object" && value !== null && depth < DEEPEST) {
      const isList = Array.isArray(value);
      for (const [key, inner] of Object.entries(value)) {
        this.#findPictures(inner, isList ? names : { name: key, parent: names.name }, depth + 1);
      }
    }
  }
}

function partOf(name: string, { tool }: Place): Part | undefined {
  if (tool === undefined) return Object.hasOwn(PARTS, name) ? PARTS[name as keyof typeof PARTS] : undefined;
  if (name === "name") return `tool ${tool} name`;
  return name === "arguments" || name === "input" ? `tool ${tool} input` : undefined;
}

function readIndex(fields: Plan, item: Record<string, unknown>): number | undefined {
  for (const [key, { name }] of fields) {
    const value = item[key];
    if (name === "index" && typeof value === "number") return value;
  }
  return undefined;
}

/** They tell the same; where one has begun later, it has less. */
function longest(sources: Sources | undefined): string {
  return [...(sources?.values() ?? [])].reduce((a, b) => (b.length > a.length ? b : a), "");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// Gathers the words of one operation's choices: texts, reasoning, refusals, tool calls, segments of a transcript.

/** A tool that the model calls. The arguments are JSON text as the model has written it, or a custom tool's free text. */
export interface CalledTool {
  name: string;
  input: string;
}

/** A piece of a transcript. */
export interface ReadSegment {
  /** In seconds. Undefined: not told. */
  start: number | undefined;
  /** Empty: not told. */
  speaker: string;
  text: string;
}

/** One choice of one root field. */
export interface ReadChoice {
  /** The root field's response key. */
  root: string;
  /** Its number among the choices, from 0. */
  index: number;
  text: string;
  /** Whether the text is no Markdown. */
  isPlain: boolean;
  reasoning: string;
  refusal: string;
  tools: CalledTool[];
  segments: ReadSegment[];
  /** Such as LENGTH. Empty if it is not selected, or while the choice continues. */
  finishReason: string;
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
  isPlain: boolean;
  parts: Map<Part, Sources>;
  /** By the path of the field that has told them. */
  segments: Map<string, ReadSegment[]>;
}

/** Where a value stands. */
export interface Place {
  root: string;
  /** The root field's name in the schema. */
  rootName: string;
  choice: number;
  /** The tool call's number. Undefined outside tool calls. */
  tool: string | undefined;
  /** Whether values add to those of earlier results. */
  isAdded: boolean;
}

/** The root fields whose text is what was said, or subtitles. */
const PLAIN = new Set(["transcribe", "translateAudio"]);

/** Gathers from one value after the other. */
export class Choices {
  readonly #choices = new Map<string, Choice>();

  /** Whether a field of this name, at this place, holds words of a choice. */
  hasPart(name: string, place: Place): boolean {
    return partOf(name, place) !== undefined;
  }

  /** Adds a field's words; does nothing if they are none of a choice. */
  addText(name: string, path: string, value: string, place: Place): void {
    const part = partOf(name, place);
    if (part === undefined) return;
    const { parts } = this.#choiceOf(place);
    const sources: Sources = parts.get(part) ?? new Map();
    parts.set(part, sources);
    const isAdded = place.isAdded && name !== "textSoFar" && part !== "finishReason";
    sources.set(path, isAdded ? (sources.get(path) ?? "") + value : value);
  }

  /** Adds a segment to those that the field at `path` has told. */
  addSegment(path: string, values: ReadonlyMap<string, unknown>, place: Place): void {
    const [text, speaker, start] = ["text", "speaker", "start"].map((name) => values.get(name));
    if (typeof text !== "string") return;
    const { segments } = this.#choiceOf(place);
    const told = segments.get(path) ?? [];
    segments.set(path, told);
    told.push({
      start: typeof start === "number" ? start : undefined,
      speaker: typeof speaker === "string" ? speaker : "",
      text,
    });
  }

  /** What has been gathered so far. */
  read(): ReadChoice[] {
    const choices = [...this.#choices.values()].map(({ root, index, isPlain, parts, segments }) => {
      const part = (name: Part) => longest(parts.get(name));
      const calls = [...parts.keys()].flatMap((name) => /^tool (.*) (?:name|input)$/s.exec(name)?.[1] ?? []);
      return {
        root,
        index,
        text: part("text"),
        isPlain,
        reasoning: part("reasoning"),
        refusal: part("refusal"),
        tools: [...new Set(calls)].map((call) => ({
          name: part(`tool ${call} name`),
          input: part(`tool ${call} input`),
        })),
        segments: [...([...segments.values()][0] ?? [])],
        finishReason: part("finishReason"),
      };
    });
    return choices.sort((a, b) => (a.root === b.root ? a.index - b.index : 0));
  }

  #choiceOf({ root, rootName, choice: index }: Place): Choice {
    const key = `${root} ${index}`;
    const known = this.#choices.get(key);
    if (known) return known;
    const choice: Choice = { root, index, isPlain: PLAIN.has(rootName), parts: new Map(), segments: new Map() };
    this.#choices.set(key, choice);
    return choice;
  }
}

function partOf(name: string, { tool }: Place): Part | undefined {
  if (tool === undefined) return Object.hasOwn(PARTS, name) ? PARTS[name as keyof typeof PARTS] : undefined;
  if (name === "name") return `tool ${tool} name`;
  return name === "arguments" || name === "input" ? `tool ${tool} input` : undefined;
}

/** They tell the same; where one has begun later, it has less. */
function longest(sources: Sources | undefined): string {
  return [...(sources?.values() ?? [])].reduce((a, b) => (b.length > a.length ? b : a), "");
}

// Every field of a request that OpenAI documents is sent where an operation gives it, or is left out here with a reason: of the
// installed `openai` package, read from its types, and of OpenAI's own description, which is ahead of it.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { startServed } from "../support/served-upstream.ts";
import { failure } from "../support/upstream.ts";

const RESOURCES = new URL("../../node_modules/openai/resources/", import.meta.url);
const PNG =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const SOUND = "data:audio/wav;base64,UklGRiQAAABXQVZFZm10IBAAAAABAAEA6AMAAOgDAAABAAgAZGF0YQAAAAA=";

interface Fields {
  /** The package's types, by their file and name. */
  types: [file: string, name: string][];
  /** What OpenAI's description has, and the package has not. */
  described?: string[];
  /** What neither of them has: newer still, and listed here so that the package's next version is compared. */
  newer?: string[];
  /** What no operation sends, with the reason. */
  leftOut?: Record<string, string>;
  /** Operations that together give everything. */
  operations: [kind: "mutation" | "subscription", type: string, input: object][];
}

const image = { prompt: "p", model: "m", n: 2, size: "1024x1024", quality: "HIGH", background: "OPAQUE" };
const output = { outputFormat: "WEBP", outputCompression: 50, moderation: "LOW", complexity: "LOW" };
const frames = { frameCount: 2, frameDurationMs: 100, safetyIdentifier: "s", user: "u" };
const newerOfImages = ["complexity", "frame_count", "frame_duration_ms", "safety_identifier"];

const endpoints: Record<string, Fields> = {
  embed: {
    types: [["embeddings", "EmbeddingCreateParams"]],
    operations: [
      ["mutation", "EmbedInput", { model: "m", input: ["a", "b"], dimensions: 2, encodingFormat: "FLOAT", user: "u" }],
    ],
  },
  moderate: {
    types: [["moderations", "ModerationCreateParams"]],
    operations: [["mutation", "ModerateInput", { model: "m", input: ["a"] }]],
  },
  imageGenerations: {
    types: [["images", "ImageGenerateParamsBase"]],
    newer: newerOfImages,
    operations: [
      ["subscription", "ImageGenerationsInput", { ...image, ...output, ...frames, partialImages: 1 }],
      ["mutation", "ImageGenerationsInput", { prompt: "p", responseFormat: "URL", style: "vivid" }],
    ],
  },
  imageEdits: {
    types: [["images", "ImageEditParamsBase"]],
    described: ["moderation"],
    newer: [...newerOfImages, "markup"],
    operations: [
      [
        "subscription",
        "ImageEditsInput",
        { ...image, ...output, ...frames, partialImages: 1, images: [PNG], mask: PNG, inputFidelity: "HIGH" },
      ],
      ["mutation", "ImageEditsInput", { images: [PNG], markup: PNG, prompt: "p", responseFormat: "URL" }],
    ],
  },
  speak: {
    types: [["audio/speech", "SpeechCreateParams"]],
    operations: [
      [
        "mutation",
        "SpeakInput",
        {
          ...{ model: "m", input: "i", voice: "v", instructions: "how", responseFormat: "WAV" },
          ...{ speed: 2, streamFormat: "AUDIO" },
        },
      ],
    ],
  },
  transcribe: {
    types: [["audio/transcriptions", "TranscriptionCreateParamsBase"]],
    described: ["languages", "keywords"],
    operations: [
      [
        "subscription",
        "TranscribeInput",
        {
          ...{ file: SOUND, model: "m", language: "en", languages: ["en"], keywords: ["k"], prompt: "p" },
          ...{ responseFormat: "VERBOSE_JSON", temperature: 0.5, include: ["LOGPROBS"] },
          ...{ timestampGranularities: ["WORD"], chunkingStrategy: { auto: true } },
          knownSpeakers: [{ name: "Ada", reference: SOUND }],
        },
      ],
    ],
  },
  translateAudio: {
    types: [["audio/translations", "TranslationCreateParams"]],
    operations: [
      [
        "mutation",
        "TranslateAudioInput",
        { file: SOUND, model: "m", prompt: "p", responseFormat: "VERBOSE_JSON", temperature: 0.5 },
      ],
    ],
  },
};

/** A field of each root's answer that every answer has. */
const selected: Record<string, string> = {
  embed: "data { index }",
  moderate: "id",
  imageGenerations: "__typename",
  imageEdits: "__typename",
  speak: "contentType",
  transcribe: "__typename",
  translateAudio: "text",
};

/** The names of a package's type, which its declaration has one a line. */
function readFields([file, name]: [string, string]): string[] {
  const text = readFileSync(new URL(`${file}.d.ts`, RESOURCES), "utf8");
  const [, body = ""] = new RegExp(`^export interface ${name}\\b[^{]*\\{\\n(.*?)^\\}`, "ms").exec(text) ?? [];
  return [...body.matchAll(/^ {4}(\w+)\??: /gm)].map(([, field = ""]) => field);
}

/** The names of a body's fields; those of lists in a form end with `[]`. */
function readNames(body: Buffer, contentType: string): string[] {
  if (contentType.startsWith("application/json")) return Object.keys(JSON.parse(body.toString()));
  return [...body.toString("latin1").matchAll(/form-data; name="(\w+)(?:\[\])?"/g)].map(([, name = ""]) => name);
}

describe.each(Object.entries(endpoints))(
  "%s",
  (root, { types, described = [], newer = [], leftOut = {}, operations }) => {
    test("sends every field that OpenAI documents, and no other", async () => {
      const { upstream, server } = await startServed(failure(400, {}));
      for (const [kind, type, input] of operations) {
        const query = `${kind} ($input: ${type}!) { ${root}(input: $input) { ${selected[root]} } }`;
        const accept = kind === "subscription" ? "text/event-stream" : "application/json";
        const { text } = await server.query(query, { input }, { headers: { accept } });
        expect(text).toContain("UPSTREAM_BAD_REQUEST");
      }
      const sent = upstream.requests.flatMap(({ body, headers }) => readNames(body, String(headers["content-type"])));
      const documented = [...types.flatMap(readFields), ...described, ...newer];
      expect(new Set(documented).size).toBe(documented.length);
      expect([...new Set([...sent, ...Object.keys(leftOut)])].sort()).toEqual(documented.sort());
    });
  },
);

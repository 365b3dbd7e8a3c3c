// ChunkingStrategyInput: how a sound is cut into pieces, its checks and its wire form.
import { builder } from "../shared/builder.ts";
import { checkRanges, refuse } from "../shared/checks.ts";
import { given } from "../shared/wire-body.ts";

const FIELD = "input.chunkingStrategy";

const ServerVadInput = builder.inputType("ServerVadInput", {
  description: "What is taken for silence (voice activity detection). Null means the upstream's default.",
  fields: (t) => ({
    prefixPaddingMs: t.int({ description: "How much sound before speech is kept, in milliseconds, at least 0." }),
    silenceDurationMs: t.int({ description: "How long a silence ends a piece, in milliseconds, at least 0." }),
    threshold: t.float({ description: "How loud speech is, 0 to 1. A higher one suits noisy places." }),
  }),
});

/** The chunking strategy of a transcription. */
export const ChunkingStrategyInput = builder.inputType("ChunkingStrategyInput", {
  description: "How a sound is cut into pieces. Give exactly one field.",
  isOneOf: true,
  fields: (t) => ({
    auto: t.boolean({ description: "True: the upstream decides." }),
    serverVad: t.field({ type: ServerVadInput, description: "At silences." }),
  }),
});

interface ServerVad {
  type: string;
  prefix_padding_ms?: number;
  silence_duration_ms?: number;
  threshold?: number;
}

/** The wire form. Throws BAD_USER_INPUT for values out of range. */
export function createChunkingStrategy({ auto, serverVad }: typeof ChunkingStrategyInput.$inferInput) {
  if (auto === false) refuse(`${FIELD}.auto`, "must be true; got false.");
  if (!serverVad) return "auto";
  const most = Number.POSITIVE_INFINITY;
  checkRanges(
    serverVad,
    { prefixPaddingMs: [0, most], silenceDurationMs: [0, most], threshold: [0, 1] },
    `${FIELD}.serverVad`,
  );
  return given<ServerVad>({
    type: "server_vad",
    prefix_padding_ms: serverVad.prefixPaddingMs,
    silence_duration_ms: serverVad.silenceDurationMs,
    threshold: serverVad.threshold,
  }) as Readonly<Record<string, unknown>> & ServerVad;
}

// Subscription.transcribe, what is said in a sound, piece by piece: POST /audio/transcriptions with stream=true.

import { DONE, SEGMENT } from "../../openai/audio/transcript-form.ts";
import {
  type TranscriptionEvent as OpenAITranscriptionEvent,
  type TranscriptionSegment as OpenAITranscriptionSegment,
  streamTranscription,
} from "../../openai/audio/transcriptions.ts";
import type { AudioUsage as OpenAIAudioUsage } from "../../openai/audio/usage.ts";
import { builder } from "../shared/builder.ts";
import { createReadExtra, EXTRA } from "../shared/extra.ts";
import { readObject, readString } from "../shared/lenient.ts";
import { TokenLogprob } from "../shared/logprobs.ts";
import { readTextSoFar } from "../shared/so-far.ts";
import { createTranscriptionRequest, TranscribeInput } from "./transcribe-input.ts";
import { readLanguages, readTokenLogprobs, TranscriptionSegment } from "./transcription.ts";
import { AudioUsage } from "./usage.ts";

const TranscriptionChunk = builder.objectRef<OpenAITranscriptionEvent>("TranscriptionChunk").implement({
  description: "What a stream adds to a transcription. A field is null if the chunk adds nothing to it.",
  fields: (t) => ({
    text: t.string({ description: "What the chunk adds to the text.", resolve: readText }),
    textSoFar: t.string({
      nullable: false,
      description: "The text up to and including this chunk; on the last chunk the upstream's own whole text.",
      resolve: (chunk) => {
        const text = readTextSoFar(chunk, readText(chunk));
        return (chunk.type === DONE ? readString(chunk.text) : null) ?? text;
      },
    }),
    segment: t.field({
      type: TranscriptionSegment,
      description: "A whole segment with its speaker, if the request asks for DIARIZED_JSON.",
      resolve: (chunk) => (chunk.type === SEGMENT ? (chunk as OpenAITranscriptionSegment) : null),
    }),
    segmentId: t.id({
      description: "The id of the segment that `text` belongs to, unique within its transcription alone.",
      resolve: (chunk) => readString(chunk.segment_id),
    }),
    logprobs: t.field({
      type: [TokenLogprob],
      description:
        "The log probabilities of the tokens that the chunk adds; on the last chunk, if the upstream sends them there, of all. Null unless the request asks for them.",
      resolve: ({ logprobs }) => readTokenLogprobs(logprobs),
    }),
    languages: t.stringList({
      description: "The languages that were heard, by their codes, on the last chunk.",
      resolve: ({ languages }) => readLanguages(languages),
    }),
    usage: t.field({
      type: AudioUsage,
      description: "The tokens or the seconds used, on the last chunk. Null if the upstream does not report them.",
      resolve: ({ usage }) => readObject<OpenAIAudioUsage>(usage),
    }),
    extra: t.field({ type: "JSONObject", description: EXTRA, resolve: readExtra }),
  }),
});

const readChunkExtra = createReadExtra([
  ...["type", "delta", "text", "segment_id", "logprobs", "languages", "usage", "choices", "transcript"],
]);

/** What a segment has beyond its fields stands in the segment. */
function readExtra(chunk: OpenAITranscriptionEvent) {
  return chunk.type === SEGMENT ? null : readChunkExtra(chunk);
}

function readText({ type, delta }: OpenAITranscriptionEvent): string | null {
  return type === SEGMENT ? null : readString(delta);
}

builder.subscriptionField("transcribe", (t) =>
  t.field({
    type: TranscriptionChunk,
    nullable: false,
    description:
      "Uploads a sound and writes down what is said in it, piece by piece. A model that does not stream answers in one chunk. The stream completes only if the answer is complete; otherwise it ends with an error.\n\nREST: `POST /audio/transcriptions` with `stream=true`",
    args: { input: t.arg({ type: TranscribeInput, required: true, description: "The request." }) },
    subscribe: (_, { input }, context) => {
      const discard = () => input.file.discard();
      try {
        const request = createTranscriptionRequest(input, context);
        return streamTranscription(context.openai, request, context.signal, discard);
      } catch (error) {
        discard();
        throw error;
      }
    },
    resolve: (chunk) => chunk,
  }),
);

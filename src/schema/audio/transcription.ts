// Transcription, what is said in a sound, and Mutation.transcribe and Mutation.translateAudio: POST /audio/transcriptions and
// POST /audio/translations.

import { readNumber } from "../../openai/audio/transcript-usage.ts";
import {
  createTranscription,
  createTranslation,
  type Transcription as OpenAITranscription,
  type TranscriptionSegment as OpenAITranscriptionSegment,
  type TranscriptionWord as OpenAITranscriptionWord,
} from "../../openai/audio/transcriptions.ts";
import type { AudioUsage as OpenAIAudioUsage } from "../../openai/audio/usage.ts";
import type { TokenLogprob as OpenAITokenLogprob } from "../../openai/chat.ts";
import { builder } from "../shared/builder.ts";
import { createReadExtra, EXTRA } from "../shared/extra.ts";
import { readFloat, readInt, readList, readObject, readObjects, readString } from "../shared/lenient.ts";
import { TokenLogprob } from "../shared/logprobs.ts";
import {
  createTranscriptionRequest,
  createTranslationRequest,
  TranscribeInput,
  TranslateAudioInput,
} from "./transcribe-input.ts";
import { AudioUsage } from "./usage.ts";

const TranscriptionWord = builder.objectRef<OpenAITranscriptionWord>("TranscriptionWord").implement({
  description: "A word of a sound.",
  fields: (t) => ({
    word: t.string({ nullable: false, description: "The word.", resolve: ({ word }) => readString(word) ?? "" }),
    start: t.float({ description: "When it begins, in seconds.", resolve: ({ start }) => readSeconds(start) }),
    end: t.float({ description: "When it ends, in seconds.", resolve: ({ end }) => readSeconds(end) }),
  }),
});

/** Of a whole answer, and of a stream. */
export const TranscriptionSegment = builder.objectRef<OpenAITranscriptionSegment>("TranscriptionSegment").implement({
  description: "A part of a sound. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    id: t.id({
      description: "The segment's id, unique within its transcription alone.",
      resolve: ({ id }) => readString(id) ?? readInt(id)?.toString() ?? null,
    }),
    start: t.float({ description: "When it begins, in seconds.", resolve: ({ start }) => readSeconds(start) }),
    end: t.float({ description: "When it ends, in seconds.", resolve: ({ end }) => readSeconds(end) }),
    text: t.string({
      nullable: false,
      description: "What is said in it.",
      resolve: ({ text }) => readString(text) ?? "",
    }),
    speaker: t.string({
      description: "Who speaks: the name of one of `knownSpeakers`, or `A`, `B` and so on.",
      resolve: ({ speaker, speaker_id }) => readString(speaker) ?? readString(speaker_id),
    }),
    avgLogprob: t.float({
      description: "The average log probability of its tokens. Below -1 the text is doubtful.",
      resolve: (segment) => readFloat(segment.avg_logprob),
    }),
    compressionRatio: t.float({
      description: "How far the text can be compressed. Above 2.4 it repeats itself and is doubtful.",
      resolve: (segment) => readFloat(segment.compression_ratio),
    }),
    noSpeechProb: t.float({
      description: "The probability that nobody speaks, 0 to 1.",
      resolve: (segment) => readFloat(segment.no_speech_prob),
    }),
    temperature: t.float({
      description: "The sampling temperature that was used.",
      resolve: (segment) => readFloat(segment.temperature),
    }),
    seek: t.int({ description: "Where in the sound it was found, in frames.", resolve: ({ seek }) => readInt(seek) }),
    tokens: t.intList({
      description: "The ids of the text's tokens.",
      resolve: ({ tokens }) => readList(tokens, readInt),
    }),
    extra: t.field({
      type: "JSONObject",
      description: EXTRA,
      resolve: createReadExtra([
        ...["type", "id", "start", "end", "text", "speaker", "speaker_id", "avg_logprob", "compression_ratio"],
        ...["no_speech_prob", "temperature", "seek", "tokens", "transcript"],
      ]),
    }),
  }),
});

/** `[{"code": "en"}]`, or a list of the codes themselves. */
export function readLanguages(languages: unknown): string[] | null {
  return readList(languages, (language) => readString(readObject<{ code: unknown }>(language)?.code ?? language));
}

export function readTokenLogprobs(logprobs: unknown): OpenAITokenLogprob[] | null {
  return readObjects<OpenAITokenLogprob>(logprobs);
}

/** Some servers send times as text. */
function readSeconds(value: unknown): number | null {
  return readFloat(value) ?? readNumber(value) ?? null;
}

const Transcription = builder.objectRef<OpenAITranscription>("Transcription").implement({
  description: "What is said in a sound. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    text: t.exposeString("text", {
      nullable: false,
      description:
        "The text, empty if nobody speaks. With TEXT, SRT and VTT it is all that the upstream sends, unchanged.",
    }),
    language: t.string({
      description: "The language of the sound, in the upstream's words.",
      resolve: ({ language }) => readString(language),
    }),
    languages: t.stringList({
      description: "The languages that were heard, by their codes.",
      resolve: ({ languages }) => readLanguages(languages),
    }),
    duration: t.float({
      description: "How long the sound is, in seconds.",
      resolve: ({ duration }) => readSeconds(duration),
    }),
    words: t.field({
      type: [TranscriptionWord],
      description: "The words with their times. Null unless the request asks for them.",
      resolve: ({ words }) => readObjects<OpenAITranscriptionWord>(words),
    }),
    segments: t.field({
      type: [TranscriptionSegment],
      description: "The segments, with times or with speakers. Null unless the request asks for them.",
      resolve: ({ segments }) => readObjects<OpenAITranscriptionSegment>(segments),
    }),
    logprobs: t.field({
      type: [TokenLogprob],
      description: "The log probabilities of the text's tokens. Null unless the request asks for them.",
      resolve: ({ logprobs }) => readTokenLogprobs(logprobs),
    }),
    usage: t.field({
      type: AudioUsage,
      description: "The tokens or the seconds used. Null if the upstream does not report them.",
      resolve: ({ usage }) => readObject<OpenAIAudioUsage>(usage),
    }),
    extra: t.field({
      type: "JSONObject",
      description: EXTRA,
      resolve: createReadExtra([
        ...["text", "language", "languages", "duration", "words", "segments", "logprobs", "usage"],
      ]),
    }),
  }),
});

builder.mutationField("transcribe", (t) =>
  t.field({
    type: Transcription,
    description:
      "Uploads a sound and writes down what is said in it. Waits for the whole text.\n\nREST: `POST /audio/transcriptions`",
    args: { input: t.arg({ type: TranscribeInput, required: true, description: "The request." }) },
    resolve: async (_, { input }, context) => {
      try {
        return await createTranscription(context.openai, createTranscriptionRequest(input, context), context.signal);
      } finally {
        input.file.discard();
      }
    },
  }),
);

builder.mutationField("translateAudio", (t) =>
  t.field({
    type: Transcription,
    description:
      "Uploads a sound and writes down in English what is said in it. OpenAI shuts the endpoint's only model down on 2027-02-26.\n\nREST: `POST /audio/translations`",
    args: { input: t.arg({ type: TranslateAudioInput, required: true, description: "The request." }) },
    resolve: async (_, { input }, context) => {
      try {
        return await createTranslation(context.openai, createTranslationRequest(input, context), context.signal);
      } finally {
        input.file.discard();
      }
    },
  }),
);

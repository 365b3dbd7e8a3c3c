// Mutation.speak and Subscription.speak: POST /audio/speech, whole and in pieces.
import { createSpeech, type Speech as OpenAISpeech, streamSpeech } from "../../openai/audio/speech.ts";
import type { SpeechChunk as OpenAISpeechChunk } from "../../openai/audio/speech-pieces.ts";
import { mediaUrl } from "../files/media-url.ts";
import { builder } from "../shared/builder.ts";
import { createSpeechRequest, SpeakInput } from "./speak-input.ts";
import { AudioUsage } from "./usage.ts";

const Speech = builder.objectRef<OpenAISpeech>("Speech").implement({
  description: "A text that was read aloud.",
  fields: (t) => ({
    url: t.string({
      nullable: false,
      description:
        "Where the sound can be fetched, for `<audio src>`: an address of this server, or a `data:` URL where the server keeps no media. It is made only if it is selected.",
      resolve: ({ sound }, _, context) => mediaUrl(sound.bytes, sound.contentType, context),
    }),
    data: t.string({
      nullable: false,
      description: "The sound in base64.",
      resolve: ({ sound }) => toBase64(sound.bytes),
    }),
    contentType: t.string({
      nullable: false,
      description: "Its type, such as `audio/mpeg`.",
      resolve: ({ sound }) => sound.contentType,
    }),
    sizeBytes: t.int({
      nullable: false,
      description: "Its size in bytes.",
      resolve: ({ sound }) => sound.bytes.length,
    }),
    duration: t.float({
      description: "How long it is, in seconds. Null for formats other than WAV and PCM.",
      resolve: ({ seconds }) => seconds ?? null,
    }),
    usage: t.field({
      type: AudioUsage,
      description: "The tokens used. Null if the upstream does not tell; most do so only with `streamFormat: SSE`.",
      resolve: ({ usage }) => usage ?? null,
    }),
  }),
});

const SpeechChunk = builder.objectRef<OpenAISpeechChunk>("SpeechChunk").implement({
  description: "A piece of a text that is read aloud.",
  fields: (t) => ({
    index: t.exposeInt("index", { nullable: false, description: "Its number among the pieces, from 0." }),
    data: t.string({
      nullable: false,
      description:
        "Its bytes in base64. Every piece but the last holds a multiple of 3 bytes, so the texts can be joined to the base64 of the whole sound.",
      resolve: ({ sound }) => toBase64(sound.bytes),
    }),
    contentType: t.string({
      nullable: false,
      description: "The type of the whole sound, such as `audio/mpeg`. It is the same on every piece.",
      resolve: ({ sound }) => sound.contentType,
    }),
    usage: t.field({
      type: AudioUsage,
      description: "The tokens used, on the last piece. Null if the upstream does not tell.",
      resolve: ({ usage }) => usage ?? null,
    }),
  }),
});

builder.mutationField("speak", (t) =>
  t.field({
    type: Speech,
    description: "Reads a text aloud and waits for the whole sound.\n\nREST: `POST /audio/speech`",
    args: { input: t.arg({ type: SpeakInput, required: true, description: "The request." }) },
    resolve: (_, { input }, { openai, signal, requestLimits }) =>
      createSpeech(openai, createSpeechRequest(input, requestLimits), signal),
  }),
);

builder.subscriptionField("speak", (t) =>
  t.field({
    type: SpeechChunk,
    nullable: false,
    description:
      "Reads a text aloud and returns the sound in pieces as they arrive. The stream completes only if the sound is complete; otherwise it ends with an error.\n\nREST: `POST /audio/speech`",
    args: { input: t.arg({ type: SpeakInput, required: true, description: "The request." }) },
    subscribe: (_, { input }, { openai, signal, requestLimits }) =>
      streamSpeech(openai, createSpeechRequest(input, requestLimits), signal),
    resolve: (chunk) => chunk,
  }),
);

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

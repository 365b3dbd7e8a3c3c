// Transcriptions in tests: the operations that upload a sound, and the form that the upstream gets.
import { readParts } from "./multipart.ts";
import type { TestServer } from "./server.ts";
import type { ReceivedRequest } from "./upstream.ts";

export const ALL = `text language languages duration extra
  words { word start end }
  segments { id start end text speaker avgLogprob compressionRatio noSpeechProb temperature seek tokens extra }
  logprobs { token logprob bytes topLogprobs { token } }
  usage { inputTokens inputTokensDetails { textTokens audioTokens } outputTokens totalTokens seconds }`;

/** Each mutation by its name, with its endpoint. */
export const listeners = [
  { field: "transcribe", type: "TranscribeInput", path: "/v1/audio/transcriptions" },
  { field: "translateAudio", type: "TranslateAudioInput", path: "/v1/audio/translations" },
] as const;

export const transcribe = mutationOf("transcribe", "text");
export const transcribeStream =
  "subscription ($input: TranscribeInput!) { transcribe(input: $input) { text textSoFar } }";

export function mutationOf(field: (typeof listeners)[number]["field"], fields: string): string {
  const type = field === "transcribe" ? "TranscribeInput" : "TranslateAudioInput";
  return `mutation ($input: ${type}!) { ${field}(input: $input) { ${fields} } }`;
}

/** The least input, with a sound in a `data:` URL, so that it goes over either transport. */
export const least = { model: "m", file: "data:audio/wav;base64,UklGRg==" };

/** A sound as a browser sends it. */
export const wav = (bytes: BlobPart = "RIFF", name = "talk.wav") => new File([bytes], name, { type: "audio/wav" });

/** Uploads a file as a part of a multipart request. */
export function uploadSound(server: TestServer, query: string, input: Record<string, unknown>, file: Blob) {
  const operations = { query, variables: { input: { ...input, file: null } } };
  return server.upload(operations, { 0: ["variables.input.file"] }, { 0: file });
}

/** The parts of the form, in their order, a file by its name. */
export function readForm(request: ReceivedRequest | undefined): [name: string | undefined, value: string][] {
  if (!request) throw new Error("nothing came");
  return readParts(request).map(({ name, filename, bytes }) => [name, filename ?? bytes.toString()]);
}

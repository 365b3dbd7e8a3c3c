// The adapter of the two endpoints that write down what is said in a sound: POST /audio/transcriptions and /audio/translations.
// https://platform.openai.com/docs/api-reference/audio/createTranscription
// https://platform.openai.com/docs/api-reference/audio/createTranslation
import type {
  TranscriptionTextDeltaEvent as OpenAIDeltaEvent,
  TranscriptionDiarizedSegment as OpenAIDiarizedSegment,
  TranscriptionSegment as OpenAISegment,
  Transcription as OpenAITranscription,
  TranscriptionVerbose as OpenAIVerbose,
  TranscriptionWord as OpenAIWord,
  TranscriptionCreateParamsBase,
} from "openai/resources/audio/transcriptions";
import type { TranslationCreateParams } from "openai/resources/audio/translations";
import { isRecord, readJson, type Unchecked } from "../../json/json.ts";
import { ChunkStream } from "../chunk-stream.ts";
import type { OpenAIClient } from "../client/client.ts";
import { defineEndpoint, type Endpoint, type PaidEndpoint, type UpstreamRequest } from "../client/endpoint.ts";
import { OpenAIError } from "../client/failures/errors.ts";
import type { MultipartFields } from "../client/uploads/multipart.ts";
import type { UploadSource } from "../client/uploads/streamed-file.ts";
import { createForm } from "../form.ts";
import { Transcript } from "../transcript.ts";
import { withExtension } from "./sound-file.ts";
import { createTranscriptEvents, DONE, normaliseTranscript } from "./transcript-form.ts";
import { GatheredTranscript, hasTranscriptOutput, isOfTranscript, TranscriptEnd } from "./transcript-stream.ts";
import { estimateTranscript, readTranscriptUsage } from "./transcript-usage.ts";

/** OpenAI's request fields that callers cannot set here, each with its reason. */
interface LeftOut {
  stream: "the server decides: a mutation asks for the whole answer, a subscription for the stream";
}

/** Fields that are typed here by hand: the file, opaque JSON, and what is newer than the `openai` package for Node 20. */
interface ByHand {
  file: UploadSource;
  model: string;
  chunking_strategy: string | Readonly<Record<string, unknown>>;
  include: readonly string[];
  keywords: readonly string[];
  known_speaker_names: readonly string[];
  known_speaker_references: readonly string[];
  languages: readonly string[];
  response_format: string;
  timestamp_granularities: readonly string[];
}

type Newer = { [Key in "keywords" | "languages"]?: unknown };
type Params = Omit<TranscriptionCreateParamsBase, keyof LeftOut> & Newer;

/** The wire fields. One of OpenAI's that is neither here nor in LeftOut does not compile where the request is built. */
export type TranscriptionRequest = { [Key in keyof Params]: Key extends keyof ByHand ? ByHand[Key] : Params[Key] };
/** The same for a translation. */
export type TranslationRequest = {
  [Key in keyof TranslationCreateParams]: Key extends keyof ByHand ? ByHand[Key] : TranslationCreateParams[Key];
};

/** An answer with its text. Every other field is as the upstream sent it, if it did. */
export type Transcription = Unchecked<OpenAITranscription> & Unchecked<OpenAIVerbose> & Newest & { text: string };
/** What one event of a stream brings; `type` is OpenAI's. */
export type TranscriptionEvent = Unchecked<OpenAIDeltaEvent> &
  TranscriptionSegment &
  Unchecked<OpenAITranscription> &
  Newest;
/** `speaker_id` is Mistral's. */
export type TranscriptionSegment = Unchecked<OpenAISegment> & Unchecked<OpenAIDiarizedSegment & { speaker_id: string }>;
export type TranscriptionWord = Unchecked<OpenAIWord>;
/** What is newer than the package. */
type Newest = Unchecked<{ languages: readonly object[] }>;

/** The formats that are text. */
const TEXTS: ReadonlySet<unknown> = new Set(["text", "srt", "vtt"]);

const PARTS = {
  estimate: estimateTranscript,
  normalise: normaliseTranscript,
  createEventNormaliser: createTranscriptEvents,
  gather: (normalise, _, maxValues) => new GatheredTranscript(normalise, maxValues),
  followEnd: () => new TranscriptEnd(),
  followStream: () => new TranscriptEnd(),
  readText: readBareText,
  answerFields: ["text"],
  readUsage: readTranscriptUsage,
  // What is said costs nothing beside the sound: see estimateTranscript.
  countOutput: () => 0,
  hasOutput: hasTranscriptOutput,
} satisfies Partial<PaidEndpoint>;

/** OpenTelemetry has no name for either endpoint. */
export const TRANSCRIPTIONS = defineEndpoint({
  method: "POST",
  path: "/audio/transcriptions",
  modelIn: "body",
  isPaid: true,
  operationName: "transcription",
  toEvent: (body) => {
    if (isRecord(body)) normaliseTranscript(body);
    const answer = expectText(body, TRANSCRIPTIONS);
    return { ...answer, type: DONE, delta: answer.text };
  },
  ...PARTS,
});

export const TRANSLATIONS = defineEndpoint({
  method: "POST",
  path: "/audio/translations",
  modelIn: "body",
  isPaid: true,
  operationName: "translation",
  ...PARTS,
});

/** Uploads a sound and waits for all that is said in it. Throws OpenAIError, or what the file's own stream threw. */
export async function createTranscription(
  client: OpenAIClient,
  request: TranscriptionRequest,
  signal: AbortSignal,
): Promise<Transcription> {
  const body = await client.request({ endpoint: TRANSCRIPTIONS, multipart: toForm(request) }, signal);
  return expectText(body, TRANSCRIPTIONS);
}

/** The same in English. */
export async function createTranslation(
  client: OpenAIClient,
  request: TranslationRequest,
  signal: AbortSignal,
): Promise<Transcription> {
  const body = await client.request({ endpoint: TRANSLATIONS, multipart: toForm(request) }, signal);
  return expectText(body, TRANSLATIONS);
}

/**
 * Uploads a sound and asks for what is said in it piece by piece. Ends when the answer is complete; throws as
 * createTranscription does otherwise, after the events so far. Leaving the stream ends the upstream call at once. `onEnd` is
 * called when the call has ended, however it did.
 */
export function streamTranscription(
  client: OpenAIClient,
  request: TranscriptionRequest,
  callerSignal: AbortSignal,
  onEnd: () => void,
): ChunkStream<TranscriptionEvent> {
  return new ChunkStream(callerSignal, async (take, signal) => {
    const transcript = new Transcript();
    let hasText = false;
    try {
      const multipart = toForm(request, { stream: true });
      await client.stream({ endpoint: TRANSCRIPTIONS, multipart }, signal, (events) => {
        // Without `readAddedText` every event is read for itself.
        const chunks = (events as Record<string, unknown>[]).filter(isOfTranscript);
        for (const chunk of chunks) {
          hasText ||= typeof chunk.delta === "string" || typeof chunk.text === "string";
          chunk.transcript = transcript;
        }
        return chunks.length > 0 ? take(chunks as TranscriptionEvent[]) : undefined;
      });
      if (!hasText) throw noText(TRANSCRIPTIONS);
    } finally {
      onEnd();
    }
  });
}

function toForm(request: TranscriptionRequest | TranslationRequest, others: object = {}): MultipartFields {
  return createForm({ ...request, ...others, file: withExtension(request.file) });
}

/** The value of an answer that is no JSON object: of one that is to be text, all of it; some servers send it as JSON. */
function readBareText(text: string, { multipart }: UpstreamRequest): unknown {
  const quoted = text.trimStart().startsWith('"') ? readJson(text) : undefined;
  if (typeof quoted === "string") return { text: quoted };
  return TEXTS.has(multipart?.response_format) ? { text } : undefined;
}

/** Silence has a text, too. Throws OpenAIError (`invalid_response`) if there is none. */
function expectText(body: unknown, endpoint: Endpoint): Transcription {
  if (isRecord(body) && typeof body.text === "string") return body as Transcription;
  throw noText(endpoint);
}

function noText({ name }: Endpoint): OpenAIError {
  return new OpenAIError("invalid_response", `The upstream's answer to ${name} holds no text.`);
}

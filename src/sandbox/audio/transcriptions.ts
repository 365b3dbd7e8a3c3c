// Owns POST /audio/transcriptions and /audio/translations: what the notes of a sound say, in every format. Knows no HTTP.
// https://platform.openai.com/docs/api-reference/audio/createTranscription
// https://platform.openai.com/docs/api-reference/audio/createTranslation

import { groupWords } from "../shared/cut-answer.ts";
import { HttpError } from "../shared/http-error.ts";
import { createId } from "../shared/ids.ts";
import { chatLogprobs } from "../shared/logprobs.ts";
import { interleave, type Pace } from "../shared/pace.ts";
import { eventPiece, eventType, type PieceBody } from "../shared/pieces.ts";
import { decodeTokens, loadTokenizer, type Tokenizer } from "../shared/tokens.ts";
import { listen } from "./listen.ts";
import { readRecording } from "./recording.ts";
import { createTranscript, type Transcript, writeSrt, writeVtt } from "./transcript.ts";
import {
  isDiarizing,
  readTranscriptionRequest,
  readTranslationRequest,
  type TranscriptionRequest,
} from "./transcription-request.ts";

/** Tokens of sound in a second that is heard. */
const tokensPerSecond = 10;
/** A longer sound with several speakers must be cut. */
const maxUncutSeconds = 30;

/** What the sound says, whole or as events. Throws 400, 404 or 413 in OpenAI's words. */
export async function createTranscription(form: FormData, pace: Pace): Promise<{ json: object } | PieceBody> {
  const request = await readTranscriptionRequest(form);
  const transcript = createTranscript(await listen(readRecording(request.bytes, request.isBare)));
  if (isDiarizing(request.model) && !request.hasChunkingStrategy && transcript.seconds > maxUncutSeconds) {
    const message = "chunking_strategy is required for diarization models";
    throw new HttpError(400, message, { param: "chunking_strategy" });
  }
  return writeReply(request, transcript, pace);
}

/** What the sound says, in English: the sandbox only says so. Throws as above. */
export async function createTranslation(form: FormData, pace: Pace): Promise<{ json: object } | PieceBody> {
  const request = await readTranslationRequest(form);
  const heard = await listen(readRecording(request.bytes, request.isBare));
  return writeReply(request, createTranscript(heard, "In English: "), pace);
}

async function writeReply(
  request: TranscriptionRequest,
  transcript: Transcript,
  pace: Pace,
): Promise<{ json: object } | PieceBody> {
  const tokenizer = await loadTokenizer();
  if (request.isStreamed)
    return { contentType: eventType, pieces: transcriptEvents(request, transcript, tokenizer, pace) };
  const { text, seconds } = transcript;
  const usage = createUsage(request, transcript, tokenizer);
  switch (request.format) {
    case "json":
      return { json: { text, ...logprobsOf(request, text, tokenizer), usage } };
    case "text":
      return textReply(`${text}\n`);
    case "srt":
      return textReply(writeSrt(transcript));
    case "vtt":
      return textReply(writeVtt(transcript));
    case "verbose_json":
      return { json: { ...verboseAnswer(request, transcript, tokenizer), usage } };
    case "diarized_json":
      return {
        json: { task: "transcribe", duration: seconds, text, segments: spokenSegments(request, transcript), usage },
      };
  }
}

async function* transcriptEvents(
  request: TranscriptionRequest,
  transcript: Transcript,
  tokenizer: Tokenizer,
  pace: Pace,
): AsyncGenerator<string> {
  const segments = request.format === "diarized_json" ? spokenSegments(request, transcript) : [];
  const parts = segments.length === 0 ? [{ id: undefined, text: transcript.text }] : segments;
  for (const [place, part] of parts.entries()) {
    const spoken = place === 0 ? part.text : ` ${part.text}`;
    const words = groupWords(tokenizer.encode(spoken)).map(decodeTokens);
    for await (const delta of interleave([words], pace)) {
      const segmentId = part.id === undefined ? {} : { segment_id: part.id };
      yield eventPiece({
        type: "transcript.text.delta",
        delta,
        ...logprobsOf(request, delta, tokenizer),
        ...segmentId,
      });
    }
    if (part.id !== undefined) yield eventPiece(part);
  }
  const { text } = transcript;
  const usage = createUsage(request, transcript, tokenizer);
  yield eventPiece({ type: "transcript.text.done", text, ...logprobsOf(request, text, tokenizer), usage });
}

function verboseAnswer(request: TranscriptionRequest, transcript: Transcript, tokenizer: Tokenizer): object {
  const { text, seconds, words, segments } = transcript;
  return {
    task: request.language === "english" ? "translate" : "transcribe",
    language: request.language ?? "english",
    duration: seconds,
    text,
    ...(request.wantsWords ? { words: words.map(({ text: word, start, end }) => ({ word, start, end })) } : {}),
    ...(request.wantsSegments
      ? {
          segments: segments.map((segment, id) => ({
            id,
            seek: 0,
            start: segment.start,
            end: segment.end,
            text: segment.text,
            tokens: tokenizer.encode(segment.text).map((_, place) => 50_364 + place),
            temperature: 0,
            avg_logprob: -0.25,
            compression_ratio: 1,
            no_speech_prob: 0.01,
          })),
        }
      : {}),
  };
}

/** Each sentence has another speaker: the known ones in turn, or A and B. */
function spokenSegments({ speakers }: TranscriptionRequest, { segments }: Transcript) {
  const names = speakers.length > 0 ? speakers : ["A", "B"];
  return segments.map(({ text, start, end }, place) => ({
    type: "transcript.text.segment",
    id: createId("seg_", 16),
    start,
    end,
    text,
    speaker: names[place % names.length],
  }));
}

function logprobsOf(
  { wantsLogprobs }: TranscriptionRequest,
  text: string,
  tokenizer: Tokenizer,
): { logprobs?: object[] } {
  if (!wantsLogprobs) return {};
  const logprobs = chatLogprobs(tokenizer.encode(text), 0, tokenizer);
  return { logprobs: logprobs.map(({ token, logprob, bytes }) => ({ token, logprob, bytes })) };
}

/** Whisper is billed by the second, every other model by tokens. */
function createUsage({ model }: TranscriptionRequest, { text, seconds }: Transcript, tokenizer: Tokenizer): object {
  if (model === "whisper-1") return { type: "duration", seconds: Math.ceil(seconds) };
  const inputTokens = Math.ceil(seconds * tokensPerSecond);
  const outputTokens = tokenizer.count(text);
  return {
    type: "tokens",
    input_tokens: inputTokens,
    input_token_details: { text_tokens: 0, audio_tokens: inputTokens },
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

function textReply(text: string): PieceBody {
  return { contentType: "text/plain; charset=utf-8", pieces: [text] };
}

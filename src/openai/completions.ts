// The adapter of the completion endpoint: POST /completions.
// https://platform.openai.com/docs/api-reference/completions/create
import type {
  CompletionCreateParamsBase,
  Completion as OpenAICompletion,
  CompletionChoice as OpenAICompletionChoice,
} from "openai/resources/completions";
import { isRecord, type Unchecked } from "../json/json.ts";
import { CHOICE_FIELDS, CHOICE_PARTS, estimateChoices, hasOutput, readAddedText } from "./choices.ts";
import { ChunkStream } from "./chunk-stream.ts";
import { readChunks } from "./chunks.ts";
import { expectAnswer, withId } from "./client/answer.ts";
import type { OpenAIClient } from "./client/client.ts";
import { defineEndpoint } from "./client/endpoint.ts";
import { normaliseCompletion } from "./dialects/normal-form.ts";
import { joinEvents, type Stream } from "./joining/every.ts";
import { ALL_CAPS, completionCapsOf } from "./output-cap.ts";
import { countFields, countText } from "./token-count.ts";

/** OpenAI's request fields that callers cannot set here, each with its reason. */
interface LeftOut {
  stream: "the server decides: a mutation asks for the whole answer, a subscription for the stream";
  stream_options: "the server decides: streams always ask for usage";
}

/** Fields that are typed here by hand: opaque JSON, and prompts as text only (no lists of tokens). */
interface ByHand {
  prompt: string | readonly string[];
  logit_bias: Readonly<Record<string, unknown>>;
}

type Params = Omit<CompletionCreateParamsBase, keyof LeftOut>;

/** The wire body. A field of OpenAI's that is neither here nor in LeftOut does not compile where the body is built. */
export type CompletionRequest = { [Key in keyof Params]: Key extends keyof ByHand ? ByHand[Key] : Params[Key] };

/** An answer with an id and at least one choice. Every other field is as the upstream sent it, if it did. */
export type Completion = Unchecked<OpenAICompletion> & { id: string };
export type CompletionChoice = Unchecked<OpenAICompletionChoice>;
export type CompletionLogprobs = Unchecked<OpenAICompletionChoice.Logprobs>;

/** The fields of a request that are counted by themselves, or are not text. */
const COUNTED_ELSEWHERE: ReadonlySet<string> = new Set(["prompt", ...CHOICE_FIELDS]);

export const COMPLETIONS = defineEndpoint({
  method: "POST",
  path: "/completions",
  modelIn: "body",
  isPaid: true,
  operationName: "text_completion",
  estimate({ json }, obeyedCaps = ALL_CAPS) {
    const body = isRecord(json) ? json : {};
    const prompt = countText(body.prompt) + countFields(body, COUNTED_ELSEWHERE);
    const prompts = Array.isArray(body.prompt) ? body.prompt.length : 1;
    return { prompt, ...estimateChoices(body, prompts, completionCapsOf(obeyedCaps)) };
  },
  normalise: normaliseCompletion,
  createEventNormaliser: () => normaliseCompletion,
  toEvent(body) {
    if (isRecord(body)) normaliseCompletion(body);
    return expectAnswer<OpenAICompletion>(body, "choices", COMPLETIONS) as Record<string, unknown>;
  },
  ...CHOICE_PARTS,
  readAddedText,
});

/** Asks for a whole answer. Throws OpenAIError, also if a 2xx holds no choice. */
export async function createCompletion(
  client: OpenAIClient,
  request: CompletionRequest,
  signal: AbortSignal,
): Promise<Completion> {
  const body = await client.request({ endpoint: COMPLETIONS, json: request }, signal);
  return withId(expectAnswer<OpenAICompletion>(body, "choices", COMPLETIONS), "cmpl");
}

/**
 * Asks for the answer in pieces, usage on the last one. Ends when the answer is complete; throws OpenAIError otherwise,
 * after the pieces so far. Leaving the stream ends the upstream call at once. `everyMs`: see Pace.
 */
export function streamCompletion(
  client: OpenAIClient,
  request: CompletionRequest,
  callerSignal: AbortSignal,
  everyMs = 0,
): ChunkStream<Completion> {
  const json = { ...request, stream: true, stream_options: { include_usage: true } };
  return new ChunkStream(callerSignal, (take, signal) => {
    const stream: Stream = (events) => client.stream({ endpoint: COMPLETIONS, json }, signal, events);
    const joined = joinEvents(stream, { everyMs, hasOutput, signal });
    return readChunks<Completion>(joined, "cmpl", take);
  });
}

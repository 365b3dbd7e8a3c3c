// The adapter of moderations: POST /moderations.
// https://platform.openai.com/docs/api-reference/moderations/create
import type {
  ModerationCreateParams,
  ModerationImageURLInput,
  ModerationTextInput,
  Moderation as OpenAIModeration,
  ModerationCreateResponse as OpenAIModerations,
} from "openai/resources/moderations";
import { isRecord, type Unchecked } from "../../json/json.ts";
import { expectAnswer, withId } from "../client/answer.ts";
import type { OpenAIClient } from "../client/client.ts";
import { defineEndpoint } from "../client/endpoint.ts";
import { OpenAIError } from "../client/failures/errors.ts";
import { countText, TOKENS_PER_MEDIUM } from "../token-count.ts";
import { readInputUsage } from "../usage.ts";

/** A part of what is judged as one. */
export type ModerationPart = ModerationTextInput | ModerationImageURLInput;

/** Fields that are typed here by hand. */
interface ByHand {
  input: string | readonly string[] | readonly ModerationPart[];
}

/** The wire body. A field of OpenAI's that is not here does not compile where the body is built. */
export type ModerationRequest = {
  [Key in keyof ModerationCreateParams]: Key extends keyof ByHand ? ByHand[Key] : ModerationCreateParams[Key];
};

/** An answer with an id and at least one result; every other field as the upstream sent it. */
export type Moderations = Unchecked<OpenAIModerations> & { id: string };
export type Moderation = Unchecked<OpenAIModeration>;

/** OpenAI asks nothing for it; others do. What reports no usage counts by its length. */
export const MODERATIONS = defineEndpoint({
  method: "POST",
  path: "/moderations",
  modelIn: "body",
  isPaid: true,
  operationName: "moderation",
  estimate: ({ json }) => ({
    prompt: countInput(isRecord(json) ? json.input : ""),
    output: 0,
    choices: 1,
    isCapped: true,
  }),
  readUsage: readInputUsage,
  countOutput: () => 0,
  hasOutput: () => false,
});

/**
 * Has texts judged, each by itself, or parts as one. Throws OpenAIError, also if a 2xx holds another number of results than
 * there are texts: nobody could tell which is whose.
 */
export async function createModeration(
  client: OpenAIClient,
  request: ModerationRequest,
  signal: AbortSignal,
): Promise<Moderations> {
  const body = await client.request({ endpoint: MODERATIONS, json: request }, signal);
  const answer = expectAnswer<OpenAIModerations>(body, "results", MODERATIONS);
  const texts = countTexts(request.input);
  const results = (answer.results as readonly unknown[]).filter(isRecord).length;
  if (texts === undefined || results === texts) return withId(answer, "modr");
  const problem = `holds ${results} results for ${texts} texts.`;
  throw new OpenAIError("invalid_response", `The upstream's answer to ${MODERATIONS.name} ${problem}`);
}

/** Undefined for parts. */
function countTexts(input: ModerationRequest["input"]): number | undefined {
  if (typeof input === "string") return 1;
  return input.every((entry) => typeof entry === "string") ? input.length : undefined;
}

/** An image counts by itself, whatever its bytes. */
function countInput(input: unknown): number {
  if (!Array.isArray(input)) return countText(input);
  let tokens = 0;
  for (const entry of input) {
    const isImage = isRecord(entry) && "image_url" in entry;
    tokens += isImage ? TOKENS_PER_MEDIUM : countText(isRecord(entry) ? entry.text : entry);
  }
  return tokens;
}

// Reads an HTTP answer of the upstream: a JSON value, or the reason why there is no such value.

import { findExcess, isRecord, JsonScan, type Unchecked } from "../../json/json.ts";
import type { Endpoint } from "./endpoint.ts";
import { readErrorAnswer } from "./error-answer.ts";
import { errorIn } from "./events/data.ts";
import { findError } from "./failures/embedded-error.ts";
import { OpenAIError } from "./failures/errors.ts";
import type { ResponseHeaders } from "./failures/retry-after.ts";
import type { Secrets } from "./secrets/secrets.ts";
import { untilNextTurn } from "./turns.ts";

/** Longest body of an error that is read, in characters. Of a longer one, or one nested too deeply, only the status counts. */
const MAX_ERROR_LENGTH = 256 * 1024;
/** What is looked through in one turn of the event loop, in characters: about 3 ms. */
const SCAN_LENGTH = 2 ** 19;

/** The head of an HTTP answer. */
export interface AnswerHead {
  statusCode: number;
  headers: ResponseHeaders;
}

/** Whether the answer streams. Servers that forget the content type get the benefit of the doubt. */
export function isEventStream({ statusCode, headers }: AnswerHead): boolean {
  return (
    statusCode >= 200 &&
    statusCode < 300 &&
    !/^(?:application\/json|text\/html)\b/i.test(String(headers["content-type"]))
  );
}

/** The content type of an answer, in lower case and without parameters; empty if it has none. */
export function contentTypeOf({ headers }: Pick<AnswerHead, "headers">): string {
  return String(headers["content-type"] ?? "")
    .split(";", 1)[0]
    ?.trim()
    .toLowerCase() as string;
}

/** What an answer is read with. */
export interface ReadAnswerOptions {
  /** No error's message contains them. */
  secrets: Secrets;
  /** Most values of an answer or an event, counting members and list entries. */
  maxValues: number;
  /** See PaidParts.answerFields. */
  answerFields?: readonly string[] | undefined;
}

/**
 * Reads a whole answer. `readText` yields the value of one that is text, or undefined where it is to be JSON; `restore` completes
 * the value that JSON is parsed to. Throws OpenAIError for any status but 2xx, for a body that is not JSON, that nests too deeply
 * or holds too many values, and for an error object inside a 2xx, which some compatible servers send.
 */
export async function readAnswer(
  { statusCode, headers }: AnswerHead,
  text: string,
  { secrets, maxValues, answerFields }: ReadAnswerOptions,
  readText: (text: string) => unknown = () => undefined,
  restore: (body: unknown) => void = () => {},
): Promise<unknown> {
  if (statusCode >= 400) throw readErrorAnswer(statusCode, headers, errorIn(boundError(text)), secrets);
  if (statusCode >= 300) {
    const message = `The upstream answered with a redirect (status ${statusCode}); redirects are not followed.`;
    throw new OpenAIError("invalid_response", message, { status: statusCode });
  }
  const isSmall = text.length <= SCAN_LENGTH;
  const excess = isSmall ? findExcess(text, maxValues) : await findExcessInTurns(text, maxValues);
  if (excess) throw tooMuch("answer", excess);
  let body: unknown;
  try {
    body = JSON.parse(withoutDone(text.trim()));
  } catch (error) {
    const value = isPage(text, headers) ? undefined : readText(text);
    if (value !== undefined) return value;
    const what = text.trim() ? "a body that is not JSON" : "an empty body";
    throw new OpenAIError(
      "invalid_response",
      `The upstream answered ${statusCode} with ${what}.`,
      { status: statusCode, ...(text.trimStart().startsWith("<") && { isForeign: true }) },
      error,
    );
  }
  // A text may happen to be JSON, but is hardly an object.
  const value = isRecord(body) ? undefined : readText(text);
  if (value !== undefined) return value;
  restore(body);
  const error = findError(body, "whole", answerFields);
  if (error !== undefined) throw readErrorAnswer(statusCode, headers, boundError(JSON.stringify(error)), secrets);
  return body;
}

function isPage(text: string, headers: ResponseHeaders): boolean {
  return contentTypeOf({ headers }) === "text/html" || /^\s{0,64}<(?:!doctype|html)\b/i.test(text);
}

const DONE = "[DONE]";

/** Some servers end a whole answer as they end a stream. */
function withoutDone(text: string): string {
  if (!text.endsWith(DONE)) return text;
  const rest = text.slice(0, -DONE.length).trimEnd();
  return rest.endsWith("data:") ? rest.slice(0, -"data:".length) : rest;
}

/** The error for what the upstream has sent too much of; it has been paid for. `excess`: see JsonScan. */
export function tooMuch(what: "answer" | "event", excess: string): OpenAIError {
  return new OpenAIError("invalid_response", `The upstream's ${what} ${excess}`);
}

/** The text of an error, if it is not too much to be read. */
export function boundError(text: string): string {
  return text.length > MAX_ERROR_LENGTH || findExcess(text, Number.POSITIVE_INFINITY) ? "" : text;
}

async function findExcessInTurns(text: string, maxValues: number): Promise<string | undefined> {
  const scan = new JsonScan(text, maxValues);
  for (;;) {
    const excess = scan.findExcess(SCAN_LENGTH);
    await untilNextTurn();
    if (excess || scan.isDone) return excess;
  }
}

/**
 * The answer as an object whose `list` field holds at least one object: the least that can be called an answer.
 * Throws OpenAIError (`invalid_response`) for anything less, naming the `endpoint`.
 */
export function expectAnswer<Shape>(body: unknown, list: keyof Shape & string, endpoint: Endpoint): Unchecked<Shape> {
  if (isRecord(body) && Array.isArray(body[list]) && body[list].some(isRecord)) return body as Unchecked<Shape>;
  throw new OpenAIError("invalid_response", `The upstream's answer to ${endpoint.name} holds no ${list}.`);
}

/** The answer with the upstream's id, or with a fresh one if it sent none: clients cache by it. */
export function withId<Answer extends { readonly id?: unknown }>(
  answer: Answer,
  prefix: string,
): Answer & { id: string } {
  if (typeof answer.id === "string" && answer.id !== "") return answer as Answer & { id: string };
  return { ...answer, id: `${prefix}-${crypto.randomUUID()}` };
}

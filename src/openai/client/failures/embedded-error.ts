// Errors inside answers that look like successes: status 200, and events of a stream.
import { isRecord } from "../../../json/json.ts";
import { hasOnlyWords, readWords } from "./error-words.ts";

/**
 * The error in an answer or an event, as readErrorAnswer takes it; undefined if there is none. OpenAI and most servers send
 * `error`, Gemini a list of one, vLLM and FastChat a bare object that names itself, MiniMax `base_resp`, Cloudflare `errors`,
 * OpenRouter an error on the choice that it has ended; others nothing but their words. An event that has nothing but words may be
 * news of another kind: a `whole` answer is not. Text in one of `answerFields` is an answer's, whatever it says.
 */
export function findError(
  value: unknown,
  what: "event" | "whole" = "event",
  answerFields: readonly string[] = NONE,
): unknown {
  const body: unknown = Array.isArray(value) ? value[0] : value;
  if (!isRecord(body)) return undefined;
  const { error, object, type, base_resp, errors, choices } = body;
  if (error || object === "error" || type === "error") return body;
  if (isRecord(base_resp) && base_resp.status_code !== undefined && Number(base_resp.status_code) !== 0) return body;
  if (Array.isArray(choices) && choices.length > 0) return choices.find(isFailed);
  // Some servers send an object from the choices' numbers to them, or one choice alone.
  if (isRecord(choices) && isFilled(choices)) return [choices, ...Object.values(choices)].find(isFailed);
  if (Array.isArray(errors) && errors.length > 0) return body;
  if (ANSWERS.some((name) => isFilled(body[name]))) return undefined;
  const isAnswer = answerFields.some((name) => typeof body[name] === "string");
  const isError = isFailure(body) || (!isAnswer && (hasOnlyWords(body) || (what === "whole" && !body.id)));
  return isError && readWords(body) !== "" ? body : undefined;
}

const NONE: readonly string[] = [];
/** What an answer or an event consists of. */
const ANSWERS = ["choices", "data", "usage", "object", "models", "delta", "created"];
const SUCCESSES: ReadonlySet<unknown> = new Set([undefined, null, "", 0, "0", 200, "200", "ok", "OK", "success"]);

/** Whether an object that is no answer says that something has failed. */
function isFailure(body: Record<string, unknown>) {
  const { success, ok, status, type, code, error_code, errcode, error_type, detail } = body;
  if (success === false || ok === false || error_type || detail) return true;
  if (typeof type === "string" && FAILED_TYPE.test(type)) return true;
  if (typeof status === "number" ? status >= 400 : /^(?:error|fail)/i.test(String(status))) return true;
  return [code, error_code, errcode].some((value) => !SUCCESSES.has(value));
}

/** The name of an event, such as `image_generation.failed`. */
const FAILED_TYPE = /[._](?:failed|error)$/;

function isFilled(value: unknown): boolean {
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/** A model's own ends, and those of z.ai, for an answer that could not be made. */
const FAILED = /^(?:(?:network|internal|server|model|inference)[_-]?)?error$|^fail(?:ed|ure)$/i;

function isFailed(choice: unknown): boolean {
  if (!isRecord(choice)) return false;
  return Boolean(choice.error) || (typeof choice.finish_reason === "string" && FAILED.test(choice.finish_reason));
}

// Errors inside answers that look like successes: status 200, and events of a stream.
import { isRecord } from "../../../json/json.ts";

/**
 * The error in an answer or an event, as readErrorAnswer takes it; undefined if there is none. OpenAI and most servers send
 * `error`, Gemini a list of one, vLLM and FastChat a bare object that names itself, MiniMax `base_resp`, Cloudflare `errors`,
 * OpenRouter an error on the choice that it has ended.
 */
export function findError(value: unknown): unknown {
  const body: unknown = Array.isArray(value) ? value[0] : value;
  if (!isRecord(body)) return undefined;
  const { error, object, base_resp, errors, choices } = body;
  if (error || object === "error") return body;
  if (isRecord(base_resp) && base_resp.status_code !== undefined && Number(base_resp.status_code) !== 0) return body;
  if (!Array.isArray(choices)) return Array.isArray(errors) && errors.length > 0 ? body : undefined;
  return choices.find(isFailed);
}

/** A model's own ends, and those of z.ai, for an answer that could not be made. */
const FAILED = /^(?:(?:network|internal|server|model|inference)[_-]?)?error$|^fail(?:ed|ure)$/i;

function isFailed(choice: unknown): boolean {
  if (!isRecord(choice)) return false;
  return Boolean(choice.error) || (typeof choice.finish_reason === "string" && FAILED.test(choice.finish_reason));
}

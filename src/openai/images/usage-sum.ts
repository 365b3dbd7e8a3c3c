// The tokens of a stream with several pictures, each of which is reported by itself.
import { isRecord } from "../../json/json.ts";
import type { Normalise, TokenUsage } from "../client/endpoint.ts";
import { readUsage } from "../usage.ts";
import { isPartial } from "./events.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Where an event has the tokens of all events so far. Its own stay as the upstream reports them. */
const SO_FAR = Symbol("usage so far");

const COUNTS = ["input_tokens", "output_tokens", "total_tokens", "prompt_tokens", "completion_tokens"];
const DETAILS = ["input_tokens_details", "output_tokens_details"];
const KINDS = ["image_tokens", "text_tokens"];

/**
 * Yields a function that notes in each event with usage what all of them add up to: the first picture is complete before anybody
 * knows what the last will take. With an unfinished picture it is a count so far.
 */
export function createUsageSum(): Normalise {
  let complete: Fields = {};
  return (event) => {
    if (!isRecord(event.usage)) return;
    const sum = add(complete, event.usage);
    if (!isPartial(event)) complete = sum;
    (event as { [SO_FAR]?: unknown })[SO_FAR] = sum;
  };
}

/** The tokens of a whole answer, or of all events up to this one. */
export function readUsageSoFar(answer: unknown): TokenUsage | undefined {
  return readUsage(isRecord(answer) ? { usage: usageSoFar(answer) } : answer);
}

/** The same as the upstream writes it. */
export function usageSoFar(answer: object): unknown {
  const { [SO_FAR]: sum, usage } = answer as { [SO_FAR]?: unknown; usage?: unknown };
  return sum ?? usage;
}

function add(one: Fields, other: Fields): Fields {
  const sum: Record<string, unknown> = addCounts(one, other, COUNTS);
  for (const name of DETAILS) {
    const [first, second] = [one[name], other[name]];
    if (isRecord(first) || isRecord(second)) {
      sum[name] = addCounts(isRecord(first) ? first : {}, isRecord(second) ? second : {}, KINDS);
    }
  }
  return sum;
}

function addCounts(one: Fields, other: Fields, names: readonly string[]): Record<string, unknown> {
  const sum: Record<string, unknown> = {};
  for (const name of names) {
    const counts = [one[name], other[name]].filter((count) => typeof count === "number");
    if (counts.length > 0) sum[name] = counts.reduce((first, second) => first + second, 0);
  }
  return sum;
}

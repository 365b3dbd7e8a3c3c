// Checks the error that ends a stream: what came before it, and what it must not contain.
import { expect } from "vitest";
import { startStreaming } from "./stream.ts";
import { subscribeSse } from "./subscribe.ts";
import type { Answer } from "./upstream.ts";

/** The key that test servers call their upstream with. */
const UPSTREAM_KEY = "sk-test-key-0123456789";

/**
 * Streams one chat from an upstream that gives `answer`, and yields the error that ends it. Fails unless it is the only
 * error, stands after as many results as `results` says (none, or "Hel"), and the upstream was called once; or if the
 * upstream's key shows anywhere.
 */
export async function readStreamError(
  answer: Answer,
  results = 1,
  environment = {},
  subscribe: typeof subscribeSse | undefined = subscribeSse,
) {
  const { upstream, server } = await startStreaming(answer, environment);
  const subscription = await subscribe(server.url);
  expect(await subscription.ended).toBe("complete");
  expect(subscription.results.slice(0, -1).map(({ data }) => data.chat.text)).toEqual(["Hel"].slice(0, results));
  expect(upstream.requests).toHaveLength(1);
  expect(server.faults).toEqual([]);
  expect(JSON.stringify(subscription.results)).not.toContain(UPSTREAM_KEY);
  const { data, errors } = subscription.results.at(-1);
  expect(data).toBeUndefined();
  expect(errors).toHaveLength(1);
  return { upstream, error: errors[0] };
}

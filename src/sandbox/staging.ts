// Owns the course of a reply: late, broken off in the middle, or silent after its first words. Knows no endpoint.
import { setTimeout as sleep } from "node:timers/promises";
import { eventPieces, type Reply } from "./reply.ts";
import { eventType } from "./shared/pieces.ts";
import type { Scenario } from "./shared/scenarios.ts";

const slowMs = 3_000;
/** While a reply is late, a sign of life goes out this often, so that nobody takes the sandbox for dead. */
const signMs = 500;
/** How much of a reply precedes the break or the silence. */
const firstPieceCount = 6;
/** The end of a stream (finish reason, usage, [DONE]), which never precedes them. */
const endPieceCount = 3;
/** A whole answer is sent by lines. */
const lineStart = /(?<=\n)/;

/**
 * The reply as the scenario sends it: the head at once, then the body in pieces. A reply of an ordinary model is returned
 * unchanged. The pieces throw where the connection breaks, and the abort reason if the client leaves.
 */
export function stageReply(reply: Reply, { course }: Scenario, signal: AbortSignal): Reply {
  if (course === undefined) return reply;
  if ("events" in reply) {
    const pieces = eventPieces(reply.events);
    return { contentType: eventType, pieces: stagePieces(pieces, course, ": wait\n\n", signal) };
  }
  if (!("json" in reply)) return reply;
  const pieces = JSON.stringify(reply.json, null, 2).split(lineStart);
  return { contentType: "application/json", pieces: stagePieces(pieces, course, " ", signal) };
}

/** `sign` is what readers of the body skip. */
async function* stagePieces(
  pieces: AsyncIterable<string> | Iterable<string>,
  course: NonNullable<Scenario["course"]>,
  sign: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  if (course === "slow") {
    for (let waitedMs = 0; waitedMs < slowMs; waitedMs += signMs) {
      yield sign;
      await sleep(signMs, undefined, { signal });
    }
    yield* pieces;
    return;
  }
  yield* takeFirst(pieces);
  if (course === "cut") throw new Error("The connection breaks here.");
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

async function* takeFirst(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  const held: string[] = [];
  let count = 0;
  for await (const piece of pieces) {
    held.push(piece);
    if (held.length <= endPieceCount) continue;
    yield held.shift() ?? "";
    count += 1;
    if (count === firstPieceCount) return;
  }
}

// Results as they come -> JSON -> a client, the same for every transport that streams: a result is made and written in the call
// that brings what it is made of, and what the client does not take holds the upstream back.
import type { ExecutionResult } from "graphql";
import { showResult } from "../../errors/shown-error.ts";
import { isLost } from "../../execution/result.ts";
import type { HeldBytes } from "../../http/held-bytes.ts";
import { encodeLarge, encodeSmall, StreamBytes } from "../../http/json-pieces.ts";
import type { Take } from "../../openai/client/event-stream.ts";

/** Most that is written at once, in characters, but for a single result. */
const MAX_WRITE_LENGTH = 64 * 1024;

/** How results are made of values, each when it is to be written. */
interface MakeResults<Value> {
  toResult(value: Value): ExecutionResult | Promise<ExecutionResult>;
  /** A small result as JSON, if that is known already. */
  toText(value: Value): string | undefined;
}

/** Results as they come; see ResultStream. */
export interface Results<Value> extends MakeResults<Value> {
  /** Hands out the values; resolves with the last result if it is made of none. */
  run(take: Take<Value>): Promise<ExecutionResult | undefined>;
  /** Ends the results, and the upstream call with them. */
  leave(): void;
}

/** A result that is made already. */
const AS_IT_IS = { toResult: (result: ExecutionResult) => result, toText: () => undefined };

/** One result as a stream. */
export function onlyResult(result: ExecutionResult): Results<ExecutionResult> {
  return { run: async () => result, leave() {}, ...AS_IT_IS };
}

/** Writes to the client. */
export interface Outlet {
  /** Resolves when results may be written. Undefined: they may. */
  untilOpen?(): Promise<void> | undefined;
  /** Whether nobody is left to write to. */
  isLeft(): boolean;
  /** Adds a small result, as JSON, to what is to be written; yields how much that is, in characters. */
  add(json: string): number;
  /** Writes it. Undefined: more may follow; otherwise once that has resolved, as it does if the client has left. */
  flush(): Promise<void> | undefined;
  /** Writes a large result, after what was added before. Resolves when it has been written, or nobody is left. */
  writeLarge(pieces: readonly Uint8Array[]): Promise<void>;
}

export interface PushOptions {
  /** Largest result. */
  maxBytes: number;
  /** Counts the bytes of large results until they have been written. */
  held: HeldBytes;
  /** Reports an error; yields the result that tells the client of it, and that is the last. */
  fail(error: unknown): ExecutionResult;
}

/**
 * Writes all results; resolves when that is done, or the results were left. Never rejects if `results` and `outlet` do not. A
 * stream with too much to say ends with OPERATION_TOO_COMPLEX.
 */
export async function pushResults<Value>(
  results: Results<Value>,
  outlet: Outlet,
  { maxBytes, held, fail }: PushOptions,
): Promise<void> {
  const bytes = new StreamBytes(maxBytes);
  let waiting = 0;
  let isOver = false;

  function flush(): Promise<void> | undefined {
    bytes.add(waiting);
    waiting = 0;
    return outlet.isLeft() ? undefined : outlet.flush();
  }

  /** Writes the last result, whatever was to come. */
  function endWith(shown: ExecutionResult): Promise<void> | undefined {
    isOver = true;
    outlet.add(JSON.stringify(shown));
    const written = flush();
    results.leave();
    return written;
  }

  function giveUp(error: unknown): Promise<void> | undefined {
    return endWith(show(fail(error)));
  }

  async function writeLarge(result: ExecutionResult): Promise<void> {
    const { pieces, length, heldBytes } = await encodeLarge(result, maxBytes, held);
    bytes.add(length);
    waiting = 0;
    await outlet.writeLarge(pieces);
    held.giveBack(heldBytes);
  }

  function addResult(result: ExecutionResult): Promise<void> | undefined {
    const shown = show(result);
    if (isLost(shown)) return endWith(shown);
    const json = encodeSmall(shown);
    if (json === undefined) return writeLarge(shown);
    waiting = outlet.add(json);
    return undefined;
  }

  /** Adds a result to what is to be written. Undefined: at once. */
  function add<Part>(value: Part, make: MakeResults<Part>): Promise<void> | undefined {
    const json = make.toText(value);
    if (json === undefined) {
      const result = make.toResult(value);
      return result instanceof Promise ? result.then(addResult) : addResult(result);
    }
    waiting = outlet.add(json);
    return undefined;
  }

  function endResult(isLast: boolean): Promise<void> | undefined {
    if (isOver) return undefined;
    bytes.check();
    return isLast || waiting >= MAX_WRITE_LENGTH ? flush() : undefined;
  }

  /** Writes what has come at once, from the value at `from` on. Each result is made when those before it have been written. */
  function write<Part>(values: readonly Part[], make: MakeResults<Part>, from = 0): Promise<void> | undefined {
    const opening = outlet.untilOpen?.();
    if (opening) return opening.then(() => write(values, make));
    for (let place = from; place < values.length && !isOver && !outlet.isLeft(); place++) {
      const isLast = place === values.length - 1;
      try {
        const later = add(values[place] as Part, make);
        const room = later ? later.then(() => endResult(isLast)) : endResult(isLast);
        if (room) return room.catch(giveUp).then(() => write(values, make, place + 1));
      } catch (error) {
        return giveUp(error);
      }
    }
    return undefined;
  }

  let written: Promise<void> | undefined;
  const last = await results.run((values) => {
    written = write(values, results);
    return written;
  });
  await written;
  if (last) await write([last], AS_IT_IS);
}

function show(result: ExecutionResult): ExecutionResult {
  return result.errors || result.extensions ? (showResult(result) as ExecutionResult) : result;
}

// Results that are too large for one piece of text: graphql-ws writes a name in their place, and the connection sends their
// pieces for it. Also ends a stream that has too much to say, and gives others their turn.
import type { ExecutionResult } from "graphql";
import type { Results } from "../../execution/engine.ts";
import type { HeldBytes } from "../../http/held-bytes.ts";
import { encodeLarge, isSmall, STREAM_FACTOR, tooLarge } from "../../http/json-pieces.ts";
import { untilNextTurn } from "../../openai/client/turns.ts";

/** The pieces of large results, from when they are made until they have been sent. */
export class KeptPieces {
  readonly #pieces = new Map<string, readonly Uint8Array[]>();
  #names = 0;

  /** Yields a name for the pieces; it stands in place of a result's data, which are never a string. */
  keep(pieces: readonly Uint8Array[]): string {
    const name = `large-${++this.#names}`;
    this.#pieces.set(name, pieces);
    return name;
  }

  forget(name: string): void {
    this.#pieces.delete(name);
  }

  /** The text of a message or, if it has such a name in it, its pieces. */
  fill(text: string): string | readonly Uint8Array[] {
    const [payload = "", name = ""] = (this.#pieces.size > 0 && NAMED.exec(text)) || [];
    const pieces = this.#pieces.get(name);
    return pieces ? [Buffer.from(text.slice(0, -payload.length)), ...pieces, Buffer.from("}")] : text;
  }
}

/** The end of a message whose payload has a name in place of its data. */
const NAMED = /\{"data":"(large-\d{1,15})"\}\}$/;

/** How many results are written before others have their turn. */
const RESULTS_A_TURN = 64;

export interface LargeResultsOptions {
  kept: KeptPieces;
  /** Largest result. */
  maxBytes: number;
  /** Counts the bytes of large results until they have been sent. */
  held: HeldBytes;
  /** Reports an error; yields the result that tells the client of it, and that is the last. */
  fail(error: unknown): ExecutionResult;
}

/** The same results, with names in place of large ones. */
export async function* fitResults(
  results: Results,
  { kept, maxBytes, held, fail }: LargeResultsOptions,
): AsyncGenerator<ExecutionResult> {
  let count = 0;
  let bytes = 0;
  for await (const result of Symbol.asyncIterator in results ? results : [results]) {
    if (isSmall(result)) yield result;
    else {
      let name: string;
      let heldBytes: number;
      try {
        const json = await encodeLarge(result, maxBytes, held);
        bytes += json.length;
        if (bytes > maxBytes * STREAM_FACTOR) throw tooLarge("The stream", maxBytes * STREAM_FACTOR);
        heldBytes = json.heldBytes;
        name = kept.keep(json.pieces);
      } catch (error) {
        yield fail(error);
        return;
      }
      try {
        yield { data: name as never };
      } finally {
        kept.forget(name);
        held.giveBack(heldBytes);
      }
    }
    if (++count % RESULTS_A_TURN === 0) await untilNextTurn();
  }
}

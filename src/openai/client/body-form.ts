// What the body of an answer is, whatever its content type says: its first character tells.
import { isEventStream } from "./answer.ts";
import type { Exchange } from "./exchange.ts";

/** How JSON and pages begin: `{`, `[` and `<`. */
const WHOLE: ReadonlySet<number> = new Set([0x7b, 0x5b, 0x3c]);
/** Blanks, line ends and the bytes of a byte order mark. */
const BEFORE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

/** An answer of which the beginning has been looked at; it is read from its beginning all the same. */
export interface Opened {
  /** Whether it is one value, or a page, in place of events. */
  readonly isWhole: boolean;
  readonly answer: Exchange;
}

/** Looks at the first character of the body; of a body without one, its content type tells. Rejects as `read` does. */
export async function openBody(exchange: Exchange): Promise<Opened> {
  const read: Uint8Array[] = [];
  let first: number | undefined;
  while (first === undefined) {
    const chunks = await exchange.read();
    if (!chunks) break;
    for (const chunk of chunks) {
      read.push(chunk);
      first ??= chunk.find((byte) => !BEFORE.has(byte));
    }
  }
  const isWhole = first === undefined ? !isEventStream(exchange) : WHOLE.has(first);
  return { isWhole, answer: readAgain(exchange, read) };
}

function readAgain(exchange: Exchange, read: readonly Uint8Array[]): Exchange {
  let isNew = true;
  const { readNow } = exchange;
  return {
    statusCode: exchange.statusCode,
    headers: exchange.headers,
    takeWhole: () => undefined,
    async read() {
      if (!isNew) return exchange.read();
      isNew = false;
      return read.length > 0 ? read : exchange.read();
    },
    ...(readNow && {
      readNow(wake: () => void) {
        if (!isNew || read.length === 0) return readNow.call(exchange, wake);
        isNew = false;
        return read;
      },
    }),
    forget: () => exchange.forget(),
    close: (isAboutToEnd) => exchange.close(isAboutToEnd),
  };
}

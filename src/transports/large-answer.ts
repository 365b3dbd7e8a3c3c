// Sends an answer in pieces: as fast as the client takes them, and with turns for everybody else in between.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { LargeJson } from "../http/json-pieces.ts";
import { untilNextTurn } from "../openai/client/turns.ts";

/** How much is written before others have their turn. */
const TURN_LENGTH = 256 * 1024;

/** An answer whose body is complete. */
export interface EncodedAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | LargeJson;
}

/** Sends the pieces; the response's turn must have come. Resolves when they have been taken, or nobody is left to take them. */
export async function sendPieces(
  req: IncomingMessage,
  res: ServerResponse,
  { status, headers }: Omit<EncodedAnswer, "body">,
  { pieces, length }: LargeJson,
): Promise<void> {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, { "content-length": length, ...headers, ...(!req.complete && { connection: "close" }) });
  const writer = createWriter(res);
  let waiting = 0;
  // What waits goes to the network at once: a call there costs more than most pieces.
  res.cork();
  for (const piece of pieces) {
    waiting += piece.length;
    const room = writer.write(piece);
    if (waiting < TURN_LENGTH) continue;
    res.uncork();
    await room;
    if (res.destroyed) return;
    waiting = 0;
    res.cork();
  }
  res.end();
}

/** Writes to a response without getting ahead of its reader. */
export interface Writer {
  /** Resolves when more may be written, or the connection has closed. Undefined: at once. */
  write(piece: Uint8Array | string): Promise<void> | undefined;
  /** Has `write` resolve at once. */
  wake(): void;
}

/** Listens to the response; to be made once for each. */
export function createWriter(res: ServerResponse): Writer {
  let wake = () => {};
  let written = 0;
  res.on("drain", () => wake());
  res.once("close", () => wake());
  return {
    wake: () => wake(),
    write(piece) {
      const hasRoom = res.write(piece) || res.destroyed;
      // A client that reads fast drains the socket within the turn.
      written += piece.length;
      const isOver = written >= TURN_LENGTH;
      if (isOver) written = 0;
      if (hasRoom) return isOver ? untilNextTurn() : undefined;
      const room = new Promise<void>((resolve) => {
        wake = resolve;
      });
      return isOver ? room.then(untilNextTurn) : room;
    },
  };
}

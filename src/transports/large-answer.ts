// Sends an answer in pieces: as fast as the client takes them, and with turns for everybody else in between.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HeldBytes } from "../http/bytes-in-flight.ts";
import type { Json } from "../http/json-pieces.ts";
import { onTurn } from "../http/line.ts";
import { untilNextTurn } from "../openai/client/turns.ts";

/** How much is written before others have their turn. */
const TURN_LENGTH = 256 * 1024;

/** An answer whose body is complete. */
export interface EncodedAnswer {
  status: number;
  headers: Record<string, string>;
  body: Json;
}

/**
 * Sends the pieces in their turn, counted in `held`. Resolves when they have been taken, or nobody is left to take them; never
 * if the connection ends before its turn.
 */
export async function sendPieces(
  req: IncomingMessage,
  res: ServerResponse,
  { status, headers, body }: { status: number; headers: Record<string, string>; body: readonly Uint8Array[] },
  held: HeldBytes,
): Promise<void> {
  const length = body.reduce((sum, piece) => sum + piece.length, 0);
  held.add(length);
  await new Promise<void>((resolve) => onTurn(res, resolve));
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, { "content-length": length, ...headers, ...(!req.complete && { connection: "close" }) });
  const writer = createWriter(res);
  for (const piece of body) {
    await writer.write(piece);
    if (res.destroyed) return;
  }
  res.end();
}

/** Writes to a response without getting ahead of its reader. */
export interface Writer {
  /** Resolves when more may be written, or the connection has closed. */
  write(piece: Uint8Array | string): Promise<void>;
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
    async write(piece) {
      if (!res.write(piece) && !res.destroyed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      // A client that reads fast drains the socket within the turn.
      written += piece.length;
      if (written < TURN_LENGTH) return;
      written = 0;
      await untilNextTurn();
    },
  };
}

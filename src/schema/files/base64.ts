// Base64 of any length, decoded in turns of the event loop.
import { Turns } from "../../openai/client/turns.ts";

/** What is decoded at once, in characters: a multiple of four, so that a piece ends where its bytes do. */
const PIECE_LENGTH = 2 ** 18;

/** The bytes that `Buffer.from` makes of the text. */
export async function decodeInTurns(base64: string): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(base64, "base64"));
  const turns = new Turns();
  let end = 0;
  for (let place = 0; place < base64.length; place += PIECE_LENGTH) {
    if (turns.isOver()) await turns.next();
    const piece = base64.slice(place, place + PIECE_LENGTH);
    const written = bytes.write(piece, end, "base64");
    end += written;
    // Line ends and the like are in between: pieces do not end where their bytes do.
    if (piece.length === PIECE_LENGTH && written < (PIECE_LENGTH * 3) / 4 && place + PIECE_LENGTH < base64.length)
      return Buffer.from(base64, "base64");
  }
  return bytes.subarray(0, end);
}

// Owns bodies that are written piece by piece: what they are made of, and events as their pieces. Knows no endpoint.

/** A body whose length is not known before it is sent. */
export interface PieceBody {
  contentType: string;
  pieces: AsyncIterable<Piece> | Iterable<Piece>;
}

/** A part of a body. */
export type Piece = string | Uint8Array;

/** The content type of events. */
export const eventType = "text/event-stream; charset=utf-8";

/** One event as text. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function eventPiece(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

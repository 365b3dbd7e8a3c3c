// Why this server closes a WebSocket: the codes, and the words that go with each. Knows no connection.
// https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number
import { CloseCode } from "graphql-ws";

export const GOING_AWAY = 1001;
export const TOO_LARGE = 1009;
export const TRY_AGAIN_LATER = 1013;

/**
 * The words are fixed, in place of graphql-ws's, which quote the operation's id: a reason of more than 123 bytes cannot be
 * sent, and trying to throws (RFC 6455, section 5.5).
 */
const REASONS: Readonly<Record<number, string>> = {
  [GOING_AWAY]: "The server is stopping.",
  [TOO_LARGE]: "Message too large",
  [TRY_AGAIN_LATER]: "Try again later",
  [CloseCode.BadRequest]: "Invalid message received",
  [CloseCode.Unauthorized]: "Unauthorized",
  [CloseCode.Forbidden]: "Forbidden",
  [CloseCode.SubprotocolNotAcceptable]: "Subprotocol not acceptable",
  [CloseCode.ConnectionInitialisationTimeout]: "Connection initialisation timeout",
  [CloseCode.SubscriberAlreadyExists]: "Subscriber already exists",
  [CloseCode.TooManyInitialisationRequests]: "Too many initialisation requests",
  [CloseCode.InternalServerError]: "Internal server error",
};

/** The words that the client gets with `code`. */
export function reasonOf(code: number): string {
  return REASONS[code] ?? "";
}

/** Thrown by a hook where a message breaks the protocol; the connection is closed with 4400. */
export class InvalidMessage extends Error {
  override readonly name = "InvalidMessage";
}

/** Whether it was the client's message that `error` is about. graphql-ws throws at the server for what only servers send. */
export function isInvalidMessage(error: unknown): boolean {
  return (
    error instanceof InvalidMessage || (error as Error)?.message?.startsWith("Unexpected message of type") === true
  );
}

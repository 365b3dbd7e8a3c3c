// Who sent the last request on each connection: most clients send the same key again, and to check it is the largest part of
// what a request costs before its body is read. Knows no kinds of keys.
import { timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import type { Caller } from "./caller.ts";

/** Kept on the connection itself: a WeakMap of connections would cost a look-up a request. */
const LAST = Symbol("the last request's caller");

/** A caller, and as long as what it was found by holds. */
export interface Identity {
  readonly caller: Caller;
  /** Whether the same header still means the same caller: no key has changed, and no time has run out. */
  holds(): boolean;
}

interface KnownSocket extends Socket {
  [LAST]?: { readonly header: Buffer; readonly identity: Identity };
}

/** The caller who sent this Authorization header last time, if that still holds. */
export function recall(socket: KnownSocket, header: string): Caller | undefined {
  const last = socket[LAST];
  return last && isSame(last.header, header) && last.identity.holds() ? last.identity.caller : undefined;
}

/** Takes the place of the connection's last one: proxies send the requests of many callers on one connection. */
export function remember(socket: KnownSocket, header: string, identity: Identity): void {
  socket[LAST] = { header: bytesOf(header), identity };
}

/** Compares in a time that does not depend on where they differ. */
function isSame(one: Buffer, other: string): boolean {
  return one.length === other.length && timingSafeEqual(one, bytesOf(other));
}

/** Node reads each byte of a header as one character. */
function bytesOf(header: string): Buffer {
  return Buffer.from(header, "latin1");
}

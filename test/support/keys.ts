// Client keys for tests: the server's configuration of them, and the headers that send them.

/** A configuration's CLIENT_KEYS of one caller, `alice`, with these limits. */
export function aliceWith(limits: Record<string, unknown> = {}): { CLIENT_KEYS: string } {
  return { CLIENT_KEYS: JSON.stringify([{ id: "alice", key: "alice-key-0123456789", ...limits }]) };
}

/** What alice sends. */
export const alice = { headers: { authorization: "Bearer alice-key-0123456789" } };

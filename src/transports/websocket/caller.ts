// Who is behind a WebSocket: told by the handshake's Authorization header, or by the connection's first message, as browsers
// cannot set headers there. Asked again for each operation: a connection outlives tokens and keys.
import type { Authenticator } from "../../callers/authenticate.ts";
import { readConnectionToken } from "../../callers/bearer.ts";
import type { Caller } from "../../callers/caller.ts";
import { codedError } from "../../errors/codes.ts";

/** One connection's proof of who it is. */
export interface ConnectionCaller {
  /** Takes the parameters of `connection_init`. Throws UNAUTHENTICATED where they, or the header, prove nothing. */
  init(params: Record<string, unknown> | undefined): Promise<void>;
  /** Who it is now. Throws UNAUTHENTICATED where the proof has run out. */
  identify(): Promise<Caller>;
}

/** Starts with what the handshake told: `headerToken`, or undefined. */
export function createConnectionCaller(
  authenticator: Authenticator,
  headerToken: string | undefined,
): ConnectionCaller {
  let token = headerToken;
  return {
    async init(params) {
      const paramToken = authenticator.isOpen ? undefined : readConnectionToken(params);
      if (token !== undefined && paramToken !== undefined) {
        const problem = "The Authorization header and the connection's parameters both hold a key; send one.";
        throw codedError("UNAUTHENTICATED", problem);
      }
      token ??= paramToken;
      await authenticator.identify(token);
    },
    identify: async () => authenticator.identify(token),
  };
}

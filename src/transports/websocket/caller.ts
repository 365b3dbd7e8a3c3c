// Identifies the caller of a WebSocket: by the handshake's Authorization header, or by the connection's first message, as
// browsers cannot set headers there. Checked again for each operation: a connection outlives tokens and keys.
import type { GraphQLError } from "graphql";
import type { Authenticator } from "../../callers/authenticate.ts";
import { readConnectionToken } from "../../callers/bearer.ts";
import type { Caller } from "../../callers/caller.ts";
import type { Identity } from "../../callers/connection-callers.ts";
import { codedError } from "../../errors/codes.ts";

/** One connection's proof of who it is. */
export interface ConnectionCaller {
  /** The caller by the parameters of `connection_init`, or the header. Throws UNAUTHENTICATED if neither identifies one. */
  init(params: Record<string, unknown> | undefined): Promise<Caller>;
  /** The caller now. Throws UNAUTHENTICATED if the token or key is no longer valid. */
  identify(): Promise<Caller>;
  /** Whether the token or key still identifies a caller, or cannot be checked at the moment. */
  isValid(): Promise<boolean>;
}

/** Starts with the handshake's token: `headerToken`, or undefined. */
export function createConnectionCaller(
  authenticator: Authenticator,
  headerToken: string | undefined,
): ConnectionCaller {
  let token = headerToken;
  let identity: Identity | undefined;

  async function identify(): Promise<Caller> {
    if (!identity?.holds()) identity = await authenticator.find(token);
    return identity.caller;
  }

  return {
    async init(params) {
      const paramToken = authenticator.isOpen ? undefined : readConnectionToken(params);
      if (token !== undefined && paramToken !== undefined) {
        const problem = "The Authorization header and the connection's parameters both hold a key; send one.";
        throw codedError("UNAUTHENTICATED", problem);
      }
      token ??= paramToken;
      return identify();
    },
    identify,
    isValid: () =>
      identify().then(
        () => true,
        (error: unknown) => !isUnauthenticated(error),
      ),
  };
}

/** Whether the error says that the credentials are not valid. */
export function isUnauthenticated(error: unknown): boolean {
  return (error as Partial<GraphQLError>).extensions?.code === "UNAUTHENTICATED";
}

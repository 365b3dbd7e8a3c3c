// Finds the caller behind a bearer token, in the way that AUTH selects.
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { LRUCache } from "lru-cache";
import type { CallerLimits } from "../schema/shared/caller-limits.ts";
import { readAuthorization, readHeaderToken } from "./bearer.ts";
import { ANYBODY, type Caller } from "./caller.ts";
import { type ClientKey, sha256 } from "./caller-schema.ts";
import { createClientKeys } from "./client-keys.ts";
import { type ClientKeysFile, openClientKeysFile } from "./client-keys-file.ts";
import { type Identity, recall, remember } from "./connection-callers.ts";
import { createJwtVerifier, type JwtCaller } from "./jwt.ts";
import { unauthenticated } from "./refusals.ts";

/** How callers are told apart, from the configuration. */
export interface AuthenticatorOptions {
  /** Unset: by client keys and JWTs, whichever are configured; `none` if neither is. */
  auth?: "keys" | "jwt" | "passthrough" | "none" | undefined;
  clientKeys?: readonly ClientKey[] | undefined;
  clientKeysFile?: string | undefined;
  jwksUrl?: URL | undefined;
  publicKey?: string | undefined;
  issuer?: string | undefined;
  audience?: string | undefined;
  jwtLimits?: CallerLimits | undefined;
  /** Yields this server's own keys for the upstream, which no caller may use as its key; another list once they change. */
  upstreamKeys?: () => readonly string[];
}

/** Identifies callers. */
export interface Authenticator {
  /** Whether everyone may call, without credentials. */
  readonly isOpen: boolean;
  /**
   * The bearer token of an HTTP request or WebSocket handshake; undefined if there is none, or if everyone may call.
   * Throws UNAUTHENTICATED for two keys, for a key in the URL and for anything but a bearer token.
   */
  readToken(req: IncomingMessage): string | undefined;
  /**
   * The caller behind a token. Throws or rejects with UNAUTHENTICATED, also without a token unless everyone may call;
   * with OVERLOADED if the token cannot be checked at the moment.
   */
  identify(token: string | undefined): Caller | Promise<Caller>;
  /** The same, with how long it holds. */
  find(token: string | undefined): Identity | Promise<Identity>;
  /**
   * The caller of an HTTP request: of its token, as by `readToken` and `identify`. A header that came before on the same
   * connection is not read again while its keys are the same and its time has not run out.
   */
  identifyRequest(req: IncomingMessage): Caller | Promise<Caller>;
  /** Reads the client keys' file again, if there is one. A bad version is reported, and the old keys stay. */
  reload(): void;
  /** Stops watching the client keys' file. */
  close(): void;
}

/** Most verified JWTs that are remembered: a client has several connections, and to verify one takes as long as to serve it. */
const MAX_JWTS = 1_000;

/** The shape of a JWT: three parts in base64url. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The shape of an upstream key, which goes into a header of every call. */
const UPSTREAM_KEY = /^[\x21-\x2b\x2d-\x7e]{1,512}$/;

const OPEN: Authenticator = {
  isOpen: true,
  readToken: () => undefined,
  identify: () => ANYBODY,
  find: () => ({ caller: ANYBODY, holds: () => true }),
  identifyRequest: () => ANYBODY,
  reload: () => {},
  close: () => {},
};

/**
 * Builds the authenticator. Throws an Error, with no key in it, for client keys or a public key that are not valid.
 * `report` is called when keys cannot be read or fetched later on.
 */
export function createAuthenticator(options: AuthenticatorOptions, report: (fault: unknown) => void): Authenticator {
  const { auth, upstreamKeys = () => NO_KEYS } = options;
  const hasKeys = options.clientKeys !== undefined || options.clientKeysFile !== undefined;
  const hasJwt = options.jwksUrl !== undefined || options.publicKey !== undefined;
  if (auth === "none" || (auth === undefined && !hasKeys && !hasJwt)) return OPEN;

  const isOwnKey = createKeyCheck(upstreamKeys);
  const keys = auth === "keys" || (auth === undefined && hasKeys) ? openKeys(options, report) : undefined;
  const verifyJwt =
    auth === "jwt" || (auth === undefined && hasJwt)
      ? createJwtVerifier({ ...options, limits: options.jwtLimits ?? {} }, report)
      : undefined;

  /** By their digests, and only while they are good. */
  const verified = new LRUCache<string, JwtCaller>({ max: MAX_JWTS });

  function find(token: string | undefined): Identity | Promise<Identity> {
    if (token === undefined) throw missing();
    const digest = sha256(token);
    if (!isOwnKey(digest)) {
      const ownKeys = upstreamKeys();
      const version = keys?.version();
      const areKeysTheSame = () => keys?.version() === version && upstreamKeys() === ownKeys;
      if (auth === "passthrough" && UPSTREAM_KEY.test(token))
        return { caller: passThrough(token), holds: areKeysTheSame };
      const caller = keys?.find(digest);
      if (caller) return { caller, holds: until(caller.expiresAt, areKeysTheSame) };
      // A new client key may be anything, also what was a JWT.
      if (verifyJwt && JWT.test(token)) {
        const identityOf = (caller: JwtCaller) => ({ caller, holds: () => areKeysTheSame() && caller.isGood() });
        const id = digest.toString("base64");
        const known = verified.get(id);
        if (known?.isGood()) return identityOf(known);
        return verifyJwt(token).then((caller) => {
          verified.set(id, caller);
          return identityOf(caller);
        });
      }
    }
    throw unauthenticated("The credentials are not valid.");
  }

  return {
    isOpen: false,
    readToken(req) {
      const header = readAuthorization(req);
      return header === undefined ? undefined : readHeaderToken(header);
    },
    identify(token) {
      const found = find(token);
      return found instanceof Promise ? found.then(({ caller }) => caller) : found.caller;
    },
    find,
    identifyRequest(req) {
      const { socket } = req;
      const header = readAuthorization(req);
      if (header === undefined) throw missing();
      const known = recall(socket, header);
      if (known) return known;
      const found = find(readHeaderToken(header));
      const keep = (identity: Identity) => {
        remember(socket, header, identity);
        return identity.caller;
      };
      return found instanceof Promise ? found.then(keep) : keep(found);
    },
    reload: () => keys?.reload(),
    close: () => keys?.close(),
  };
}

const NO_KEYS: readonly string[] = [];

/** What tells whether a client key still holds. Throws UNAUTHENTICATED if it has expired. */
function until(expiresAt: number | undefined, areKeysTheSame: () => boolean): () => boolean {
  if (expiresAt === undefined) return areKeysTheSame;
  const isGood = () => Date.now() < expiresAt;
  if (!isGood()) throw unauthenticated("The key has expired.");
  return () => isGood() && areKeysTheSame();
}

/** Checks whether a token's digest is that of one of the keys, with each of them in constant time. */
function createKeyCheck(keys: () => readonly string[]): (digest: Buffer) => boolean {
  let known = keys();
  let digests = known.map(sha256);
  return (digest) => {
    const now = keys();
    if (now !== known) {
      known = now;
      digests = now.map(sha256);
    }
    return digests.some((own) => timingSafeEqual(digest, own));
  };
}

function missing(): Error {
  return unauthenticated("Credentials are needed: Authorization: Bearer and a key.");
}

function openKeys(options: AuthenticatorOptions, report: (fault: unknown) => void): ClientKeysFile {
  const { clientKeys = [], clientKeysFile: path, upstreamKeys: forbidden = () => NO_KEYS } = options;
  if (path !== undefined) return openClientKeysFile({ path, forbidden, report });
  return { ...createClientKeys(clientKeys), version: () => 0, reload: () => {}, close: () => {} };
}

/** A caller known only by the upstream key that it sends. */
function passThrough(token: string): Caller {
  const digest = sha256(token).toString("hex");
  return { id: `key-${digest.slice(0, 12)}`, key: `passthrough:${digest}`, limits: {}, apiKey: token };
}

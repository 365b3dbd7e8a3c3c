// Verifies the JWTs of callers. Knows neither HTTP nor where the keys come from.
import type { JWTVerifyOptions, JWTVerifyResult } from "jose";
import type { CallerLimits } from "../schema/shared/caller-limits.ts";
import type { Caller } from "./caller.ts";
import { RETRY_AFTER_MS, unauthenticated, uncheckable } from "./refusals.ts";
import { createRemoteKeys, explainFetch } from "./remote-keys.ts";
import { createFixedKey, type SigningKeys } from "./signing-keys.ts";

/** How much the clocks of the issuer and of this server may differ, in seconds. */
const CLOCK_TOLERANCE = 5;

/** Printable characters in one line. */
const SUBJECT = /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u;

type Jose = typeof import("jose");

/** One of `jwksUrl` and `publicKey`, and the claims that tokens must have. */
export interface JwtOptions {
  /** Where the key set is. */
  jwksUrl?: URL | undefined;
  /** The public key in PEM. */
  publicKey?: string | undefined;
  /** The `iss` of every token. Unset: any. */
  issuer?: string | undefined;
  /** What must be in the `aud` of every token. Unset: anything. */
  audience?: string | undefined;
  /** The limits of each caller. */
  limits: CallerLimits;
}

/** Yields the caller that a token names. Rejects with UNAUTHENTICATED, or with OVERLOADED if no key is available. */
export type JwtVerifier = (token: string) => Promise<JwtCaller>;

/** The caller that a token names, who is no longer known by it once it expires or once other keys are in force. */
export class JwtCaller implements Caller {
  readonly id: string;
  readonly key: string;
  readonly limits: CallerLimits;
  readonly #areGood: () => boolean;
  readonly #expiresAt: number;

  /** `exp` is the token's; `areGood` tells whether the keys that verified it are those in force. */
  constructor(subject: string, limits: CallerLimits, exp: number, areGood: () => boolean) {
    this.id = subject;
    this.key = `jwt:${subject}`;
    this.limits = limits;
    this.#areGood = areGood;
    this.#expiresAt = (exp + CLOCK_TOLERANCE) * 1000;
  }

  /** Whether the token would be accepted again without a look at any new keys. */
  isGood(): boolean {
    return Date.now() < this.#expiresAt && this.#areGood();
  }
}

/**
 * Builds the verifier; fetches nothing yet. `report` is called for keys that cannot be fetched or used: at most once
 * a second, or once a minute while those fetched last are used. Throws an Error if the options name no usable key.
 * @see https://www.rfc-editor.org/rfc/rfc8725 for the checks and their reasons.
 */
export function createJwtVerifier(options: JwtOptions, report: (fault: unknown) => void): JwtVerifier {
  const keys = createKeys(options, report);
  const { issuer, audience, limits } = options;
  const checks: JWTVerifyOptions = {
    algorithms: [...keys.algorithms],
    requiredClaims: ["exp", "sub"],
    clockTolerance: CLOCK_TOLERANCE,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
  // Not a static import: servers that check no JWTs start sooner without it.
  const loading = import("jose");
  let reportedAt = Number.NEGATIVE_INFINITY;

  /** The error for whatever jose threw. Reports only faults that are not the token's. */
  function refuse({ errors }: Jose, error: unknown) {
    if (error instanceof errors.JWTExpired) return unauthenticated("The token has expired.");
    if (isTokenFault(errors, error)) return unauthenticated("The token is not valid.");
    if (performance.now() - reportedAt >= RETRY_AFTER_MS) {
      reportedAt = performance.now();
      report(new Error(`JWTs cannot be checked: ${explainFetch(error)}`, { cause: error }));
    }
    return uncheckable();
  }

  return async (token) => {
    const jose = await loading;
    const version = keys.version();
    const { payload } = await verify(jose, token, keys, checks).catch((error: unknown) => {
      throw refuse(jose, error);
    });
    const { sub, exp = 0 } = payload;
    if (typeof sub !== "string" || !SUBJECT.test(sub)) throw unauthenticated("The token is not valid.");
    return new JwtCaller(sub, limits, exp, () => version !== undefined && keys.version() === version);
  };
}

function createKeys({ jwksUrl, publicKey }: JwtOptions, report: (fault: unknown) => void): SigningKeys {
  if (jwksUrl && publicKey === undefined) return createRemoteKeys(jwksUrl, report);
  if (publicKey !== undefined && !jwksUrl) return createFixedKey(publicKey);
  throw new Error("One of JWT_JWKS_URL and JWT_PUBLIC_KEY must be set.");
}

/** If a token names no key, every key that fits is tried. */
async function verify(
  { errors, jwtVerify }: Jose,
  token: string,
  { find }: SigningKeys,
  checks: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, find, checks);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, checks);
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** Whether the token is at fault; otherwise the keys are. */
function isTokenFault(errors: Jose["errors"], error: unknown): boolean {
  return [
    errors.JWSInvalid,
    errors.JWTInvalid,
    errors.JWTClaimValidationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
    errors.JWSSignatureVerificationFailed,
    errors.JWKSNoMatchingKey,
  ].some(({ code }) => code === (error as { code?: unknown }).code);
}

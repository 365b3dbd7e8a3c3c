// The keys that verify callers' JWTs: fetched from an identity provider, or a single one from the configuration.
import { createPublicKey, type KeyObject } from "node:crypto";
import type { JWTVerifyGetKey } from "jose";
import { RETRY_AFTER_MS } from "./refusals.ts";

/** Longest time that fetching the keys may take; callers wait for it. */
const TIMEOUT_MS = 2_000;
/** How long keys are used before they are fetched again. */
const MAX_AGE_MS = 10 * 60_000;
/** How soon after a fetch a token with an unknown key may cause the next one. */
const COOLDOWN_MS = 10_000;

/** Keys, and the algorithms that tokens may use with them. */
export interface SigningKeys {
  find: JWTVerifyGetKey;
  algorithms: readonly string[];
}

const RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const CURVES: Readonly<Record<string, string>> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

/**
 * The keys at `url`, fetched when a token needs them. Throws an Error for a URL with a password in it: `fetch`
 * refuses it with a message that shows the password.
 */
export function createRemoteKeys(url: URL): SigningKeys {
  if (url.username || url.password) throw new Error("JWT_JWKS_URL must not hold a user or a password.");
  let fetchedAt = Number.NEGATIVE_INFINITY;
  const loading = import("jose").then(({ createRemoteJWKSet, customFetch }) =>
    createRemoteJWKSet(url, {
      timeoutDuration: TIMEOUT_MS,
      cacheMaxAge: MAX_AGE_MS,
      cooldownDuration: COOLDOWN_MS,
      // jose's cooldown begins only after a success. Without this, callers would hammer a provider in trouble.
      async [customFetch](address, options) {
        if (performance.now() - fetchedAt < RETRY_AFTER_MS) throw new Error("The last fetch failed a moment ago.");
        fetchedAt = performance.now();
        return fetch(address, options);
      },
    }),
  );
  const find: JWTVerifyGetKey = async (header, token) => (await loading)(header, token);
  return { find, algorithms: [...RSA, ...Object.values(CURVES), "EdDSA"] };
}

/**
 * The key in a PEM block: a public key or a certificate, whose dates do not count. Throws an Error, which shows
 * nothing of the block, if it is not a key or of a kind that JWTs do not use.
 */
export function createFixedKey(pem: string): SigningKeys {
  const key = readPublicKey(pem);
  const algorithms = findAlgorithms(key);
  if (algorithms.length === 0) {
    throw new Error("JWT_PUBLIC_KEY must be RSA of at least 2048 bits, EC on P-256, P-384 or P-521, or Ed25519.");
  }
  return { find: () => key, algorithms };
}

function readPublicKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch {
    throw new Error("JWT_PUBLIC_KEY must be a public key or a certificate in PEM.");
  }
}

/** Only algorithms of the key's own kind, so that a token cannot have the key used as another kind. */
function findAlgorithms({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): readonly string[] {
  const { modulusLength = 0, namedCurve = "" } = asymmetricKeyDetails;
  if (asymmetricKeyType === "rsa") return modulusLength >= 2048 ? RSA : [];
  if (asymmetricKeyType === "ed25519") return ["EdDSA"];
  const algorithm = asymmetricKeyType === "ec" ? CURVES[namedCurve] : undefined;
  return algorithm ? [algorithm] : [];
}

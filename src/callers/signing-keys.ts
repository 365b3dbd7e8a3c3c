// The keys that sign callers' JWTs: fetched from an identity provider, or one out of the configuration.
import { createPublicKey, type KeyObject } from "node:crypto";
import type { JWTVerifyGetKey } from "jose";
import { RETRY_AFTER_MS } from "./refusals.ts";

/** Longest time for the keys to come. Callers wait for it. */
const TIMEOUT_MS = 2_000;
/** For how long keys are used without asking whether they still stand. */
const MAX_AGE_MS = 10 * 60_000;
/** How soon after a fetch a token may bring the next one about by naming a key that is not there. */
const COOLDOWN_MS = 10_000;

/** Keys, and the algorithms for which tokens may use them. */
export interface SigningKeys {
  find: JWTVerifyGetKey;
  algorithms: readonly string[];
}

const RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const CURVES: Readonly<Record<string, string>> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

/**
 * The keys at `url`, fetched when a token needs them. Throws an Error for a URL with a password in it, which `fetch`
 * refuses in a message that shows it.
 */
export function createRemoteKeys(url: URL): SigningKeys {
  if (url.username || url.password) throw new Error("JWT_JWKS_URL must not hold a user or a password.");
  let fetchedAt = Number.NEGATIVE_INFINITY;
  const loading = import("jose").then(({ createRemoteJWKSet, customFetch }) =>
    createRemoteJWKSet(url, {
      timeoutDuration: TIMEOUT_MS,
      cacheMaxAge: MAX_AGE_MS,
      cooldownDuration: COOLDOWN_MS,
      // The cooldown begins with a success only. Without this, callers would hammer a provider that has trouble.
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
 * The key in a PEM block: a public key or a certificate, whose dates do not count. Throws an Error, which shows nothing
 * of the block, where that is none or of a kind that signs no JWT.
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

/** A token chooses among the algorithms of the key's own kind, so that none is ever used as something else. */
function findAlgorithms({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): readonly string[] {
  const { modulusLength = 0, namedCurve = "" } = asymmetricKeyDetails;
  if (asymmetricKeyType === "rsa") return modulusLength >= 2048 ? RSA : [];
  if (asymmetricKeyType === "ed25519") return ["EdDSA"];
  const algorithm = asymmetricKeyType === "ec" ? CURVES[namedCurve] : undefined;
  return algorithm ? [algorithm] : [];
}

// The keys that verify callers' JWTs, and the single one that the configuration can hold. See remote-keys.ts for others.
import { createPublicKey, type KeyObject } from "node:crypto";
import type { JWTVerifyGetKey } from "jose";

/** Keys, and the algorithms that tokens may use with them. */
export interface SigningKeys {
  find: JWTVerifyGetKey;
  algorithms: readonly string[];
  /** The same as long as `find` would look at the same keys. Undefined: it would fetch them first. */
  version(): unknown;
}

const RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const CURVES: Readonly<Record<string, string>> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

/** Those that tokens may use with a provider's keys. */
export const REMOTE_ALGORITHMS: readonly string[] = [...RSA, ...Object.values(CURVES), "EdDSA"];

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
  return { find: () => key, algorithms, version: () => key };
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

// This server's configuration, with everything switched on and no limit reached, and what its callers send: a client key,
// a JWT, the origin of their page and the id of a trusted document.
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CLIENT_KEY } from "./dialects/dialect.mjs";
import { CHAT } from "./dialects/graphql.mjs";

const DIRECTORY = fileURLToPath(new URL("results", import.meta.url));
const ISSUER = "https://login.bench.test/";
const AUDIENCE = "bench";
const LIMITS = { requestsPerMinute: 1e9, tokensPerDay: 1e15, models: ["*"], operations: ["*"] };
const TOKEN_SECONDS = 24 * 60 * 60;
/** The pair that signs and verifies JWTs, made when it is first needed. */
let keyPair;

export const ORIGIN = "https://app.bench.test";
export const DOCUMENT_ID = createHash("sha256").update(CHAT).digest("hex");

/** Yields the environment. Writes the manifest of trusted documents that it names. */
export function configureOurs() {
  mkdirSync(DIRECTORY, { recursive: true });
  const manifest = `${DIRECTORY}/trusted-documents.json`;
  writeFileSync(manifest, JSON.stringify({ [DOCUMENT_ID]: CHAT }));
  return {
    HOST: "127.0.0.1",
    CLIENT_KEYS: JSON.stringify([{ id: "bench", key: CLIENT_KEY, ...LIMITS }]),
    JWT_PUBLIC_KEY: signingKeys().publicKey.export({ type: "spki", format: "pem" }),
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
    JWT_LIMITS: JSON.stringify(LIMITS),
    CORS_ORIGINS: ORIGIN,
    PERSISTED_OPERATIONS_FILE: manifest,
    MAX_OUTPUT_TOKENS: "4096",
    MAX_CONCURRENT: "10000",
    METRICS: "true",
    LOG_LEVEL: "info",
    MODELS_TTL_SECONDS: "0",
  };
}

/** A caller's JWT, signed as login services do by default. */
export function createToken() {
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: "bench-user", iat: now, exp: now + TOKEN_SECONDS };
  const parts = [{ alg: "RS256", typ: "JWT" }, claims].map((part) => encode(JSON.stringify(part)));
  const signature = sign("sha256", Buffer.from(parts.join(".")), signingKeys().privateKey);
  return [...parts, encode(signature)].join(".");
}

function signingKeys() {
  keyPair ??= generateKeyPairSync("rsa", { modulusLength: 2_048 });
  return keyPair;
}

function encode(bytes) {
  return Buffer.from(bytes).toString("base64url");
}

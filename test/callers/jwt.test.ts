// JWTs: which are accepted, which are refused, and what happens while the signing keys are not available.
import { createPublicKey, generateKeyPairSync, type KeyObject, sign as signBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  base64url,
  exportJWK,
  exportSPKI,
  type GenerateKeyPairResult,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createJwtVerifier, type JwtOptions } from "../../src/callers/jwt.ts";
import { refusalOf, UNAUTHENTICATED, UNCHECKABLE } from "../support/refusal.ts";
import { type Answer, json, startUpstream } from "../support/upstream.ts";

const NOT_VALID = { message: "The token is not valid.", extensions: UNAUTHENTICATED };
const EXPIRED = { message: "The token has expired.", extensions: UNAUTHENTICATED };
const AWAY = { message: "The credentials cannot be checked now.", extensions: UNCHECKABLE };

const now = () => Math.floor(Date.now() / 1000);
const claims = () => ({ sub: "ada", iss: "https://issuer.test", aud: "graphql", exp: now() + 60 });
const limits = { requestsPerMinute: 5 };

const sign = (key: CryptoKey, payload: JWTPayload, header: Record<string, unknown> = {}, alg = "ES256") =>
  new SignJWT(payload).setProtectedHeader({ alg, ...header }).sign(key);

/** Signs claims that jose would not, with the first key. */
async function signAnything(payload: Record<string, unknown>): Promise<string> {
  const input = [{ alg: "ES256", kid: "first" }, payload]
    .map((part) => base64url.encode(JSON.stringify(part)))
    .join(".");
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, first.privateKey, Buffer.from(input));
  return `${input}.${base64url.encode(new Uint8Array(signature))}`;
}

const publish = async (key: CryptoKey, members: Record<string, unknown>) => ({ ...(await exportJWK(key)), ...members });

let first: GenerateKeyPairResult;
let second: GenerateKeyPairResult;
beforeAll(async () => {
  first = await generateKeyPair("ES256", { extractable: true });
  second = await generateKeyPair("ES256", { extractable: true });
});

/** A verifier whose keys are behind a real HTTP server, which answers as told. */
async function startWithJwks(answer: Answer, options: Partial<JwtOptions> = {}) {
  const provider = await startUpstream(answer);
  const faults: Error[] = [];
  const verify = createJwtVerifier({ jwksUrl: new URL(`${provider.url}/jwks`), limits, ...options }, (fault) =>
    faults.push(fault as Error),
  );
  return { provider, verify, faults };
}

const startWithFirstKey = async (options: Partial<JwtOptions> = {}) =>
  startWithJwks(json({ keys: [await publish(first.publicKey, { kid: "first" })] }), {
    issuer: "https://issuer.test",
    audience: "graphql",
    ...options,
  });

/** Lets the clocks run ahead; timers stay real. */
function moveClocks() {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  return (ms: number) => vi.advanceTimersByTime(ms);
}

test("a good token names its caller, with the limits of all; the keys are fetched once", async () => {
  const { provider, verify, faults } = await startWithFirstKey();
  expect(provider.requests).toEqual([]);
  for (const sub of ["ada", "auth0|5f7c8ec7", "Ada Lovelace", "a".repeat(256), "阿达🙂"]) {
    const caller = await verify(await sign(first.privateKey, { ...claims(), sub }, { kid: "first" }));
    expect(caller).toEqual({ id: sub, key: `jwt:${sub}`, limits });
  }
  expect(await verify(await sign(first.privateKey, { ...claims(), aud: ["other", "graphql"] }))).toMatchObject({
    id: "ada",
  });
  expect(provider.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /v1/jwks"]);
  expect(faults).toEqual([]);
});

describe("a token is refused, quoted nowhere and reported to nobody:", () => {
  test.each<[string, Record<string, unknown>, object]>([
    ["of another issuer", { iss: "https://secret.test" }, NOT_VALID],
    ["of no issuer", { iss: undefined }, NOT_VALID],
    ["for another audience", { aud: "secret" }, NOT_VALID],
    ["for no audience", { aud: undefined }, NOT_VALID],
    ["expired", { exp: now() - 10 }, EXPIRED],
    ["not valid yet", { nbf: now() + 600 }, NOT_VALID],
    ["without end", { exp: undefined }, NOT_VALID],
    ["whose end is no number", { exp: "secret" }, NOT_VALID],
    ["without subject", { sub: undefined }, NOT_VALID],
    ["of several subjects", { sub: ["secret"] }, NOT_VALID],
    ["whose subject is a number", { sub: 7 }, NOT_VALID],
    ["whose subject is null", { sub: null }, NOT_VALID],
    ["whose subject is empty", { sub: "" }, NOT_VALID],
    ["whose subject is too long", { sub: "s".repeat(257) }, NOT_VALID],
    ["whose subject has a line break", { sub: "secret\n" }, NOT_VALID],
    ["whose subject has a line separator", { sub: "secret\u2028" }, NOT_VALID],
    ["whose subject has a zero byte", { sub: "secret\0" }, NOT_VALID],
    ["whose subject writes backwards", { sub: "secret\u202e" }, NOT_VALID],
  ])("%s", async (_, payload, refusal) => {
    const { verify, faults } = await startWithFirstKey();
    expect(await verify(await signAnything(claims()))).toMatchObject({ id: "ada" });
    const token = await signAnything({ ...claims(), ...payload });
    expect(await refusalOf(() => verify(token))).toEqual(refusal);
    expect(faults).toEqual([]);
  });

  test.each<[string, () => Promise<string> | string]>([
    ["without signature (alg none)", () => new UnsecuredJWT(claims()).encode()],
    [
      "of alg none, with another's signature",
      async () => {
        const [, ...rest] = (await sign(first.privateKey, claims())).split(".");
        return [base64url.encode('{"alg":"none"}'), ...rest].join(".");
      },
    ],
    ["signed by another key", () => sign(second.privateKey, claims(), { kid: "first" })],
    ["that names an unknown key", () => sign(first.privateKey, claims(), { kid: "secret" })],
    [
      "changed after it was signed",
      async () => {
        const [header, , signature] = (await sign(first.privateKey, claims(), { kid: "first" })).split(".");
        return [header, base64url.encode(JSON.stringify({ ...claims(), sub: "bob" })), signature].join(".");
      },
    ],
    [
      "that brings its own key",
      async () => sign(second.privateKey, claims(), { jwk: await exportJWK(second.publicKey) }),
    ],
    [
      "with a critical extension",
      () => base64url.encode('{"alg":"ES256","crit":["secret"],"secret":1}').concat(".e30.AA"),
    ],
    ["of no JSON", () => "secret.secret.secret"],
    ["of too few parts", () => "secret.secret"],
    ["of the parts of an encrypted one", () => "e30.e30.e30.e30.e30"],
    ["empty", () => ""],
  ])("%s", async (_, create) => {
    const { verify, faults } = await startWithFirstKey();
    const token = await create();
    expect(await refusalOf(() => verify(token))).toEqual(NOT_VALID);
    expect(faults).toEqual([]);
  });

  test("one of HS256, its secret the public key, whether that comes in PEM or by JWKS", async () => {
    const publicKey = await exportSPKI(first.publicKey);
    const faults: unknown[] = [];
    const byPem = createJwtVerifier({ publicKey, limits }, (fault) => faults.push(fault));
    const { verify: byJwks, provider } = await startWithFirstKey();
    for (const secret of [publicKey, publicKey.trim(), JSON.stringify(await exportJWK(first.publicKey))]) {
      const token = await new SignJWT(claims())
        .setProtectedHeader({ alg: "HS256", kid: "first" })
        .sign(Buffer.from(secret));
      expect(await refusalOf(() => byPem(token))).toEqual(NOT_VALID);
      expect(await refusalOf(() => byJwks(token))).toEqual(NOT_VALID);
    }
    expect(faults).toEqual([]);
    expect(provider.requests).toEqual([]);
  });

  test("one of HS256 where the provider publishes the secret itself", async () => {
    const secret = Buffer.alloc(32, 7);
    const { verify } = await startWithJwks(json({ keys: [{ kty: "oct", k: secret.toString("base64url") }] }));
    const token = await new SignJWT(claims()).setProtectedHeader({ alg: "HS256" }).sign(secret);
    expect(await refusalOf(() => verify(token))).toEqual(NOT_VALID);
  });
});

test("clocks may differ by five seconds", async () => {
  const { verify } = await startWithFirstKey();
  const token = (payload: JWTPayload) => sign(first.privateKey, { ...claims(), ...payload });
  await expect(verify(await token({ exp: now() - 3 }))).resolves.toMatchObject({ id: "ada" });
  await expect(verify(await token({ nbf: now() + 4 }))).resolves.toMatchObject({ id: "ada" });
  expect(await refusalOf(async () => verify(await token({ exp: now() - 6 })))).toEqual(EXPIRED);
  expect(await refusalOf(async () => verify(await token({ nbf: now() + 8 })))).toEqual(NOT_VALID);
});

test("without issuer and audience in the options, those of a token do not matter", async () => {
  const { verify } = await startWithFirstKey({ issuer: undefined, audience: undefined });
  const token = await sign(first.privateKey, { sub: "ada", exp: now() + 60, aud: "other" });
  expect(await verify(token)).toMatchObject({ id: "ada" });
});

describe("the provider's keys", () => {
  test("a token that names no key is tried with each that fits", async () => {
    const { verify } = await startWithJwks(
      json({
        keys: [await publish(first.publicKey, { kid: "first" }), await publish(second.publicKey, { kid: "second" })],
      }),
    );
    for (const { privateKey } of [first, second])
      expect(await verify(await sign(privateKey, claims()))).toMatchObject({ id: "ada" });
    const third = await generateKeyPair("ES256");
    expect(await refusalOf(async () => verify(await sign(third.privateKey, claims())))).toEqual(NOT_VALID);
    const old = await sign(second.privateKey, { ...claims(), exp: now() - 60 });
    expect(await refusalOf(() => verify(old))).toEqual(EXPIRED);
  });

  test("a new key is fetched when a token names it, but only ten seconds after the last fetch", async () => {
    const advance = moveClocks();
    const { provider, verify, faults } = await startWithFirstKey();
    await verify(await sign(first.privateKey, claims(), { kid: "first" }));
    provider.answer = json({ keys: [await publish(second.publicKey, { kid: "second" })] });
    const renewed = () => sign(second.privateKey, claims(), { kid: "second" });
    advance(9_000);
    expect(await refusalOf(async () => verify(await renewed()))).toEqual(NOT_VALID);
    expect(provider.requests).toHaveLength(1);
    advance(2_000);
    expect(await verify(await renewed())).toMatchObject({ id: "ada" });
    expect(provider.requests).toHaveLength(2);
    // What the provider no longer publishes is good no more.
    const old = await sign(first.privateKey, claims(), { kid: "first" });
    expect(await refusalOf(() => verify(old))).toEqual(NOT_VALID);
    expect(provider.requests).toHaveLength(2);
    expect(faults).toEqual([]);
  });

  test("a key that was withdrawn is good for ten minutes at most", async () => {
    const advance = moveClocks();
    const { provider, verify } = await startWithFirstKey();
    const token = () => sign(first.privateKey, claims(), { kid: "first" });
    await verify(await token());
    provider.answer = json({ keys: [] });
    advance(9 * 60_000);
    expect(await verify(await token())).toMatchObject({ id: "ada" });
    advance(2 * 60_000);
    expect(await refusalOf(async () => verify(await token()))).toEqual(NOT_VALID);
    expect(provider.requests).toHaveLength(2);
  });
});

describe("a provider in trouble makes good tokens OVERLOADED, never UNAUTHENTICATED:", () => {
  test.each<[string, Answer, RegExp]>([
    ["it hangs up", (_, res) => res.destroy(), /fetch failed/],
    ["it fails", json({}, 500), /200 OK/],
    ["it sends elsewhere", json({}, 302, { location: "/other" }), /200 OK/],
    ["it sends a page", (_, res) => res.end("<html>"), /as JSON/],
    ["it sends something else", json({ keys: "none" }), /malformed/],
    ["it does not answer", () => {}, /timed out/],
    ["it stops in the middle", (_, res) => res.writeHead(200).write('{"keys":['), /as JSON|timed out|aborted/],
  ])("%s", async (_, answer, reason) => {
    const { verify, faults, provider } = await startWithJwks(answer);
    const token = await sign(first.privateKey, claims(), { kid: "first" });
    const refusals = await Promise.all([1, 2, 3].map(() => refusalOf(() => verify(token))));
    expect(refusals).toEqual([AWAY, AWAY, AWAY]);
    expect(provider.requests).toHaveLength(1);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.message).toMatch(/^JWTs cannot be checked: /);
    expect(faults[0]?.message).toMatch(reason);
    expect(faults[0]?.message).not.toContain(token);
  });

  test("it is not there", async () => {
    const faults: Error[] = [];
    const jwksUrl = new URL("http://127.0.0.1:1/jwks");
    const verify = createJwtVerifier({ jwksUrl, limits }, (fault) => faults.push(fault as Error));
    const token = await sign(first.privateKey, claims());
    expect(await refusalOf(() => verify(token))).toEqual(AWAY);
    expect(faults).toHaveLength(1);
  });

  test("it is asked, and reported, once a second, and used as soon as it is well", async () => {
    const advance = moveClocks();
    const { verify, faults, provider } = await startWithJwks(json({}, 500));
    const token = () => sign(first.privateKey, claims(), { kid: "first" });
    for (let call = 0; call < 5; call++) expect(await refusalOf(async () => verify(await token()))).toEqual(AWAY);
    expect(provider.requests).toHaveLength(1);
    expect(faults).toHaveLength(1);
    advance(1_001);
    for (let call = 0; call < 5; call++) expect(await refusalOf(async () => verify(await token()))).toEqual(AWAY);
    expect(provider.requests).toHaveLength(2);
    expect(faults).toHaveLength(2);
    provider.answer = json({ keys: [await publish(first.publicKey, { kid: "first" })] });
    advance(1_001);
    expect(await verify(await token())).toMatchObject({ id: "ada" });
    expect(faults).toHaveLength(2);
  });

  test("known keys go on being good while it is away", async () => {
    const advance = moveClocks();
    const { verify, provider, faults } = await startWithFirstKey();
    const token = (kid: string) => sign(first.privateKey, claims(), { kid });
    await verify(await token("first"));
    provider.answer = json({}, 500);
    advance(60_000);
    expect(await refusalOf(async () => verify(await token("unknown")))).toEqual(NOT_VALID);
    expect(await verify(await token("first"))).toMatchObject({ id: "ada" });
    expect(faults).toHaveLength(1);
  });

  test("its key is too short", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const { verify, faults } = await startWithJwks(json({ keys: [publicKey.export({ format: "jwk" })] }));
    const header = base64url.encode('{"alg":"RS256"}');
    const input = `${header}.${base64url.encode(JSON.stringify(claims()))}`;
    const token = `${input}.${signBytes("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
    expect(await refusalOf(() => verify(token))).toEqual(AWAY);
    expect(faults).toHaveLength(1);
  });
});

describe("a provider that is away for hours", () => {
  const huge: Answer = (_, res) => {
    const more = () => {
      while (!res.destroyed && res.write(" ".repeat(65_536)));
    };
    res.on("drain", more);
    more();
  };
  const troubles: [string, Answer, RegExp][] = [
    ["hangs up", (_, res) => res.destroy(), /fetch failed/],
    ["fails", json({}, 503), /is 503, not 200 OK/],
    ["sends elsewhere", json({}, 302, { location: "/v1/other" }), /is 302, not 200 OK/],
    ["sends a page", (_, res) => res.end("<html>secret</html>"), /as JSON/],
    ["sends null", json(null), /malformed/],
    ["sends keys that are none", json({ keys: ["secret"] }), /malformed/],
    ["sends too many keys", json({ keys: Array(101).fill({}) }), /more than 100 keys/],
    ["sends without an end", huge, /larger than 524288 bytes/],
    ["does not answer", () => {}, /timed out/],
  ];

  test.each(troubles)(
    "%s: known keys stay good for a day, others are refused, few fetches and reports",
    async (_, answer, reason) => {
      const advance = moveClocks();
      const { verify, provider, faults } = await startWithFirstKey();
      const token = (kid: string) => sign(first.privateKey, { ...claims(), exp: now() + 200_000 }, { kid });
      const [known, unknown] = [await token("first"), await token("other")];
      await verify(known);
      provider.answer = answer;
      provider.requests.length = 0;
      for (let hour = 1; hour <= 23; hour++) {
        advance(3_600_000);
        for (let call = 0; call < 3; call++) {
          expect(await verify(known)).toMatchObject({ id: "ada" });
          expect(await refusalOf(() => verify(unknown))).toEqual(NOT_VALID);
        }
        // The fetch in the background has ended before the clock runs on.
        if (hour === 1) await expect.poll(() => faults.length, { timeout: 5_000 }).toBe(1);
        else if (reason.source !== "timed out") await expect.poll(() => faults.length).toBe(hour);
      }
      expect(provider.requests.length).toBeLessThanOrEqual(23);
      expect(faults[0]?.message).toMatch(/^JWT_JWKS_URL cannot be fetched: .*used for up to 2[34]\.\d hours more\.$/);
      expect(faults[0]?.message).toMatch(reason);
      expect(faults[0]?.message).not.toContain("secret");
      advance(2 * 3_600_000);
      expect(await refusalOf(() => verify(known))).toEqual(AWAY);
      expect(await refusalOf(() => verify(unknown))).toEqual(AWAY);
    },
  );

  test("hundreds of unknown keys cause one fetch in ten seconds, and nobody with a good key waits for it", async () => {
    const advance = moveClocks();
    const { verify, provider } = await startWithFirstKey();
    const known = await sign(first.privateKey, claims(), { kid: "first" });
    await verify(known);
    provider.requests.length = 0;
    let release = () => {};
    provider.answer = (_, res) => {
      release = () => res.destroy();
    };
    advance(11_000);
    const strangers = await Promise.all(
      Array.from({ length: 300 }, (_, index) => sign(first.privateKey, claims(), { kid: `kid-${index}` })),
    );
    let refused = 0;
    const refusals = strangers.map((token) =>
      refusalOf(() => verify(token)).then((refusal) => {
        refused++;
        return refusal;
      }),
    );
    await expect.poll(() => provider.requests.length).toBe(1);
    expect(await verify(known)).toMatchObject({ id: "ada" });
    expect(refused).toBeLessThan(300);
    // Nobody answers, and yet all are refused.
    expect(new Set((await Promise.all(refusals)).map((refusal) => JSON.stringify(refusal)))).toEqual(
      new Set([JSON.stringify(NOT_VALID)]),
    );
    // Nobody else waits, now that the provider is known to be slow.
    expect(await refusalOf(async () => verify(await sign(first.privateKey, claims(), { kid: "late" })))).toEqual(
      NOT_VALID,
    );
    expect(provider.requests).toHaveLength(1);
    release();
  });

  test("comes back with other keys, which are used", async () => {
    const advance = moveClocks();
    const { verify, provider, faults } = await startWithFirstKey();
    const old = await sign(first.privateKey, { ...claims(), exp: now() + 200_000 }, { kid: "first" });
    await verify(old);
    provider.answer = json({}, 500);
    advance(3_600_000);
    await verify(old);
    provider.answer = json({ keys: [await publish(second.publicKey, { kid: "second" })] });
    advance(COOLDOWN_MS);
    // Asked in the background.
    await expect.poll(() => refusalOf(() => verify(old)).catch(() => "good")).toEqual(NOT_VALID);
    const renewed = await sign(second.privateKey, claims(), { kid: "second" });
    expect(await verify(renewed)).toMatchObject({ id: "ada" });
    expect(faults).toHaveLength(1);
  });
});

const COOLDOWN_MS = 10_001;

describe("a key in PEM", () => {
  test.each([
    ["RS256", {}],
    ["RS512", {}],
    ["PS256", {}],
    ["PS384", {}],
    ["ES256", {}],
    ["ES384", {}],
    ["ES512", {}],
    ["EdDSA", {}],
  ])("of %s is good for its own algorithms", async (alg) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const faults: unknown[] = [];
    const verify = createJwtVerifier({ publicKey: await exportSPKI(publicKey), limits }, (fault) => faults.push(fault));
    expect(await verify(await sign(privateKey, claims(), {}, alg))).toEqual({ id: "ada", key: "jwt:ada", limits });
    const other = alg === "ES256" ? await generateKeyPair("RS256") : first;
    const token = await sign(other.privateKey, claims(), {}, alg === "ES256" ? "RS256" : "ES256");
    expect(await refusalOf(() => verify(token))).toEqual(NOT_VALID);
    expect(faults).toEqual([]);
  });

  test("may be one of RSA's own form", async () => {
    const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
    const pem = createPublicKey(await exportSPKI(publicKey)).export({ type: "pkcs1", format: "pem" }) as string;
    expect(pem).toMatch(/^-----BEGIN RSA PUBLIC KEY/);
    const verify = createJwtVerifier({ publicKey: pem, limits }, () => {});
    expect(await verify(await sign(privateKey, claims(), {}, "RS256"))).toMatchObject({ id: "ada" });
  });

  test("may be a certificate, whose dates do not count", async () => {
    const [publicKey, token] = ["jwt-certificate.pem", "jwt-of-certificate.txt"].map((name) =>
      readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8").trim(),
    );
    const verify = createJwtVerifier({ publicKey, limits }, () => {});
    expect(await verify(String(token))).toMatchObject({ id: "ada" });
  });

  test.each([
    ["that is none", "-----BEGIN PUBLIC KEY-----\nsecret\n-----END PUBLIC KEY-----", /must be a public key/],
    ["of 1024 bits", toPem(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey), /2048 bits/],
    ["of another curve", toPem(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey), /P-256/],
    ["for encryption alone", toPem(generateKeyPairSync("x25519").publicKey), /Ed25519/],
  ])("%s is an error at the start that shows nothing of it", (_, publicKey, message) => {
    const create = () => createJwtVerifier({ publicKey, limits }, () => {});
    expect(create).toThrow(message);
    expect(create).toThrow(/^JWT_PUBLIC_KEY /);
    expect(create).not.toThrow(/secret|BEGIN/);
  });
});

test("a password in the JWKS URL, both ways to a key and none are errors at the start", async () => {
  const jwksUrl = new URL("http://ada:secret@127.0.0.1/jwks");
  const create = (options: Partial<JwtOptions>) => () => createJwtVerifier({ limits, ...options }, () => {});
  expect(create({ jwksUrl })).toThrow(/^JWT_JWKS_URL must not hold a user or a password\.$/);
  expect(create({ jwksUrl, publicKey: await exportSPKI(first.publicKey) })).toThrow("One of JWT_JWKS_URL");
  expect(create({})).toThrow("One of JWT_JWKS_URL");
});

function toPem(key: KeyObject): string {
  return key.export({ type: "spki", format: "pem" }).toString();
}

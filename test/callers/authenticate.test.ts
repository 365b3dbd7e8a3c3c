// Authentication: where a request may have a bearer token, and how each setting of AUTH finds the token's owner.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, exportSPKI, type GenerateKeyPairResult, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type AuthenticatorOptions, createAuthenticator } from "../../src/callers/authenticate.ts";
import { readConnectionToken } from "../../src/callers/bearer.ts";
import { clientKeys as clientKeysSchema } from "../../src/callers/caller-schema.ts";
import { refusalOf, UNAUTHENTICATED, UNCHECKABLE } from "../support/refusal.ts";
import { json, startUpstream } from "../support/upstream.ts";

const UPSTREAM_KEY = "sk-upstream-key-0";
const UPSTREAM_KEYS = [UPSTREAM_KEY];
const readKeys = (entries: object[]) => clientKeysSchema.parse(entries);
const clientKeys = readKeys([{ id: "ada", key: "key-of-ada-0123456789", requestsPerMinute: 5 }]);
const ada = { id: "ada", key: "key:ada", limits: { requestsPerMinute: 5 } };
const NOT_VALID = { message: "The credentials are not valid.", extensions: UNAUTHENTICATED };

let pair: GenerateKeyPairResult;
let publicKey: string;
beforeAll(async () => {
  pair = await generateKeyPair("ES256", { extractable: true });
  publicKey = await exportSPKI(pair.publicKey);
});

const signJwt = (sub: string) =>
  new SignJWT({ sub }).setProtectedHeader({ alg: "ES256" }).setExpirationTime("1m").sign(pair.privateKey);

function start(options: AuthenticatorOptions) {
  const faults: unknown[] = [];
  const authenticator = createAuthenticator({ upstreamKeys: () => UPSTREAM_KEYS, ...options }, (fault) =>
    faults.push(fault),
  );
  onTestFinished(() => authenticator.close());
  return { ...authenticator, faults };
}

/** What `read` makes of a request that came over a real connection, written by hand. */
async function receive<Result>(
  lines: readonly string[],
  read: (req: IncomingMessage) => Result,
  target = "/graphql",
): Promise<Result> {
  const server = createServer();
  const received = new Promise<IncomingMessage>((resolve) => {
    server.on("request", resolve);
    server.on("upgrade", resolve);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {});
  try {
    socket.write([`GET ${target} HTTP/1.1`, "host: localhost", ...lines, "", ""].join("\r\n"));
    return read(await received);
  } finally {
    socket.destroy();
    server.close();
  }
}

describe("the token of a request", () => {
  test.each<[string, string[], string | undefined]>([
    ["in a header", ["Authorization: Bearer key-of-ada-0123456789"], "key-of-ada-0123456789"],
    ["after a scheme in another case", ["AUTHORIZATION: bEARER key-of-ada-0123456789"], "key-of-ada-0123456789"],
    [
      "after several spaces, with one behind",
      ["authorization:   Bearer   key-of-ada-0123456789  "],
      "key-of-ada-0123456789",
    ],
    ["of every sign that it may have", ["authorization: Bearer !#$%&'()*+-./:;<=>?@[]^_`{|}~\"\\"], undefined],
    ["of 8192 characters", [`authorization: Bearer ${"k".repeat(8192)}`], "k".repeat(8192)],
    ["of a WebSocket handshake", ["connection: upgrade", "upgrade: websocket", "authorization: Bearer k"], "k"],
  ])("%s", async (_, lines, token) => {
    const { readToken } = start({ clientKeys });
    const expected = token ?? lines[0]?.slice("authorization: Bearer ".length);
    expect(await receive(lines, readToken)).toBe(expected);
  });

  test("is undefined where there is none, whatever else the request has", async () => {
    const { readToken } = start({ clientKeys });
    const lines = ["x-api-key: key-of-ada-0123456789", "cookie: authorization=key-of-ada-0123456789"];
    expect(await receive(lines, readToken, "/graphql?query={a}&variables={}&keys=1&tokens=2&operationName=key")).toBe(
      undefined,
    );
  });

  test.each([
    ["Basic", ["authorization: Basic c2VjcmV0OnNlY3JldA=="]],
    ["a scheme alone", ["authorization: Bearer"]],
    ["nothing", ["authorization:"]],
    ["a key without scheme", ["authorization: secret"]],
    ["a tab for the space", ["authorization: Bearer\tsecret"]],
    ["two keys in one header", ["authorization: Bearer secret, Bearer secret2"]],
    ["two keys without a space", ["authorization: Bearer secret,secret2"]],
    ["two keys after one scheme", ["authorization: Bearer secret secret2"]],
    ["a scheme twice", ["authorization: Bearer Bearer secret"]],
    ["a longer scheme", ["authorization: BearerX secret"]],
    ["characters beyond ASCII", ["authorization: Bearer secr\u00e9t"]],
    ["8193 characters", [`authorization: Bearer secret${"k".repeat(8187)}`]],
    ["two headers", ["authorization: Bearer secret", "authorization: Bearer secret2"]],
    [
      "one header twice",
      ["authorization: Bearer key-of-ada-0123456789", "Authorization: Bearer key-of-ada-0123456789"],
    ],
    ["an empty header first", ["authorization:", "authorization: Bearer key-of-ada-0123456789"]],
    ["an empty header second", ["authorization: Bearer key-of-ada-0123456789", "authorization:"]],
  ])("is refused with %s, and quoted nowhere", async (_, lines) => {
    for (const options of [{ clientKeys }, { publicKey }, { auth: "passthrough" as const }]) {
      const { readToken } = start(options);
      const { message, extensions } = await refusalOf(() => receive(lines, readToken));
      expect(extensions).toEqual(UNAUTHENTICATED);
      expect(message).toMatch(/Authorization header/);
      expect(message).not.toMatch(/secr|c2Vj|key-of/);
    }
  });

  test("that is too long is refused with how long it may be", async () => {
    const { readToken } = start({ clientKeys });
    const { message } = await refusalOf(() => receive([`authorization: Bearer ${"k".repeat(8_193)}`], readToken));
    expect(message).toBe(
      "The Authorization header must hold a key or token of at most 8192 characters; this one has 8193.",
    );
  });

  test.each([
    "access_token=secret",
    "api_key=secret",
    "api-key=secret",
    "apikey=secret",
    "key=secret",
    "token=secret",
    "authorization=Bearer%20secret",
    "API_KEY=secret",
    "Access_Token=secret",
    "apiKey=secret",
    "query={a}&token=secret",
    "%74oken=secret",
    "a=?token&key=secret",
    "token",
    "&&token=secret&",
  ])("is refused in the URL, also beside a good header: ?%s", async (query) => {
    const { readToken } = start({ clientKeys });
    for (const lines of [[], ["authorization: Bearer key-of-ada-0123456789"]]) {
      const { message, extensions } = await refusalOf(() => receive(lines, readToken, `/graphql?${query}`));
      expect(extensions).toEqual(UNAUTHENTICATED);
      expect(message).toBe("A key must be sent in the Authorization header, not in the URL.");
    }
  });
});

describe("the token of a WebSocket connection's parameters", () => {
  test.each<[string, Record<string, unknown> | undefined, string | undefined]>([
    ["at the top", { authorization: "Bearer key-of-ada-0123456789" }, "key-of-ada-0123456789"],
    [
      "at the top, in another case",
      { Authorization: "bearer key-of-ada-0123456789", other: 1 },
      "key-of-ada-0123456789",
    ],
    ["under headers", { headers: { AUTHORIZATION: "Bearer key-of-ada-0123456789" } }, "key-of-ada-0123456789"],
    ["absent from none", undefined, undefined],
    ["absent from empty ones", {}, undefined],
    ["absent from others", { token: "key-of-ada-0123456789", headers: { cookie: "a" } }, undefined],
    ["absent where headers is a string", { headers: "authorization" }, undefined],
    ["absent where headers is null", { headers: null }, undefined],
    ["absent where headers is a list", { headers: ["authorization", "Bearer key-of-ada-0123456789"] }, undefined],
    ["absent from deeper places", { payload: { authorization: "Bearer key-of-ada-0123456789" } }, undefined],
  ])("%s", (_, params, token) => expect(readConnectionToken(params)).toBe(token));

  test.each<[string, Record<string, unknown>]>([
    ["without scheme", { authorization: "secret" }],
    ["Basic", { authorization: "Basic c2VjcmV0" }],
    ["empty", { authorization: "" }],
    ["null", { authorization: null }],
    ["a number", { authorization: 7 }],
    ["a list", { authorization: ["Bearer secret"] }],
    ["an object", { headers: { authorization: { token: "Bearer secret" } } }],
    ["with a comma", { authorization: "Bearer secret,secret" }],
    ["with a line break behind", { authorization: "Bearer secret\n" }],
    ["too long", { authorization: `Bearer secret${"k".repeat(8187)}` }],
    ["at the top and under headers", { authorization: "Bearer secret", headers: { authorization: "Bearer secret" } }],
    ["in two cases", { authorization: "Bearer secret", Authorization: "Bearer secret" }],
    ["once good and once null", { authorization: null, headers: { authorization: "Bearer secret" } }],
  ])("is refused %s, and quoted nowhere", async (_, params) => {
    const { message, extensions } = await refusalOf(() => readConnectionToken(params));
    expect(extensions).toEqual(UNAUTHENTICATED);
    expect(message).toContain("onnection's parameters must");
    expect(message).not.toMatch(/secret|c2Vj/);
  });
});

describe("with AUTH", () => {
  const anonymous = { id: "anonymous", key: "anonymous", limits: {} };

  test.each<[string, AuthenticatorOptions]>([
    ["none", { auth: "none" }],
    ["unset, and nothing else set", {}],
  ])("%s, everybody is one caller, and no header or parameter is looked at", async (_, options) => {
    const { isOpen, readToken, identify, reload } = start(options);
    expect(isOpen).toBe(true);
    for (const line of [
      "authorization: Bearer key-of-ada-0123456789",
      "authorization: Basic c2VjcmV0",
      `authorization:`,
    ]) {
      expect(await receive([line], readToken, "/graphql?api_key=secret")).toBeUndefined();
    }
    for (const token of [undefined, "key-of-ada-0123456789", UPSTREAM_KEY]) expect(identify(token)).toEqual(anonymous);
    reload();
  });

  test.each<[string, () => AuthenticatorOptions]>([
    ["keys", () => ({ auth: "keys", clientKeys })],
    ["jwt", () => ({ auth: "jwt", publicKey })],
    ["passthrough", () => ({ auth: "passthrough" })],
    ["unset, with client keys", () => ({ clientKeys })],
    ["unset, with a JWT key", () => ({ publicKey })],
    ["unset, with both", () => ({ clientKeys, publicKey })],
  ])("%s, neither no token nor the upstream's own key is anybody's", async (_, options) => {
    const { isOpen, identify, faults } = start(options());
    expect(isOpen).toBe(false);
    expect(await refusalOf(() => identify(undefined))).toMatchObject({ extensions: UNAUTHENTICATED });
    expect(await refusalOf(() => identify(UPSTREAM_KEY))).toEqual(NOT_VALID);
    expect(await refusalOf(() => identify(""))).toEqual(NOT_VALID);
    expect(faults).toEqual([]);
  });

  test("the upstream's own key is nobody's although it was given out by its digest", async () => {
    const keySha256 = createHash("sha256").update(UPSTREAM_KEY).digest("hex");
    const { identify } = start({ clientKeys: readKeys([{ id: "ada", keySha256 }]) });
    expect(await refusalOf(() => identify(UPSTREAM_KEY))).toEqual(NOT_VALID);
  });

  test("keys, a client key is its owner's, and no JWT is anybody's", async () => {
    for (const options of [{ clientKeys }, { auth: "keys" as const, clientKeys }]) {
      const { identify } = start(options);
      expect(identify("key-of-ada-0123456789")).toEqual(ada);
      const jwt = await signJwt("bob");
      for (const token of ["key-of-bob-0123456789", jwt])
        expect(await refusalOf(() => identify(token))).toEqual(NOT_VALID);
    }
  });

  test("jwt, a JWT is its subject's with the limits of all, and nothing else is anybody's", async () => {
    for (const auth of [undefined, "jwt"] as const) {
      const { identify } = start({ auth, publicKey, jwtLimits: { tokensPerDay: 9 } });
      const token = await signJwt("bob");
      expect(await identify(token)).toEqual({ id: "bob", key: "jwt:bob", limits: { tokensPerDay: 9 } });
      for (const other of ["key-of-ada-0123456789", "a.b", "a.b.", "a.b.c.d", "a.b.c="])
        expect(await refusalOf(() => identify(other))).toEqual(NOT_VALID);
      expect(await refusalOf(() => identify("a.b.c"))).toMatchObject({ extensions: UNAUTHENTICATED });
    }
  });

  test("jwt, without limits there are none; issuer and audience count", async () => {
    const token = await signJwt("bob");
    expect(await start({ publicKey }).identify(token)).toEqual({ id: "bob", key: "jwt:bob", limits: {} });
    for (const options of [{ issuer: "https://issuer.test" }, { audience: "graphql" }]) {
      const { identify } = start({ publicKey, ...options });
      expect(await refusalOf(() => identify(token))).toMatchObject({ extensions: UNAUTHENTICATED });
    }
  });

  test("unset, with both: a client key wins, a JWT is its subject's, and one `sub` is not the other's id", async () => {
    const provider = await startUpstream(json({ keys: [await exportJWK(pair.publicKey)] }));
    const keys = [...clientKeys, ...readKeys([{ id: "dots", key: "shaped.like.a-jwt" }])];
    const { identify, faults } = start({ clientKeys: keys, jwksUrl: new URL(`${provider.url}/jwks`) });
    expect(identify("key-of-ada-0123456789")).toEqual(ada);
    expect(identify("shaped.like.a-jwt")).toEqual({ id: "dots", key: "key:dots", limits: {} });
    expect(await refusalOf(() => identify("key-of-bob-0123456789"))).toEqual(NOT_VALID);
    expect(provider.requests).toEqual([]);
    expect(await identify(await signJwt("ada"))).toEqual({ id: "ada", key: "jwt:ada", limits: {} });
    expect(provider.requests).toHaveLength(1);
    expect(faults).toEqual([]);
  });

  test("unset, with both: client keys are good while the JWTs' keys are away", async () => {
    const provider = await startUpstream(json({}, 500));
    const { identify, faults } = start({ clientKeys, jwksUrl: new URL(`${provider.url}/jwks`) });
    const token = await signJwt("bob");
    expect(await refusalOf(() => identify(token))).toMatchObject({ extensions: UNCHECKABLE });
    expect(identify("key-of-ada-0123456789")).toEqual(ada);
    expect(faults).toHaveLength(1);
  });

  test("passthrough, a caller is known by its key's digest and keeps its key", async () => {
    const { identify } = start({ auth: "passthrough" });
    const digest = createHash("sha256").update("sk-of-ada").digest("hex");
    expect(identify("sk-of-ada")).toEqual({
      id: `key-${digest.slice(0, 12)}`,
      key: `passthrough:${digest}`,
      limits: {},
      apiKey: "sk-of-ada",
    });
    expect(identify("k".repeat(512))).toMatchObject({ apiKey: "k".repeat(512) });
    for (const token of ["k".repeat(513), "a b", "a,b", "a\r\nx-header: b", "a\n", "secr\u00e9t", ""])
      expect(await refusalOf(() => identify(token))).toEqual(NOT_VALID);
  });
});

describe("a file of client keys", () => {
  function startWithFile(text: string) {
    const directory = mkdtempSync(join(tmpdir(), "client-keys-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, "keys.json");
    writeFileSync(path, text);
    return { path, ...start({ clientKeysFile: path }) };
  }

  test("is read at the start and again when asked to", async () => {
    const { path, identify, isOpen, reload } = startWithFile(
      JSON.stringify([{ id: "ada", key: "key-of-ada-0123456789", requestsPerMinute: 5 }]),
    );
    expect(isOpen).toBe(false);
    expect(identify("key-of-ada-0123456789")).toEqual(ada);
    writeFileSync(path, '[{"id":"bob","key":"key-of-bob-0123456789"}]');
    reload();
    expect(identify("key-of-bob-0123456789")).toMatchObject({ id: "bob" });
    expect(await refusalOf(() => identify("key-of-ada-0123456789"))).toEqual(NOT_VALID);
  });

  test("is reported where its new version is bad, and stays as it was", () => {
    const { path, identify, reload, faults } = startWithFile(
      JSON.stringify([{ id: "ada", key: "key-of-ada-0123456789", requestsPerMinute: 5 }]),
    );
    writeFileSync(path, JSON.stringify([{ id: "eve", key: UPSTREAM_KEY }]));
    reload();
    expect(faults.map(String)).toEqual(["Error: CLIENT_KEYS_FILE must not hold OPENAI_API_KEY."]);
    expect(identify("key-of-ada-0123456789")).toEqual(ada);
  });

  test("is an error at the start where it is bad", () => {
    expect(() => startWithFile("{}")).toThrow(/^CLIENT_KEYS_FILE is not a list of client keys/);
  });
});

test("client keys of which two are the same are an error at the start", () => {
  expect(() => start({ clientKeys: [...clientKeys, ...clientKeys] })).toThrow(
    "The client keys [0] and [1] are the same.",
  );
});

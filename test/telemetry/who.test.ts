// Who used the server: end users in the log, by a hash; callers in the metrics, of whom a stranger can make no more.
import { createHmac } from "node:crypto";
import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { chatAnswer } from "../support/calls.ts";
import { startLogged } from "../support/log.ts";
import { scrape } from "../support/metrics.ts";
import { startServed } from "../support/served-upstream.ts";
import type { TestServer } from "../support/server.ts";
import { chunk, done, event, streams } from "../support/stream.ts";
import { connectWs, subscribeSse } from "../support/subscribe.ts";
import { json, startUpstream } from "../support/upstream.ts";

const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
const answer = json({ ...chatAnswer, usage });
const hash = (id: string, salt = "") => createHmac("sha256", salt).update(id).digest("hex").slice(0, 16);
const chatOf = (more: string) =>
  `chat(input: { ${more} model: "m", messages: [{ role: USER, content: "hi" }] }) { text }`;

describe("the end user in the log", () => {
  test.each<[string, string, string | undefined]>([
    ["chat's user", `mutation { ${chatOf('user: "lovelace@example.com"')} }`, "lovelace@example.com"],
    [
      "chat's safetyIdentifier",
      `mutation { ${chatOf('safetyIdentifier: "lovelace@example.com"')} }`,
      "lovelace@example.com",
    ],
    [
      "the newer one of both",
      `mutation { ${chatOf('user: "old-bob" safetyIdentifier: "new-lovelace"')} }`,
      "new-lovelace",
    ],
    ["the one that is not empty", `mutation { ${chatOf('user: "old-bob" safetyIdentifier: ""')} }`, "old-bob"],
    [
      "complete's user",
      'mutation { complete(input: { user: "lovelace-1", model: "m", prompt: "hi" }) { choices { index } } }',
      "lovelace-1",
    ],
    [
      "imageVariations' user",
      'mutation { imageVariations(input: { user: "lovelace-1", image: "data:image/png;base64,aGk=" }) { data { url } } }',
      "lovelace-1",
    ],
    ["nobody", `mutation { ${chatOf("")} }`, undefined],
    ["an empty name", `mutation { ${chatOf('user: ""')} }`, undefined],
    ["no call", "{ viewer { id } }", undefined],
  ])("is hashed: %s", async (_, query, user) => {
    const upstream = await startUpstream(answer);
    const { server, operations, text } = await startLogged(upstream.url);
    await server.query(query);
    const [line] = await operations(1);
    expect(line.user).toBe(user && hash(user));
    for (const id of ["lovelace", "-bob"]) expect(text()).not.toContain(id);
  });

  test("is hashed with the deployment's salt, for whole answers, streams and over WebSocket", async () => {
    const upstream = await startUpstream(streams(event({ ...chunk("hi", "stop"), usage }), done));
    const { server, operations } = await startLogged(upstream.url, { END_USER_SALT: "pepper" });
    const query = `subscription { ${chatOf('user: "ada"')} }`;
    await (await subscribeSse(server.url, query)).ended;
    const socket = await connectWs(server.url);
    await socket.subscribe(query).ended;
    upstream.answer = answer;
    await server.query(query.replace("subscription", "mutation"));
    const lines = await operations(3);
    expect(lines.map(({ user }) => user)).toEqual(Array(3).fill(hash("ada", "pepper")));
    expect(hash("ada", "pepper")).not.toBe(hash("ada"));
    expect(upstream.requests.map((request) => request.json())).toMatchObject(Array(3).fill({ user: "ada" }));
  });

  test("of several fields is there once each, also of a call that was refused", async () => {
    const upstream = await startUpstream(answer);
    const { server, operations } = await startLogged(upstream.url, {
      CLIENT_KEYS: JSON.stringify([{ id: "alice", key: "alice-key-0123456789", requestsPerMinute: 3 }]),
    });
    const headers = { authorization: "Bearer alice-key-0123456789" };
    const fields = ["ada", "bob", "ada", "eve"].map((id, place) => `f${place}: ${chatOf(`user: "${id}"`)}`);
    await server.query(`mutation { ${fields.join(" ")} }`, {}, { headers });
    const [line] = await operations(1);
    expect(line.user).toBe(["ada", "bob", "eve"].map((id) => hash(id)).join(" "));
    expect(upstream.requests).toHaveLength(3);
  });
});

/** What the page says of callers once `requests` have been counted. */
async function readCallers(server: TestServer, requests: number) {
  let samples: { name: string; labels: Record<string, string>; value: number }[] = [];
  const sum = async () => {
    samples = (await scrape(new URL("/metrics", server.url).href)).samples.filter(({ name }) =>
      /^graphql_caller_/.test(name),
    );
    return samples.reduce(
      (total, { name, value }) => total + (name === "graphql_caller_requests_total" ? value : 0),
      0,
    );
  };
  await expect.poll(sum, { timeout: 5_000 }).toBe(requests);
  return Object.fromEntries(
    samples.map(({ name, labels: { caller, gen_ai_token_type: type }, value }) => [
      [name.replace(/^graphql_caller_|_total$/g, ""), caller, type].filter(Boolean).join(" "),
      value,
    ]),
  );
}

const query = `mutation { ${chatOf("")} }`;
const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("callers in the metrics", () => {
  test("are client keys by id, and JWTs all together", async () => {
    const { publicKey, privateKey } = await generateKeyPair("RS256");
    const sign = (subject: string) =>
      new SignJWT({}).setProtectedHeader({ alg: "RS256" }).setSubject(subject).setExpirationTime("1h").sign(privateKey);
    const keys = ["ada", "bob"].map((id) => ({ id, key: `${id}-key-0123456789` }));
    const { server } = await startServed(answer, {
      CLIENT_KEYS: JSON.stringify(keys),
      JWT_PUBLIC_KEY: await exportSPKI(publicKey),
    });
    await server.query(query, {}, as("ada-key-0123456789"));
    await server.query(`mutation { a: ${chatOf("")} b: ${chatOf("")} }`, {}, as("bob-key-0123456789"));
    for (const subject of ["ada", "stranger-1", "stranger-2"]) await server.query(query, {}, as(await sign(subject)));
    await server.query(query, {}, as("nobody-key-0123456789"));
    await server.query("{ viewer { id } }", {}, as("ada-key-0123456789"));
    expect(await readCallers(server, 6)).toEqual({
      "requests ada": 1,
      "tokens ada input": 5,
      "tokens ada output": 7,
      "requests bob": 2,
      "tokens bob input": 10,
      "tokens bob output": 14,
      "requests jwt": 3,
      "tokens jwt input": 15,
      "tokens jwt output": 21,
    });
  });

  test("with keys of the upstream's are one", async () => {
    const { server } = await startServed(answer, { AUTH: "passthrough", OPENAI_API_KEY: "" });
    for (const key of ["sk-one-0123456789", "sk-two-0123456789"]) await server.query(query, {}, as(key));
    expect(await readCallers(server, 2)).toEqual({
      "requests passthrough": 2,
      "tokens passthrough input": 10,
      "tokens passthrough output": 14,
    });
  });

  test("who are not told apart are one; streams and repeats count", async () => {
    const { server, upstream } = await startServed(streams(event({ ...chunk("hi", "stop"), usage }), done), {
      MAX_RETRIES: "1",
    });
    await (await subscribeSse(server.url, query.replace("mutation", "subscription"))).ended;
    upstream.answer = (_, res) => void res.writeHead(500, { "retry-after-ms": "1" }).end("{}");
    await server.query(query);
    expect(await readCallers(server, 3)).toEqual({
      "requests anonymous": 3,
      "tokens anonymous input": 5,
      "tokens anonymous output": 7,
    });
  });

  test("are left out with METRICS_PER_CALLER=false", async () => {
    const { server } = await startServed(answer, { METRICS_PER_CALLER: "false" });
    await server.query(query);
    const page = async () => (await scrape(new URL("/metrics", server.url).href)).text;
    await expect.poll(page, { timeout: 5_000 }).toContain('graphql_operations_total{transport="http"');
    expect(await page()).not.toContain("graphql_caller_");
  });
});

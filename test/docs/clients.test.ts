// docs/clients.md: each recipe streams, or answers, as printed; the frameworks' pages are in the browser's test.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ApolloClient, gql, InMemoryCache } from "@apollo/client";
import { buildSchema, isIntrospectionType, isObjectType } from "graphql";
import { createServer, transformWithEsbuild } from "vite";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { readConfig } from "../../src/config/read-config.ts";
import { blocksOf, ENDPOINT, findBlock, PAGES } from "../support/docs.ts";
import { shared } from "../support/lifetime.ts";
import { startProcess } from "../support/process.ts";

const PAGE = "docs/clients.md";

const sandbox = shared(() => startProcess({ PORT: "0", SANDBOX_DELAY_MS: "0" }));

test.each(["GraphQLWsLink", "sseLink", "subscriptionExchange", "RecordSource"])(
  "the recipe with %s streams",
  async (word) => {
    const url = await sandbox().url;
    const file = new URL(`../../dist/clients-${word}.mjs`, import.meta.url);
    const recipe = findBlock(PAGE, "js", word)
      .replaceAll(ENDPOINT, url)
      .replaceAll(ENDPOINT.replace("http", "ws"), url.replace("http", "ws"));
    writeFileSync(file, recipe);
    vi.stubGlobal("WebSocket", globalThis.WebSocket ?? WebSocket);
    const { client, sseLink, environment } = await import(file.href);
    // What the cache calls a record: undefined if it belongs to the object that holds it.
    const nameIn: ((type: string) => string | undefined) | undefined = client?.cache
      ? (type) => client.cache.identify({ __typename: type, id: "0" })
      : environment && ((type) => environment._getDataID({ id: "0" }, type));
    if (nameIn) {
      expect(nameIn("ChatCompletion")).toBe("ChatCompletion:0");
      expect(nameIn("TranscriptionSegment")).toBeUndefined();
    }
    const query = findBlock("docs/streaming.md", "graphql", "ChatStream");
    const texts = await new Promise<string[]>((resolve, reject) => {
      const heard: string[] = [];
      const next = ({
        data,
        hasNext,
      }: {
        data: { chat: { text: string | null; usage: object | null } };
        hasNext?: boolean;
      }) => {
        // urql's last word has no data.
        if (!data) return;
        if (hasNext !== false) heard.push(data.chat.text ?? "");
        if (data.chat.usage) resolve(heard);
      };
      if (environment) {
        const params = {
          text: query,
          name: "ChatStream",
          operationKind: "subscription",
          id: null,
          cacheID: "1",
          metadata: {},
        };
        environment.getNetwork().execute(params, {}, {}).subscribe({ next, error: reject });
      } else if (client?.subscription) client.subscription(query, {}).subscribe(next);
      else {
        const apollo = client ?? new ApolloClient({ link: sseLink, cache: new InMemoryCache() });
        apollo.subscribe({ query: gql(query) }).subscribe({ next, error: reject });
      }
    });
    expect(texts.join("")).toContain("Why is the sky blue?");
  },
);

test("Graphcache is told of all types that are no entities", async () => {
  const schema = buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const embedded = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !isIntrospectionType(type) && !roots.includes(type))
    .filter((type) => isObjectType(type) && !type.getFields().id)
    .map(({ name }) => name);
  const recipe = findBlock(PAGE, "js", "exchange-graphcache").replace(
    "export const cache = cacheExchange({ keys })",
    "return keys",
  );
  const keys = new Function(recipe.replace(/import .*/, ""))();
  expect(Object.keys(keys).sort()).toEqual([...embedded, "TranscriptionSegment"].sort());
  expect(keys.Usage()).toBeNull();
});

test.each(["ts", "tsx"])("every block of %s can be read", async (language) => {
  for (const page of PAGES) {
    for (const block of blocksOf(page, language)) await transformWithEsbuild(block, `block.${language}`);
  }
});

test("the script for Node.js prints the answer", async () => {
  const recipe = findBlock(PAGE, "ts", "console.log(data?.chat?.text)").replace(ENDPOINT, await sandbox().url);
  const { code } = await transformWithEsbuild(recipe, "script.ts");
  const folder = mkdtempSync(join(tmpdir(), "clients-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "script.mjs"), code);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(folder, "script.mjs")]);
  expect(stderr).toBe("");
  expect(stdout).toContain('You said: "Hello!"');
});

test("the function for a Server Component answers, and throws the error of one that fails", async () => {
  const { code } = await transformWithEsbuild(findBlock(PAGE, "ts", "CLIENT_KEY"), "answer.ts");
  const run = new Function("fetch", "process", `${code.replace("export async", "return async")}`);
  const url = await sandbox().url;
  const authorizations: string[] = [];
  const answer = run(
    (_: string, init: RequestInit) => {
      authorizations.push(new Headers(init.headers).get("authorization") ?? "");
      return fetch(url, init);
    },
    { env: { CLIENT_KEY: "a-key" } },
  );
  expect(await answer("Why?")).toContain('You said: "Why?"');
  expect(authorizations).toEqual(["Bearer a-key"]);
  const refused = run(() => fetch(`${url}?query={nonsense}`, { headers: { "graphql-require-preflight": "1" } }), {
    env: {},
  });
  await expect(refused("Why?")).rejects.toThrow(/nonsense/);
});

test("Vite's proxy passes answers, streams, WebSockets and pictures on, for a page of its own origin", async () => {
  const target = new URL(await sandbox().url).origin;
  const recipe = findBlock(PAGE, "ts", "defineConfig").replace("http://127.0.0.1:4000", target);
  const { code } = await transformWithEsbuild(recipe, "vite.config.ts");
  const config = new Function(
    "defineConfig",
    code
      .replace(/import .*\n/, "")
      .replace("export default", "return")
      .replace(/export \{[^}]*\};?/s, ""),
  )((given: object) => given);
  const root = mkdtempSync(join(tmpdir(), "vite-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const vite = await createServer({
    ...config,
    configFile: false,
    root,
    logLevel: "silent",
    server: { ...config.server, host: "localhost", port: 0, hmr: false },
  });
  await vite.listen();
  onTestFinished(() => vite.close());
  const { port } = (vite.httpServer as Server).address() as AddressInfo;
  const origin = `http://localhost:${port}`;
  const ask = (accept: string, query: string) =>
    fetch(`${origin}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept, origin },
      body: JSON.stringify({ query }),
    }).then((response) => response.text());
  const field = '{ chat(input: { model: "gpt-4o-mini", messages: [{ role: USER, content: "Hi" }] }) { text } }';
  expect(await ask("application/json", `mutation ${field}`)).toContain("You said:");
  expect(await ask("text/event-stream", `subscription ${field}`)).toMatch(/event: next\n.*event: complete/s);
  const drawn = await ask(
    "application/json",
    'mutation { imageGenerations(input: { prompt: "A fox" }) { data { url } } }',
  );
  const [{ url }] = JSON.parse(drawn).data.imageGenerations.data;
  const picture = await fetch(new URL(url, origin));
  expect([url.split("/")[1], picture.status, picture.headers.get("content-type")]).toEqual(["media", 200, "image/png"]);
  const socket = new WebSocket(`ws://localhost:${port}/graphql`, "graphql-transport-ws", { origin });
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init" }));
  const [message] = await once(socket, "message");
  expect(JSON.parse(String(message)).type).toBe("connection_ack");
});

test("Next.js' rewrites keep the path, and gives long answers their time", async () => {
  const { code } = await transformWithEsbuild(findBlock(PAGE, "ts", "rewrites"), "next.config.ts");
  const config = new Function(code.replace(/export (?:default config|\{[^}]*\});?/s, "return config"))();
  expect(await config.rewrites()).toEqual([
    { source: "/graphql/:path*", destination: "http://127.0.0.1:4000/graphql/:path*" },
    { source: "/media/:path*", destination: "http://127.0.0.1:4000/media/:path*" },
  ]);
  const { UPSTREAM_TOTAL_TIMEOUT_MS } = readConfig({});
  expect(config.experimental.proxyTimeout).toBeGreaterThan(UPSTREAM_TOTAL_TIMEOUT_MS);
});

test("with the fetchFn a refusal reaches the client with its code, and a stream streams", async () => {
  const CLIENT_KEYS = '[{"id": "web", "key": "a-long-random-text"}]';
  const url = await startProcess({ PORT: "0", SANDBOX_DELAY_MS: "0", CLIENT_KEYS }).url;
  const query = findBlock("docs/streaming.md", "graphql", "ChatStream");
  const recipe = findBlock(PAGE, "js", "fetchFn").replace(ENDPOINT, url);
  const results = async (code: string, name: string): Promise<{ errors?: object[] }[]> => {
    const file = new URL(`../../dist/clients-${name}.mjs`, import.meta.url);
    writeFileSync(file, code);
    const { sse } = await import(file.href);
    const heard: { errors?: object[] }[] = [];
    await new Promise<void>((complete, error) =>
      sse.subscribe({ query }, { next: (result: object) => void heard.push(result), error, complete }),
    );
    return heard;
  };
  expect(await results(recipe, "fetchFn-without-key")).toMatchObject([
    { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] },
  ]);
  const headers = 'headers: { authorization: "Bearer a-long-random-text" }, fetchFn }';
  const answer = await results(recipe.replace("fetchFn }", headers), "fetchFn-with-key");
  expect(answer.length).toBeGreaterThan(3);
  expect(answer.flatMap(({ errors }) => errors ?? [])).toEqual([]);
});

test("the route handler streams with its key, and takes no form of another site", async () => {
  const { code } = await transformWithEsbuild(findBlock(PAGE, "ts", "function POST"), "route.ts");
  const authorizations: string[] = [];
  const url = await sandbox().url;
  const run = new Function("fetch", "process", code.replace("export async", "return async"));
  const POST = run(
    (_: string, init: RequestInit) => {
      authorizations.push(new Headers(init.headers).get("authorization") ?? "");
      return fetch(url, init);
    },
    { env: { CLIENT_KEY: "a-key" } },
  ) as (request: Request) => Promise<Response>;
  const body = JSON.stringify({ query: findBlock("docs/streaming.md", "graphql", "ChatStream") });
  const post = (type: string) =>
    POST(
      new Request("http://localhost:3000/graphql", {
        method: "POST",
        headers: { "content-type": type, accept: "text/event-stream" },
        body,
      }),
    );
  const streamed = await post("application/json");
  expect(streamed.headers.get("cache-control")).toContain("no-transform");
  expect(await streamed.text()).toMatch(/event: next\n.*event: complete/s);
  const refused = await post("text/plain");
  expect(refused.status).toBe(415);
  expect(await refused.json()).toEqual({ errors: [{ message: "Send JSON." }] });
  expect(authorizations).toEqual(["Bearer a-key"]);
});

test.each([
  ["swift", /#"(\{.*\})"#/],
  ["kotlin", /"""(\{.*\})"""/],
])("the request in the block of %s streams", async (language, literal) => {
  const [, body = ""] = literal.exec(findBlock(PAGE, language, "text/event-stream")) ?? [];
  const response = await fetch(await sandbox().url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body,
  });
  expect(await response.text()).toMatch(/event: next\ndata: \{"data":\{"chat":\{"text":".*event: complete/s);
});

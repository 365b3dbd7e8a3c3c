// CORS: which pages' scripts may read the server's answers.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import cors from "cors";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { createCors } from "../../src/edge/cors.ts";
import { whenOver } from "../support/lifetime.ts";
import { type Line, startLogged } from "../support/log.ts";
import { request, startTestServer } from "../support/server.ts";
import { chat, hello, streams } from "../support/stream.ts";
import { json, startUpstream } from "../support/upstream.ts";

const LISTED = "https://app.example.com";
/** The headers that pages may read. */
const EXPOSED =
  "Retry-After,WWW-Authenticate,X-Request-Id,Idempotent-Replayed,X-RateLimit-Limit-Requests,X-RateLimit-Limit-Tokens,X-RateLimit-Remaining-Requests,X-RateLimit-Remaining-Tokens,X-RateLimit-Reset-Requests,X-RateLimit-Reset-Tokens";
const OTHER = "https://evil.example";

async function start(environment: Record<string, string> = { CORS_ORIGINS: `https://other.example.com, ${LISTED}` }) {
  const upstream = await startUpstream(streams(hello));
  return { upstream, server: await startTestServer(upstream.url, environment) };
}

/** The CORS headers among these, by name. */
function readCors(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-")));
}

const preflight = (url: string, origin: string, method = "POST") =>
  request(url, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": method,
      "access-control-request-headers": "authorization,content-type,x-mine",
    },
  });

describe("a preflight", () => {
  test("of a listed origin learns what it may send, for ten minutes", async () => {
    const { upstream, server } = await start();
    const answer = await preflight(server.url, LISTED);
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(readCors(answer.headers)).toEqual({
      "access-control-allow-origin": LISTED,
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-headers": "authorization,content-type,x-mine",
      "access-control-max-age": "600",
      "access-control-expose-headers": EXPOSED,
    });
    expect(answer.headers.get("vary")).toMatch(/^Origin\b/);
    expect(upstream.requests).toEqual([]);
  });

  test.each([
    ["of another origin", OTHER, undefined],
    ["of a sandboxed page", "null", undefined],
    ["of a listed origin in capitals", LISTED.toUpperCase(), undefined],
    ["without CORS_ORIGINS", LISTED, {}],
  ])("%s is FORBIDDEN, with no header that allows anything", async (_, origin, environment) => {
    const { server } = await start(environment);
    const answer = await preflight(server.url, origin);
    expect(answer.status).toBe(403);
    expect(answer.body.errors[0].extensions).toEqual({ code: "FORBIDDEN" });
    expect(readCors(answer.headers)).toEqual({});
    expect(answer.headers.get("vary")).toBe(environment ? null : "Origin");
  });

  test("is OPTIONS with Access-Control-Request-Method; any other OPTIONS is 405", async () => {
    const { server } = await start();
    const answer = await request(server.url, { method: "OPTIONS", headers: { origin: LISTED } });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, POST");
  });
});

describe("an answer", () => {
  const shown = {
    "access-control-allow-origin": LISTED,
    "access-control-expose-headers": EXPOSED,
  };

  test("may be read by pages of a listed origin, refusals and streams too", async () => {
    const { server } = await start();
    const init = { headers: { origin: LISTED } };
    const answers = {
      data: await server.query("{ __typename }", undefined, init),
      stream: await server.query(chat, undefined, { headers: { ...init.headers, accept: "text/event-stream" } }),
      refusedByYoga: await server.query("", undefined, { ...init, body: "{" }),
      refusedByItsHead: await server.query("{ __typename }", undefined, {
        headers: { ...init.headers, "content-type": "text/plain" },
      }),
      nothingThere: await request(`${server.url}/other`, init),
    };
    expect(Object.entries(answers).map(([name, { status }]) => [name, status])).toEqual([
      ["data", 200],
      ["stream", 200],
      ["refusedByYoga", 400],
      ["refusedByItsHead", 415],
      ["nothingThere", 404],
    ]);
    expect(answers.stream.text).toContain("event: complete");
    for (const { headers } of Object.values(answers)) {
      expect(readCors(headers)).toEqual(shown);
      expect(headers.get("vary")).toContain("Origin");
    }
  });

  test.each([OTHER, "null", `${LISTED}.evil.example`, `${LISTED}:443`, `${LISTED}/`, ""])(
    "to %j tells nothing but that it depends on the origin",
    async (origin) => {
      const { server } = await start();
      const answer = await server.query("{ __typename }", undefined, { headers: { origin } });
      expect(answer.status).toBe(200);
      expect(readCors(answer.headers)).toEqual({});
      expect(answer.headers.get("vary")).toBe("Origin");
    },
  );

  test("tells nothing at all without CORS_ORIGINS", async () => {
    const upstream = await startUpstream(json({}));
    const server = await startTestServer(upstream.url);
    const answer = await server.query("{ __typename }", undefined, { headers: { origin: LISTED } });
    expect(answer.status).toBe(200);
    expect(readCors(answer.headers)).toEqual({});
    expect(answer.headers.get("vary")).toBeNull();
  });
});

test.each([LISTED, "https://other.example.com"])(
  "answers to %s have the headers that the cors package sets",
  async (origin) => {
    const origins = ["https://other.example.com", LISTED];
    const exposedHeaders = EXPOSED.split(",");
    const ours = await answerWith(createCors(origins));
    const plain = cors<IncomingMessage>({ origin: origins, exposedHeaders });
    const theirs = await answerWith((req, res) => plain(req, res, () => {}));
    for (const method of ["GET", "POST", "HEAD"]) {
      const headers = await Promise.all(
        [ours, theirs].map(async (url) => (await request(url, { method, headers: { origin } })).headers),
      );
      const [own, expected] = headers.map((all) => [...all].filter(([name]) => name !== "date"));
      expect(own).toEqual(expected);
    }
  },
);

/** A server that answers nothing but the headers that `setHeaders` sets. */
async function answerWith(setHeaders: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<string> {
  const server = createServer((req, res) => {
    setHeaders(req, res);
    res.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  whenOver(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("CORS_ORIGINS", () => {
  test.each([
    ["https://*.vercel.app", ["https://a.vercel.app", "https://my-app-1.vercel.app"]],
    ["http://*.example.com:8080", ["http://a.example.com:8080"]],
    ["app://", ["app://"]],
    ["app://.", ["app://."]],
    ["tauri://localhost", ["tauri://localhost"]],
    ["capacitor://localhost", ["capacitor://localhost"]],
    ["chrome-extension://abcdefghijklmnop", ["chrome-extension://abcdefghijklmnop"]],
  ])("%s lets these pages in", async (entry, origins) => {
    const { server } = await start({ CORS_ORIGINS: entry, NODE_ENV: "production", ALLOW_ANONYMOUS: "true" });
    for (const origin of origins) {
      for (const answer of [
        await preflight(server.url, origin),
        await server.query("{ __typename }", {}, { headers: { origin } }),
      ]) {
        expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
        expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
        expect(answer.headers.get("vary")).toMatch(/^Origin\b/);
      }
    }
  });

  test.each([
    "https://vercel.app",
    "https://.vercel.app",
    "https://a.b.vercel.app",
    "https://a.vercel.app.evil.example",
    "https://evil.example/.vercel.app",
    "https://evil.example?.vercel.app",
    "https://evil.example#.vercel.app",
    "https://user@.vercel.app",
    "https://evil.example\\.vercel.app",
    "https://a.vercel.app:8080",
    "http://a.vercel.app",
    "https://A.vercel.app",
    "https://*.vercel.app",
    "https://a.evilvercel.app",
    "app://other",
    "null",
    "",
  ])("with an asterisk and an app's origin keeps %j out", async (origin) => {
    const { server } = await start({ CORS_ORIGINS: "https://*.vercel.app, app://, tauri://localhost" });
    expect((await preflight(server.url, origin)).status).toBe(403);
    expect(readCors((await server.query("{ __typename }", {}, { headers: { origin } })).headers)).toEqual({});
  });

  test("with CORS_CREDENTIALS allows credentials, to listed pages by their name", async () => {
    const { server } = await start({ CORS_ORIGINS: LISTED, CORS_CREDENTIALS: "true" });
    for (const answer of [
      await preflight(server.url, LISTED),
      await server.query("{ __typename }", {}, { headers: { origin: LISTED } }),
    ]) {
      expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
      expect(answer.headers.get("access-control-allow-origin")).toBe(LISTED);
      expect(answer.headers.get("vary")).toMatch(/^Origin\b/);
    }
    const other = await server.query("{ __typename }", {}, { headers: { origin: OTHER } });
    expect(readCors(other.headers)).toEqual({});
  });
});

describe("pages of this machine", () => {
  const local = ["http://localhost:5173", "http://localhost", "https://127.0.0.1:3000", "http://[::1]:8080"];
  const production = { NODE_ENV: "production", ALLOW_ANONYMOUS: "true" };

  test.each(local)("at %s may call in development, over HTTP, by GET and over WebSocket", async (origin) => {
    const { server } = await start({});
    const answer = await preflight(server.url, origin);
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([204, origin]);
    const read = await fetch(`${server.url}?query={__typename}`, { headers: { origin } });
    expect([read.status, read.headers.get("access-control-allow-origin"), read.headers.get("vary")]).toEqual([
      200,
      origin,
      "Origin",
    ]);
    expect(await shakeHands(server.url, origin)).toBe(101);
  });

  test.each(local)("at %s may not in production", async (origin) => {
    const { server } = await start(production);
    expect((await preflight(server.url, origin)).status).toBe(403);
    expect((await fetch(`${server.url}?query={__typename}`, { headers: { origin } })).status).toBe(403);
    expect(await shakeHands(server.url, origin)).toBe(403);
  });

  test.each([
    "http://localhost.evil.example",
    "http://localhost:5173.evil.example",
    "http://evil.example:5173",
    "http://127.0.0.1.nip.io",
    "http://10.0.0.1:5173",
    "app://localhost",
    "http://localhost:123456",
    "null",
  ])("are not those at %s", async (origin) => {
    const { server } = await start({});
    expect((await preflight(server.url, origin)).status).toBe(403);
    expect(await shakeHands(server.url, origin)).toBe(403);
  });
});

describe("a refused origin", () => {
  const warned = (lines: Line[]) => lines.filter(({ level }) => level === "warn");

  test("is one line of the log that names it and the variable, however it came and however often", async () => {
    const upstream = await startUpstream(json({}));
    const { server, lines } = await startLogged(upstream.url, { CORS_ORIGINS: LISTED }, "warn");
    for (let count = 0; count < 3; count++) {
      await preflight(server.url, OTHER);
      await fetch(`${server.url}?query={__typename}`, { headers: { origin: "https://get.example" } });
      await shakeHands(server.url, "https://socket.example");
    }
    for (const origin of [OTHER, "https://get.example", "https://socket.example"])
      expect(warned(lines()).filter((line) => line.origin === origin)).toMatchObject([
        { msg: `web pages of ${origin} are refused: CORS_ORIGINS does not list this origin` },
      ]);
    expect(warned(lines())).toHaveLength(3);
  });

  test("is cut and printable, and a hundred of them are named", async () => {
    const upstream = await startUpstream(json({}));
    const { server, lines } = await startLogged(upstream.url, {}, "warn");
    await preflight(server.url, `https://\u00e9"\\${"x".repeat(2_000)}`);
    for (let count = 0; count < 150; count++) await preflight(server.url, `https://${count}.example`);
    expect(warned(lines())).toHaveLength(100);
    expect(warned(lines())[0].origin).toBe(`https://?"\\${"x".repeat(89)}`);
  });

  test("is not one that is allowed, nor a request without one", async () => {
    const upstream = await startUpstream(json({}));
    const { server, lines } = await startLogged(upstream.url, { CORS_ORIGINS: LISTED }, "warn");
    await preflight(server.url, LISTED);
    await fetch(`${server.url}?query={__typename}`);
    expect(lines()).toEqual([]);
  });
});

/** The status that answers a handshake of a page of this origin. */
async function shakeHands(url: string, origin: string): Promise<number> {
  const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws", { headers: { origin } });
  onTestFinished(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(101));
    socket.once("unexpected-response", (_, res) => resolve(res.statusCode ?? 0));
    socket.once("error", reject);
  });
}

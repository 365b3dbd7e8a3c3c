// CORS: which pages' scripts may read the server's answers.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import cors from "cors";
import { describe, expect, test } from "vitest";
import { createCors } from "../../src/edge/cors.ts";
import { whenOver } from "../support/lifetime.ts";
import { request, startTestServer } from "../support/server.ts";
import { chat, hello, streams } from "../support/stream.ts";
import { json, startUpstream } from "../support/upstream.ts";

const LISTED = "https://app.example.com";
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
      "access-control-expose-headers": "Retry-After,WWW-Authenticate,X-Request-Id,Idempotent-Replayed",
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
    "access-control-expose-headers": "Retry-After,WWW-Authenticate,X-Request-Id,Idempotent-Replayed",
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
    const exposedHeaders = ["Retry-After", "WWW-Authenticate", "X-Request-Id", "Idempotent-Replayed"];
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

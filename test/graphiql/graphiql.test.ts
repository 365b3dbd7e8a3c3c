// GraphiQL over HTTP, and in a browser if one is installed: the real app in front of the built-in sandbox.
import { existsSync, readdirSync, statSync } from "node:fs";
import { parse, validate } from "graphql";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { graphiqlTabs } from "../../src/graphiql/tabs.ts";
import { type RunningServer, startServer } from "../../src/process/server.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { schema } from "../../src/schema/index.ts";
import { request } from "../support/server.ts";

const nameOf = (query: string) => /^\s*(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1] ?? "";
const fieldOf = (query: string) => /^ {2}(\w+)/m.exec(query)?.[1] ?? "";
const tabs = graphiqlTabs.map((tab) => ({ ...tab, name: nameOf(tab.query) }));

let sandbox: Sandbox;
let server: RunningServer;

beforeAll(async () => {
  sandbox = await startSandbox({ delayMs: 0 });
  const config = readConfig({ OPENAI_BASE_URL: sandbox.url, OPENAI_API_KEY: "sandbox", PORT: "0", DRAIN_MS: "0" });
  server = await startServer(createApp(config, console.error), config);
});

afterAll(async () => {
  await server.stop();
  await sandbox.close();
});

const HEADERS_TEXT = ".graphiql-editor-tool .graphiql-editor:nth-child(2) .view-lines";

/** As a browser's address bar asks. */
const visit = (headers: Record<string, string> = {}, init: RequestInit = {}) =>
  fetch(server.url, { ...init, headers: { accept: "text/html,*/*;q=0.8", "accept-encoding": "gzip, br", ...headers } });

const readFileUrls = async () =>
  Array.from((await (await visit()).text()).matchAll(/[\w/]*graphiql-[\w-]+\.\w+/g), ([path]) =>
    new URL(path, server.url).toString(),
  );

describe("the page", () => {
  test.each([
    ["gzip, deflate, br", "br"],
    ["gzip, deflate", "gzip"],
    ["br;q=0, gzip", "gzip"],
    ["br; q=0.0, gzip;q=0", null],
    ["identity", null],
  ])("for Accept-Encoding: %s is encoded as %s", async (accepted, encoding) => {
    const answer = await visit({ "accept-encoding": accepted });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-encoding")).toBe(encoding);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("vary")).toBe("Accept, Accept-Encoding");
    expect(await answer.text()).toContain("<title>OpenAI GraphQL</title>");
  });

  test("is small, is revalidated by its ETag, and answers HEAD", async () => {
    const answer = await visit();
    expect(Number(answer.headers.get("content-length"))).toBeLessThan(4_000);
    expect(answer.headers.get("cache-control")).toBe("no-cache");
    const etag = answer.headers.get("etag") ?? "";
    const again = await visit({ "if-none-match": `"other", W/${etag}` });
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
    expect((await visit({ "if-none-match": etag, "accept-encoding": "gzip" })).status).toBe(200);
    const head = await visit({}, { method: "HEAD" });
    expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""]);
  });

  test("names files of its own origin alone, which a browser keeps", async () => {
    const urls = await readFileUrls();
    expect(urls.map((url) => url.split(".").at(-1))).toEqual(["svg", "css", "js", "js", "js", "js"]);
    for (const url of urls) {
      const file = await fetch(url, { headers: { "accept-encoding": "br" } });
      expect(file.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(file.headers.get("content-encoding")).toBe("br");
      expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
    expect(await (await visit()).text()).not.toMatch(/(src|href)="?(https?:)?\/\//);
  });

  test("has 2.5 MB at most in all, encoded as br, with what is loaded only when it is needed", async () => {
    const folder = new URL("../../dist/page/", import.meta.url);
    const names = readdirSync(folder).filter((name) => name.endsWith(".br"));
    const sizes = names.map((name) => statSync(new URL(name, folder)).size);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThan(1_000_000);
    expect(total).toBeLessThan(2_500_000);
  });

  test("is laid out for the width of the screen", async () => {
    expect(await (await visit()).text()).toContain(
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
    );
  });

  test("cannot be framed, sniffed or made to run other scripts", async () => {
    const { headers } = await visit();
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("origin-agent-cluster")).toBe("?1");
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000");
    expect(headers.get("x-dns-prefetch-control")).toBe("off");
    expect(headers.get("x-download-options")).toBe("noopen");
    expect(headers.get("x-permitted-cross-domain-policies")).toBe("none");
    expect(headers.get("x-xss-protection")).toBe("0");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("content-security-policy")).toContain("default-src 'none';script-src 'self';");
    expect(headers.get("content-security-policy")).toContain("img-src 'self' data:;media-src 'self' data: blob:;");
  });

  test("stays away from clients that ask for JSON or a stream", async () => {
    for (const accept of ["application/json", "text/html, application/graphql-response+json", "*/*"]) {
      const answer = await request(`${server.url}?query={__typename}`, { headers: { accept } });
      expect(answer.body).toEqual({ data: { __typename: "Query" } });
    }
    expect((await fetch(`${server.url}/graphiql-other.js`)).status).toBe(404);
  });
});

describe("the tabs", () => {
  test.each(tabs)("$name is valid and runs as it stands", async ({ query, variables }) => {
    expect(validate(schema, parse(query))).toEqual([]);
    const isStream = query.includes("\nsubscription ");
    const answer = await fetch(server.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-graphql-yoga-csrf": "1",
        accept: isStream ? "text/event-stream" : "application/json",
      },
      body: JSON.stringify({ query, variables: JSON.parse(variables ?? "{}") }),
    });
    const text = await answer.text();
    const results = isStream ? text.split("event: next\ndata: ").slice(1) : [text];
    for (const result of results) {
      expect(JSON.parse(result.split("\n")[0] ?? "")).toEqual({ data: { [fieldOf(query)]: expect.anything() } });
    }
    expect(text.endsWith("event: complete\ndata:\n\n")).toBe(isStream);
  });
});

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const skipped = existsSync(executablePath) ? "" : ` (skipped: no browser at ${executablePath}; set CHROMIUM_PATH)`;

const launch = () =>
  chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
  });

describe.skipIf(skipped)(`in a browser${skipped}`, { timeout: 60_000 }, () => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const requested: string[] = [];

  beforeAll(async () => {
    browser = await launch();
    page = await browser.newPage();
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.context().on("request", (request) => requested.push(request.url()));
    await page.goto(server.url);
  });
  afterAll(() => browser?.close());

  test.each(tabs)("$name answers in its tab", async ({ name }) => {
    await page.locator(".graphiql-tabs").getByRole("button", { name, exact: true }).click();
    // Monaco writes its spaces as no-break spaces.
    const readAnswer = async () =>
      ((await page.locator(".graphiql-response .view-lines").textContent()) ?? "").replaceAll("\u00a0", " ");
    await expect.poll(readAnswer).toBe("");
    // GraphiQL learns an operation's name a moment after its tab is shown; a click before that has to be repeated.
    // While it runs, the same button stops it.
    const runAndRead = async () => {
      const answer = await readAnswer();
      const button = page.locator('.graphiql-execute-button[aria-label^="Execute"]');
      if (!answer.includes('"data"') && (await button.isVisible())) await button.click();
      return answer;
    };
    await expect.poll(runAndRead, { timeout: 20_000, interval: 500 }).toContain('"data": {');
    expect(await readAnswer()).not.toContain('"errors"');
  });

  test("a reload keeps the tabs as they are", async () => {
    await page.reload();
    await page.locator(".graphiql-tab-active", { hasText: tabs.at(-1)?.name ?? "" }).waitFor();
    expect(await page.locator(".graphiql-tab").count()).toBe(tabs.length);
  });

  test("nothing is complained of, sent elsewhere, or put into the address bar", () => {
    expect(complaints).toEqual([]);
    const { origin } = new URL(server.url);
    expect(requested.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith("data:"))).toEqual([]);
    expect(page.url()).toBe(server.url);
  });
});

describe.skipIf(skipped)(`in a browser, on a server that asks for a key${skipped}`, { timeout: 60_000 }, () => {
  const KEY = "a-key-of-the-test";
  let browser: Browser;
  let page: Page;
  let closed: RunningServer;
  /** What was asked for, by the operation's name and with which Authorization. */
  const sent: [name: string, authorization: string | undefined][] = [];
  const sentBy = (name: string) => sent.filter(([sentName]) => sentName === name).map(([, key]) => key);

  beforeAll(async () => {
    const config = readConfig({
      OPENAI_BASE_URL: sandbox.url,
      OPENAI_API_KEY: "sandbox",
      PORT: "0",
      DRAIN_MS: "0",
      CLIENT_KEYS: JSON.stringify([{ id: "test", key: KEY }]),
    });
    closed = await startServer(createApp(config, console.error), config);
    browser = await launch();
    page = await (await browser.newContext()).newPage();
    page.on("request", (request) => {
      if (request.method() !== "POST") return;
      sent.push([nameOf(`${request.postDataJSON().query}`), request.headers().authorization]);
    });
    await page.goto(closed.url);
  });
  afterAll(async () => {
    await browser?.close();
    await closed?.stop();
  });

  const run = async (name: string) => {
    await page.locator(".graphiql-tabs").getByRole("button", { name, exact: true }).click();
    await expect
      .poll(
        async () => {
          const answer = (await page.locator(".graphiql-response .view-lines").textContent()) ?? "";
          if (!answer.includes('"data"')) await page.locator(".graphiql-execute-button").click();
          return answer;
        },
        { timeout: 20_000, interval: 500 },
      )
      .toContain('"data"');
  };

  test("the schema is fetched once the key has been typed, and goes with every tab's operations", async () => {
    await expect.poll(() => sentBy("IntrospectionQuery"), { timeout: 10_000 }).toContain(undefined);
    expect(sentBy("IntrospectionQuery")).not.toContain(`Bearer ${KEY}`);
    const introspected = page.waitForResponse(
      (response) => response.status() === 200 && response.request().headers().authorization === `Bearer ${KEY}`,
    );
    await page.getByRole("button", { name: "Headers" }).click();
    await page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden)").click();
    await page.keyboard.insertText(JSON.stringify({ authorization: `Bearer ${KEY}` }));
    expect(await (await introspected).json()).toMatchObject({ data: { __schema: {} } });
    await run("Models");
    await run("Chat");
    expect(new Set([...sentBy("Models"), ...sentBy("Chat")])).toEqual(new Set([`Bearer ${KEY}`]));
  });

  test("a reload keeps the key, and every tab shows it", async () => {
    sent.length = 0;
    await page.reload();
    await expect.poll(() => sentBy("IntrospectionQuery"), { timeout: 10_000 }).toEqual([`Bearer ${KEY}`]);
    for (const name of ["Model", "Complete"]) {
      await page.locator(".graphiql-tabs").getByRole("button", { name, exact: true }).click();
      await expect.poll(() => page.locator(HEADERS_TEXT).textContent(), { timeout: 10_000 }).toContain(KEY);
    }
  });

  test("the key is kept in no place that outlives the visit", async () => {
    await expect.poll(() => page.evaluate("JSON.stringify({ ...localStorage })")).toContain("tabState");
    const stored = await page.evaluate("JSON.stringify([{ ...localStorage }, document.cookie, location.href])");
    expect(stored).not.toContain(KEY);
    const other = await page.context().newPage();
    await other.goto(closed.url);
    await expect
      .poll(() => other.locator(".graphiql-response .view-lines").textContent(), { timeout: 10_000 })
      .toContain("Headers");
    expect(await other.evaluate("JSON.stringify({ ...sessionStorage })")).not.toContain(KEY);
    await other.close();
  });

  test.each(["{", "null", '{"tabs":[],"activeTabIndex":3}', '{"tabs":5}'])(
    "stored tabs of %s do no harm",
    async (text) => {
      await page.evaluate(`localStorage.setItem("graphiql:tabState", ${JSON.stringify(text)})`);
      await page.reload();
      await page.locator(".graphiql-tab-active").waitFor();
    },
  );
});

// Streams in a real browser, if one is installed: its own EventSource, and GraphiQL at the sandbox's default pace.
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { startCutter } from "../support/cutter.ts";
import { findBlock } from "../support/docs.ts";
import { startTestServer } from "../support/server.ts";
import { chunk, event, hello, startStreaming, streams, streamsThen } from "../support/stream.ts";
import { startUpstream } from "../support/upstream.ts";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const skipped = existsSync(executablePath) ? "" : ` (skipped: no browser at ${executablePath}; set CHROMIUM_PATH)`;

const CHAT =
  'subscription { chat(input: { model: "gpt-4o-mini", messages: [{ role: USER, content: "Hi" }] }) { text } }';

/** Listens with EventSource as docs/streaming.md does; `window.heard` is what has come. */
const LISTEN = `{
  window.heard = [];
  window.events = new EventSource("/graphql?query=" + encodeURIComponent(${JSON.stringify(CHAT)}));
  for (const name of ["next", "complete", "error"]) events.addEventListener(name, ({ data }) => {
    heard.push([name, data ? JSON.parse(data) : undefined]);
    if (name !== "next") events.close();
  });
}`;

/** Notes each text that GraphiQL's answer shows, as `window.shown`, without its spaces: a line wraps where it likes. */
const WATCH = `{
  window.shown = [];
  const topOf = ({ style }) => Number.parseFloat(style.top);
  new MutationObserver(() => {
    // The elements of the lines are in no order.
    const lines = [...document.querySelectorAll(".graphiql-response .view-line")].sort((a, b) => topOf(a) - topOf(b));
    const answer = lines.map(({ textContent }) => textContent).join("").replaceAll(/[\\s\\u00a0]/g, "");
    const text = /"textSoFar":"((?:[^"\\\\]|\\\\.)*)/.exec(answer)?.[1];
    if (text && text !== shown.at(-1)) shown.push(text);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}`;

describe.skipIf(skipped)(`in a browser${skipped}`, { timeout: 60_000 }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-sync"] });
  });
  afterAll(() => browser?.close());

  /** GraphiQL's page of a server on this upstream; it closes with the test. */
  async function visit(upstreamUrl: string): Promise<Page> {
    return open((await startTestServer(upstreamUrl, { OPENAI_API_KEY: "sandbox" })).url);
  }

  async function open(url: string): Promise<Page> {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    return page;
  }

  async function startSandboxAt(delayMs?: number): Promise<string> {
    const sandbox = await startSandbox(delayMs === undefined ? {} : { delayMs });
    onTestFinished(() => sandbox.close());
    return sandbox.url;
  }

  /** Names of the events with each result's text, or the codes of its errors. */
  const readHeard = (page: Page) =>
    page.evaluate<string[]>(
      "heard.map(([name, result]) => result?.errors?.map((error) => error.extensions.code).join() ?? result?.data.chat.text ?? name)",
    );

  test("EventSource hears the whole answer and the end", async () => {
    const page = await visit(await startSandboxAt(1));
    await page.evaluate(LISTEN);
    await expect.poll(() => readHeard(page), { timeout: 10_000 }).toContain("complete");
    const heard = await readHeard(page);
    expect(heard.indexOf("complete")).toBe(heard.length - 1);
    expect(heard.join("")).toMatch(/^Hello from the sandbox! You said: "Hi".*here\..*complete$/);
  });

  test("the page's EventSource recipe fills the page, and asks once", async () => {
    const recipe = findBlock("docs/streaming.md", "js", "new EventSource");
    const upstream = await startUpstream(streams(hello));
    const page = await visit(upstream.url);
    await page.evaluate(`{ ${recipe}; window.events = events; }`);
    await expect.poll(() => page.evaluate("events.readyState === EventSource.CLOSED"), { timeout: 10_000 }).toBe(true);
    expect(await page.locator("body").textContent()).toContain("Hello");
    expect(upstream.requests).toHaveLength(1);
  });

  test("an EventSource that nobody closes asks once", async () => {
    const upstream = await startUpstream(streams(hello));
    const page = await visit(upstream.url);
    await page.evaluate(LISTEN.replace("events.close()", "undefined"));
    await expect.poll(() => page.evaluate("events.readyState === EventSource.CLOSED"), { timeout: 20_000 }).toBe(true);
    expect(upstream.requests).toHaveLength(1);
  });

  test("EventSource hears the text so far, the error with its code, and the end", async () => {
    const upstream = await startUpstream(streamsThen(event(chunk("Hel")), (_, socket) => socket.destroy()));
    const page = await visit(upstream.url);
    await page.evaluate(LISTEN);
    await expect.poll(() => readHeard(page), { timeout: 10_000 }).toContain("complete");
    expect(await readHeard(page)).toEqual(["Hel", "UPSTREAM_INTERRUPTED", "complete"]);
    expect(upstream.requests).toHaveLength(1);
  });

  test("EventSource hears a cut connection as an error without data and without an end, and asks once", async () => {
    const { upstream, server } = await startStreaming(streamsThen(event(chunk("Hel")), () => {}));
    const { url, breakOff } = await startCutter(server.url);
    const page = await open(url);
    await page.evaluate(LISTEN.replace("events.close()", "undefined"));
    await expect.poll(() => readHeard(page), { timeout: 10_000 }).toEqual(["Hel"]);
    breakOff();
    await expect.poll(() => page.evaluate("events.readyState === EventSource.CLOSED"), { timeout: 20_000 }).toBe(true);
    // It has tried once more by itself, and was told that there is nothing more.
    expect(await readHeard(page)).toEqual(["Hel", "error", "error"]);
    expect(upstream.requests).toHaveLength(1);
  });

  test("EventSource.close() ends the upstream call", async () => {
    const upstream = await startUpstream(streamsThen(event(chunk("Hel")), () => {}));
    const page = await visit(upstream.url);
    await page.evaluate(LISTEN);
    await expect.poll(() => readHeard(page), { timeout: 10_000 }).toEqual(["Hel"]);
    await page.evaluate("events.close()");
    await upstream.requests[0]?.closed;
  });

  test("GraphiQL shows the answer growing, and then its usage", async () => {
    const page = await visit(await startSandboxAt());
    await page.evaluate(WATCH);
    const readShown = () => page.evaluate<string[]>("shown");
    const button = page.locator(".graphiql-execute-button");
    // GraphiQL learns an operation's name a moment after its tab is shown; a click before that has to be repeated.
    const runAndCount = async () => {
      const { length } = await readShown();
      if (length === 0 && (await button.getAttribute("aria-label"))?.startsWith("Execute")) await button.click();
      return length;
    };
    await page.locator(".graphiql-tabs").getByRole("button", { name: "ChatStream", exact: true }).click();
    await expect.poll(runAndCount, { timeout: 20_000, interval: 300 }).toBeGreaterThanOrEqual(3);
    expect(await button.getAttribute("aria-label")).toMatch(/^Stop/);
    await expect
      .poll(() => page.locator(".graphiql-response .view-lines").textContent(), { timeout: 20_000 })
      .toContain("totalTokens");
    const shown = await readShown();
    for (const [place, text] of shown.slice(1).entries()) expect(text.startsWith(shown[place] ?? "")).toBe(true);
    expect(shown.at(-1)).toContain("here.");
  });

  test("GraphiQL's stop button ends the upstream call", async () => {
    const upstream = await startUpstream(streamsThen(event(chunk("Hel")), () => {}));
    const page = await visit(upstream.url);
    await page.locator(".graphiql-tabs").getByRole("button", { name: "ChatStream", exact: true }).click();
    const button = page.locator(".graphiql-execute-button");
    const run = async () => {
      if (upstream.requests.length === 0) await button.click();
      return page.locator(".graphiql-response .view-lines").textContent();
    };
    await expect.poll(run, { timeout: 20_000, interval: 500 }).toContain('"Hel"');
    await button.click();
    await upstream.requests[0]?.closed;
  });
});

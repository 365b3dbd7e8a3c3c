// GraphiQL as a person uses it, in a browser if one is installed: what goes wrong is said in plain words, keys, history,
// suggestions, and the screen of a phone.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchBrowser, readEditor, skipped, visitGraphiQL } from "../support/browser.ts";
import { startServed } from "../support/served-upstream.ts";
import { startTestServer } from "../support/server.ts";
import { chunk, event, hello, streams, streamsThen } from "../support/stream.ts";
import { json, startUpstream } from "../support/upstream.ts";

const KEY = "a-key-of-the-test";
const KEYED = { CLIENT_KEYS: JSON.stringify([{ id: "test", key: KEY }]) };
const MODELS = json({ object: "list", data: [{ id: "m", object: "model", created: 1, owned_by: "me" }] });
const CHAT = 'chat(input: { model: "m", messages: [{ role: USER, content: "Hi" }] })';

describe.skipIf(skipped)(`in a browser${skipped}`, { timeout: 60_000 }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  /** Opens the page with this operation; the visit ends with the test. */
  async function open(url: string, query?: string, options = {}): Promise<Page> {
    const link = query === undefined ? "" : `?${new URLSearchParams({ query })}`;
    const page = await visitGraphiQL(browser, `${url}${link}`, options);
    onTestFinished(() => page.context().close());
    return page;
  }

  const readAnswer = (page: Page) => readEditor(page, "response");

  /** The page is slow where the machine is busy. */
  const poll = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });

  /** Runs what is open, and yields the answer once it contains `part`. */
  async function run(page: Page, part: string): Promise<string> {
    await page.locator(".graphiql-execute-button").click();
    await expect.poll(() => readAnswer(page), { timeout: 20_000 }).toContain(part);
    return readAnswer(page);
  }

  describe("what goes wrong is an answer of", () => {
    test.each([
      ["an open brace", "query Broken { models { id }"],
      ["no closing quote", 'mutation Broken { chat(input: { model: "m }) { text } }'],
      ["a subscription", "subscription Broken { chat(input: ) { text } }"],
      ["a character that GraphQL does not have", "query Broken { models { id } } ?"],
      ["no document at all", "}"],
    ])("the server, of %s: its message, with nothing of a script", async (_, query) => {
      const { server, upstream } = await startServed(MODELS);
      const { body } = await server.query(query);
      const page = await open(server.url, query);
      expect(JSON.parse(await run(page, "message"))).toEqual(body);
      expect(body.errors[0].locations).toBeDefined();
      expect(upstream.requests).toEqual([]);
    });

    test.each([
      [
        "a proxy's page",
        { status: 502, statusText: "Bad Gateway", contentType: "text/html", body: "<h1>502 Bad Gateway</h1>" },
        "The answer is not from the GraphQL server: status 502 Bad Gateway, text/html. Something between it and this page, such as a proxy, has sent it.",
      ],
      [
        "JSON that is cut short",
        { status: 200, contentType: "application/json", body: '{"data":{"models":[' },
        "The answer is not from the GraphQL server: status 200 OK, application/json. Something between it and this page, such as a proxy, has sent it.",
      ],
      [
        "a stream without its end",
        { status: 200, contentType: "text/event-stream", body: 'event: next\ndata: {"data":{"chat":null}}\n\n' },
        "The stream broke off before its end: the connection was closed.",
      ],
    ])("this page, of %s: a plain sentence", async (_, answer, message) => {
      const { server } = await startServed(MODELS);
      const page = await open(server.url, "query Models { models { id } }");
      // In place of the proxy between this page and the server.
      await page.route(server.url, (route) => route.fulfill(answer));
      expect(JSON.parse(await run(page, "message")).errors).toEqual([{ message }]);
    });

    test("this page, of a server that is gone: a plain sentence", async () => {
      const { server } = await startServed(MODELS);
      const page = await open(server.url, "query Models { models { id } }");
      await server.stop();
      expect(JSON.parse(await run(page, "message"))).toEqual({
        errors: [{ message: "The server did not answer: the connection failed. Is it running, and are you online?" }],
      });
    });

    test.each(['{ "a name": "x" }', '{ "x": "\u{1f511}" }', '{ "x": "a\\nb" }'])(
      "this page, of %s in Headers: a plain sentence",
      async (headers) => {
        const { server } = await startServed(MODELS);
        const page = await open(server.url, "query Models { models { id } }");
        await page.getByRole("button", { name: "Headers" }).click();
        await page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden)").click();
        await page.keyboard.insertText(headers);
        expect(JSON.parse(await run(page, "message"))).toEqual({
          errors: [{ message: "The request was not sent: a name or value in Headers is not allowed in HTTP." }],
        });
      },
    );
  });

  test("a linked operation is in a tab of its own, and stays there", async () => {
    const { server } = await startServed(MODELS);
    const page = await open(server.url, "query Linked { models { id } }");
    const titles = () => page.locator(".graphiql-tab-button").allTextContents();
    expect((await titles()).slice(0, 2)).toEqual(["Linked", "Models"]);
    await page.reload();
    await page.locator(".graphiql-tab-active", { hasText: "Linked" }).waitFor();
    expect((await titles()).filter((title) => title === "Linked")).toHaveLength(1);
    const other = await page.context().newPage();
    await other.goto(`${server.url}?${new URLSearchParams({ query: "query Other { models { id } }" })}`);
    await other.locator(".graphiql-tab-active", { hasText: "Other" }).waitFor();
  });

  test("a tab that is clicked at once shows its own operation", async () => {
    const { server } = await startServed(MODELS);
    const page = await (await browser.newContext()).newPage();
    onTestFinished(() => page.context().close());
    await page.goto(server.url);
    await page.locator(".graphiql-tabs").getByRole("button", { name: "Chat", exact: true }).click();
    await poll(() => readEditor(page, "operation")).toContain("mutation Chat(");
  });

  test("an operation that has just been opened runs under its own name", async () => {
    const upstream = await startUpstream(MODELS);
    const server = await startTestServer(upstream.url);
    const page = await open(server.url);
    for (const name of ["Model", "Models"]) {
      await page.locator(".graphiql-tabs").getByRole("button", { name, exact: true }).click();
      expect(await run(page, '"')).toContain('"data": {');
    }
  });

  test.each([
    ["mutation", `mutation { ${CHAT} { text } }`, (): void => {}],
    ["subscription", `subscription { ${CHAT} { text } }`, streamsThen(event(chunk("Hel")), () => {})],
  ])("the stop button ends the upstream call of a %s", async (_, query, answer) => {
    const { server, upstream } = await startServed(answer);
    const page = await open(server.url, query);
    const button = page.locator(".graphiql-execute-button");
    await button.click();
    await poll(() => upstream.requests.length).toBe(1);
    await poll(() => button.getAttribute("aria-label")).toMatch(/^Stop/);
    await button.click();
    await upstream.requests[0]?.closed;
    await poll(() => button.getAttribute("aria-label")).toMatch(/^Execute/);
  });

  test("a new tab ends what runs, and gets nothing of it", async () => {
    const { server, upstream } = await startServed(streamsThen(event(chunk("Hel")), () => {}));
    const page = await open(server.url, `subscription { ${CHAT} { text } }`);
    await run(page, "Hel");
    await page.getByRole("button", { name: "New tab" }).click();
    await upstream.requests[0]?.closed;
    await poll(() => page.locator(".graphiql-execute-button").getAttribute("aria-label")).toMatch(/^Execute/);
    expect(await readAnswer(page)).toBe("");
  });

  test("headers of the user's have effect whatever their case, but for the type of the body", async () => {
    const server = await startTestServer((await startUpstream(MODELS)).url, KEYED);
    const page = await open(server.url, "query Models { models { id } }");
    await page.locator(".key-notice").waitFor();
    await page.getByRole("button", { name: "Headers", exact: true }).click();
    await page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden)").click();
    await page.keyboard.insertText(`{ "Content-Type": "text/plain", "AUTHORIZATION": "Bearer ${KEY}" }`);
    await page.locator(".key-notice").waitFor({ state: "detached" });
    await run(page, '"id": "m"');
  });

  describe("a server that asks for a key", () => {
    test("says to put it into Headers, and a button leads there; the schema comes with it", async () => {
      const server = await startTestServer((await startUpstream(MODELS)).url, KEYED);
      const page = await open(server.url);
      await poll(() => readAnswer(page)).toContain("Put your key into Headers");
      expect(JSON.parse(await readAnswer(page)).errors.at(-1).extensions.code).toBe("UNAUTHENTICATED");
      await page.getByRole("button", { name: "Enter a key" }).click();
      await poll(() => readEditor(page, "request-headers")).toContain('"Bearer "');
      await page.keyboard.insertText(KEY);
      expect(JSON.parse(await readEditor(page, "request-headers"))).toEqual({ authorization: `Bearer ${KEY}` });
      await page.locator(".key-notice").waitFor({ state: "detached" });
      expect(await readAnswer(page)).toBe("");
      expect(await run(page, "data")).toContain('"id": "m"');
    });

    test("headers that are there already are left as they are", async () => {
      const server = await startTestServer((await startUpstream(MODELS)).url, KEYED);
      const page = await open(server.url);
      await page.getByRole("button", { name: "Headers", exact: true }).click();
      await page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden)").click();
      await page.keyboard.insertText('{ "x-request-id": "mine" }');
      await page.getByRole("button", { name: "Enter a key" }).click();
      expect(await readEditor(page, "request-headers")).toBe('{ "x-request-id": "mine" }');
    });
  });

  test("in a browser that blocks storage the page works, and headers hold for all tabs", async () => {
    const upstream = await startUpstream(MODELS);
    const server = await startTestServer(upstream.url, KEYED);
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    await context.addInitScript(`for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
    }`);
    const page = await context.newPage();
    await page.goto(server.url);
    await page.getByRole("button", { name: "Enter a key" }).click();
    await page.keyboard.insertText(KEY);
    await page.locator(".key-notice").waitFor({ state: "detached" });
    await page.locator(".graphiql-tabs").getByRole("button", { name: "Model", exact: true }).click();
    await poll(() => readEditor(page, "request-headers")).toContain(KEY);
    await page.locator(".graphiql-tabs").getByRole("button", { name: "Models", exact: true }).click();
    expect(await run(page, "data")).toContain('"id": "m"');
  });

  test("clearing the stored data forgets the headers as well", async () => {
    const server = await startTestServer((await startUpstream(MODELS)).url, KEYED);
    const page = await open(server.url);
    await page.getByRole("button", { name: "Enter a key" }).click();
    await page.keyboard.insertText(KEY);
    await page.locator(".key-notice").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Open settings dialog" }).click();
    await page.getByRole("button", { name: "Clear data" }).click();
    const kept = await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])");
    expect(kept).not.toContain(KEY);
    await page.reload();
    await page.getByRole("button", { name: "Enter a key" }).waitFor();
  });

  describe("the history", () => {
    test("has what was run, brings it back, and keeps headers as they are and to itself", async () => {
      const server = await startTestServer((await startUpstream(MODELS)).url, KEYED);
      const page = await open(server.url, "query First { models { id } }");
      await page.getByRole("button", { name: "Enter a key" }).click();
      await page.keyboard.insertText(KEY);
      await page.locator(".key-notice").waitFor({ state: "detached" });
      await run(page, "data");
      await page.locator(".graphiql-tabs").getByRole("button", { name: "Chat", exact: true }).click();
      await page.getByRole("button", { name: "Show History" }).click();
      await page.locator(".graphiql-history").getByText("First").click();
      await poll(() => readEditor(page, "operation")).toBe("query First { models { id } }");
      await poll(() => readEditor(page, "request-headers")).toContain(KEY);
      const stored = await page.evaluate("JSON.stringify({ ...localStorage })");
      expect(stored).toContain("queries");
      expect(stored).not.toContain(KEY);
    });
  });

  test("suggestions for ChatInput begin with what it requires, then have the order of the schema", async () => {
    const { server } = await startServed(MODELS);
    const page = await open(server.url, "mutation { chat(input: { ");
    await page.locator(".graphiql-query-editor .view-lines").click();
    await page.keyboard.press("End");
    const suggestions = page.locator(".suggest-widget .monaco-list-row .label-name");
    const suggest = async () => {
      await page.keyboard.press("Control+Space");
      return (await suggestions.allTextContents()).slice(0, 3);
    };
    // None until the schema has come.
    await expect.poll(suggest, { timeout: 20_000, interval: 500 }).toEqual(["model", "messages", "temperature"]);
  });

  describe("on a phone", () => {
    const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const PARTS = [
      ".graphiql-sidebar",
      ".graphiql-tabs",
      ".graphiql-execute-button",
      ".graphiql-query-editor",
      ".graphiql-editor-tools",
      ".graphiql-editor-tool",
      ".graphiql-response",
    ];

    test("every part is on the screen, one below the other, and wide enough to read", async () => {
      const { server } = await startServed(streams(hello));
      const page = await open(server.url, `subscription { ${CHAT} { textSoFar } }`, PHONE);
      await page.locator(".graphiql-execute-button").tap();
      await poll(() => readAnswer(page)).toContain("Hello");
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
      const boxes = await Promise.all(PARTS.map((part) => page.locator(part).first().boundingBox()));
      for (const box of boxes) {
        if (!box) throw new Error("A part is not shown.");
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(390);
        expect(box.y + box.height).toBeLessThanOrEqual(844);
      }
      const [, , , editor, , variables, answer] = boxes;
      expect(editor?.width).toBeGreaterThan(350);
      expect(answer?.width).toBeGreaterThan(350);
      expect(editor?.height).toBeGreaterThan(200);
      expect(variables?.height).toBeGreaterThan(60);
      expect(answer?.height).toBeGreaterThan(200);
      expect(answer?.y).toBeGreaterThanOrEqual((variables?.y ?? 0) + (variables?.height ?? 0));
    });

    test("a pane covers what is below it, and its button closes it", async () => {
      const { server } = await startServed(MODELS);
      const page = await open(server.url, undefined, PHONE);
      await page.getByRole("button", { name: "Show History" }).tap();
      await poll(async () => (await page.locator(".graphiql-plugin").boundingBox())?.width).toBe(390);
      await page.getByRole("button", { name: "Hide History" }).tap();
      await page.locator(".graphiql-execute-button").tap();
      await poll(() => readAnswer(page)).toContain('"id": "m"');
    });
  });
});

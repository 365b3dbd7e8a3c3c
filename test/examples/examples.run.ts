// The examples as a newcomer has them: installed, built, and used in a browser against the real server on its sandbox.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { exampleFolder, exampleNames, readExample } from "../support/examples.ts";
import { shared } from "../support/lifetime.ts";
import { startProcess } from "../support/process.ts";
import { pageNames, servePage } from "./pages.ts";
import { npm } from "./tools.ts";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const skipped = existsSync(executablePath) ? "" : ` (skipped: no browser at ${executablePath}; set CHROMIUM_PATH)`;

describe.each(exampleNames)("%s", (example) => {
  test("installs, type-checks and builds, and changes none of its files", { timeout: 300_000 }, async () => {
    const before = readExample(example);
    await npm(example, ["ci", "--no-audit", "--no-fund"]);
    // What is made of the schema is committed, and made anew here. A build checks types, too.
    await npm(example, ["run", "generate", "--if-present"]);
    await npm(example, ["run", hasBuild(before) ? "build" : "check"]);
    expect(Object.fromEntries(readExample(example))).toEqual(Object.fromEntries(before));
  });
});

test("node-script runs to its end", async () => {
  const server = startProcess({ PORT: "0" });
  const printed = await npm("node-script", ["start"], { GRAPHQL_URL: await server.url });
  for (const expected of [
    /^Hello from the sandbox! You said: "Why is the sky blue\?"/m,
    /^Hello from the sandbox! You said: "Tell me about streams\."/m,
    /^\(\d+ tokens\)$/m,
    / … \(stopped\)$/m,
    /^No answer within a second: left\.$/m,
    /^sandbox-cut: UPSTREAM_INTERRUPTED:.*\n {2}What came before: Hello/m,
    /^sandbox-rate-limit: UPSTREAM_RATE_LIMITED: wait 2000 ms/m,
    /^no-such-model: UPSTREAM_NOT_FOUND:/m,
  ]) {
    expect(printed).toMatch(expected);
  }
  expect(printed.match(/^http:\S+\/graphql\/pictures\/\S+\.png$/gm)).toHaveLength(2);
  await expect.poll(() => countAborted(server.output())).toBe(2);
});

describe.skipIf(skipped)(`in a browser${skipped}`, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-sync"] });
  });
  afterAll(() => browser?.close());

  describe.each(pageNames)("%s", (example) => {
    const server = shared(() => startProcess({ PORT: "0" }));
    const served = shared(async () => servePage(example, await server().url));

    /** The page, once it has the list of models. */
    async function visit(url = served()): Promise<Page> {
      const page = await browser.newPage();
      onTestFinished(() => page.close());
      page.setDefaultTimeout(20_000);
      await page.goto(url);
      await page.locator("option", { hasText: "sandbox-cut" }).waitFor({ state: "attached" });
      return page;
    }

    test("shows an answer as it comes", async () => {
      const page = await visit();
      for (const transport of await listTransports(page)) {
        await transport.choose();
        await ask(page, "gpt-4o-mini", `Hello by ${transport.name}!`);
        await whenAnswered(page);
        const shown = await readShown(page);
        expect(shown.length, transport.name).toBeGreaterThanOrEqual(3);
        expect(shown.at(-1)).toMatch(new RegExp(`^Hello from the sandbox! You said: "Hello by ${transport.name}!"`));
        for (const [place, text] of shown.slice(1).entries()) expect(text.startsWith(shown[place] ?? "")).toBe(true);
      }
    });

    test("stops an answer, upstream as well", async () => {
      const page = await visit();
      for (const transport of await listTransports(page)) {
        const before = countAborted(server().output());
        await transport.choose();
        await ask(page, "sandbox-markdown", "Tell me a lot.");
        await expect.poll(async () => (await readShown(page)).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
        await page.getByRole("button", { name: "Stop" }).click();
        await expect.poll(() => countAborted(server().output()), { timeout: 20_000 }).toBe(before + 1);
        await whenAnswered(page);
      }
    });

    test("tells an answer that broke off from a whole one", async () => {
      const page = await visit();
      for (const transport of await listTransports(page)) {
        await transport.choose();
        await ask(page, "sandbox-cut", "Hello!");
        await whenAnswered(page);
        expect((await readShown(page)).at(-1)).toMatch(/^Hello/);
        await page
          .getByText(/broke off|interrupted/)
          .last()
          .waitFor();
        await page.getByRole("button", { name: "Try again" }).last().waitFor();
      }
    });

    test("says that there were too many requests", async () => {
      const page = await visit();
      await ask(page, "sandbox-rate-limit", "Hello!");
      await page.getByText(/(?:try again in|wait) 2 s/i).waitFor();
    });

    if (example !== "vanilla") {
      test("passes on the pictures that the server keeps", async () => {
        const query =
          'mutation { imageGenerations(input: { model: "gpt-image-1", prompt: "A fox" }) { data { url } } }';
        const made = await fetch(await server().url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ query }),
        });
        const { data } = (await made.json()) as { data: { imageGenerations: { data: { url: string }[] } } };
        const { url = "" } = data.imageGenerations.data[0] ?? {};
        const picture = await fetch(new URL(url, served()), { headers: { range: "bytes=0-7" } });
        expect(picture.status).toBe(206);
        expect(picture.headers.get("content-type")).toBe("image/png");
        expect(picture.headers.get("content-security-policy")).toContain("sandbox");
        expect((await picture.text()).slice(1, 4)).toBe("PNG");
      });
    }

    if (!["vanilla", "react-apollo"].includes(example)) return;
    test.each(["variations", "edits"])("uploads a picture and shows its variations, by /images/%s", async (via) => {
      const server = startProcess({ PORT: "0", IMAGE_VARIATIONS_VIA: via });
      const page = await visit(await servePage(example, await server.url));
      await page.locator("input[type=file]").setInputFiles(join(exampleFolder("node-script"), "picture.png"));
      const button = page.getByRole("button", { name: "Make variations" });
      if (await button.isVisible()) await button.click();
      const readWidths = () => page.evaluate<number[]>("[...document.images].map((image) => image.naturalWidth)");
      await expect.poll(readWidths, { timeout: 20_000 }).toEqual([expect.any(Number), expect.any(Number)]);
      await expect.poll(async () => Math.min(...(await readWidths())), { timeout: 20_000 }).toBeGreaterThan(0);
    });
  });
});

function hasBuild(files: Map<string, string>): boolean {
  return "build" in JSON.parse(files.get("package.json") ?? "{}").scripts;
}

/** How many operations the server has been left by. */
function countAborted(log: string): number {
  return log.split('"code":"ABORTED"').length - 1;
}

/** The ways by which the page can stream, and how to choose each. */
async function listTransports(page: Page): Promise<{ name: string; choose(): Promise<unknown> }[]> {
  const select = page.getByLabel(/Transport|Stream by/);
  const names = (await select.count()) > 0 ? await select.locator("option").allTextContents() : ["default"];
  return names.map((name) => ({
    name,
    choose: async () => (await select.count()) > 0 && select.selectOption({ label: name }),
  }));
}

/** Sends a message to the model, and notes each text that the answer shows. */
async function ask(page: Page, model: string, message: string): Promise<void> {
  await page.getByLabel("Model").selectOption(model);
  await page.getByLabel(/Message|Question/).fill(message);
  await page.evaluate(`{
    window.shown = [];
    window.watcher?.disconnect();
    const count = document.querySelectorAll(".assistant, .answer > p:first-child").length;
    window.watcher = new MutationObserver(() => {
      const text = document.querySelectorAll(".assistant, .answer > p:first-child")[count]?.textContent;
      if (text && text !== "…" && text !== shown.at(-1)) shown.push(text);
    });
    watcher.observe(document.body, { subtree: true, childList: true, characterData: true });
  }`);
  await page.getByRole("button", { name: "Send" }).click();
}

function readShown(page: Page): Promise<string[]> {
  return page.evaluate<string[]>("shown");
}

/** Resolves when the page takes the next message. */
async function whenAnswered(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Send" }).waitFor();
}

// The pages of README and docs/clients.md in React, Vue and Svelte, in a real browser, from another port than the server's.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build, type Loader } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { compile } from "svelte/compiler";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { compileScript, parse } from "vue/compiler-sfc";
import { ENDPOINT, findBlock, ROOT } from "../support/docs.ts";
import { chunk, event, hello, startStreaming, streams, streamsThen } from "../support/stream.ts";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const skipped = existsSync(executablePath) ? "" : ` (skipped: no browser at ${executablePath}; set CHROMIUM_PATH)`;

interface Screen {
  /** What begins the page, as the framework's template does. */
  main: string;
  /** The page's block, as a module. */
  app(): { contents: string; loader: Loader };
}

const screens: Record<string, Screen> = {
  React: {
    main: `import { createElement, StrictMode } from "react";
      import { createRoot } from "react-dom/client";
      import App from "./App";
      createRoot(document.body.firstElementChild).render(createElement(StrictMode, null, createElement(App)));`,
    app: () => ({ contents: findBlock("README.md", "tsx", "export default function App"), loader: "tsx" }),
  },
  Vue: {
    main: `import { createApp } from "vue"; import App from "./App"; createApp(App).mount(document.body.firstElementChild);`,
    app() {
      const { descriptor, errors } = parse(findBlock("docs/clients.md", "vue", "<template>"));
      expect(errors).toEqual([]);
      return { contents: compileScript(descriptor, { id: "app", inlineTemplate: true }).content, loader: "ts" };
    },
  },
  Svelte: {
    main: `import { mount } from "svelte"; import App from "./App"; mount(App, { target: document.body.firstElementChild });`,
    app() {
      const { js, warnings } = compile(findBlock("docs/clients.md", "svelte", "<script"), { generate: "client" });
      expect(warnings).toEqual([]);
      return { contents: js.code, loader: "js" };
    },
  },
};

/** The page as one script, on the server at `url`. */
async function bundle({ main, app }: Screen, url: string): Promise<string> {
  const { contents, loader } = app();
  const ask = findBlock("docs/clients.md", "ts", "export function ask");
  const { outputFiles } = await build({
    stdin: { contents: main, resolveDir: ROOT },
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    conditions: ["browser"],
    define: { "process.env.NODE_ENV": '"development"' },
    logLevel: "error",
    plugins: [
      {
        name: "page",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\.\/(?:App|ask)$/ }, ({ path }) => ({ path, namespace: "page" }));
          onLoad({ filter: /App/, namespace: "page" }, () => ({
            contents: contents.replace(ENDPOINT, url),
            loader,
            resolveDir: ROOT,
          }));
          onLoad({ filter: /ask/, namespace: "page" }, () => ({
            contents: ask.replace(ENDPOINT, url),
            loader: "ts",
            resolveDir: ROOT,
          }));
        },
      },
    ],
  });
  return outputFiles[0]?.text ?? "";
}

describe.skipIf(skipped)(`in a browser${skipped}`, { timeout: 60_000 }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-sync"] });
  });
  afterAll(() => browser?.close());

  async function open(screen: Screen, url: string): Promise<Page> {
    const script = await bundle(screen, url);
    const host = createServer(({ url: path }, res) => {
      res.setHeader("content-type", path === "/" ? "text/html" : "text/javascript");
      res.end(path === "/" ? "<body><div></div><script type=module src=/main.js></script></body>" : script);
    });
    await new Promise<void>((resolve) => host.listen(0, "localhost", resolve));
    onTestFinished(() => void host.close());
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(`http://localhost:${(host.address() as AddressInfo).port}/`);
    return page;
  }

  test.each(Object.entries(screens))(
    "the page in %s streams, shows errors, begins anew and stops",
    async (_, screen) => {
      const { upstream, server } = await startStreaming(streams(hello));
      const page = await open(screen, server.url);
      const [text, alert] = [page.locator("p").first(), page.getByRole("alert")];
      await page.getByRole("textbox").fill("Why?");
      await page.getByText("Ask").click();
      await expect.poll(() => text.textContent(), { timeout: 10_000 }).toBe("Hello");
      expect(await alert.textContent()).toBe("");
      expect(upstream.requests).toHaveLength(1);
      expect(JSON.parse(String(upstream.requests[0]?.body)).messages).toEqual([{ role: "user", content: "Why?" }]);

      upstream.answer = streamsThen(event(chunk("Hel")), (_response, socket) => socket.destroy());
      await page.getByText("Ask").click();
      await expect.poll(() => alert.textContent(), { timeout: 10_000 }).toMatch(/^The upstream's answer broke off/);
      expect(await text.textContent()).toBe("Hel");

      upstream.answer = streamsThen(event(chunk("Again")), () => {});
      await page.getByText("Ask").click();
      await expect.poll(() => text.textContent(), { timeout: 10_000 }).toBe("Again");
      expect(await alert.textContent()).toBe("");
      await page.getByText("Stop").click();
      await upstream.requests.at(-1)?.closed;
      expect(await text.textContent()).toBe("Again");
      expect(upstream.requests).toHaveLength(3);
    },
  );
});

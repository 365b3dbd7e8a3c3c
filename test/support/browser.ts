// GraphiQL in a real browser, if one is installed.
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

/** Why tests in a browser are skipped, for their names; empty if they are not. */
export const skipped = existsSync(executablePath)
  ? ""
  : ` (skipped: no browser at ${executablePath}; set CHROMIUM_PATH)`;

/** Starts the browser; it asks nothing of the network by itself. */
export const launchBrowser = () =>
  chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
  });

/** A visit of its own to GraphiQL, with nothing kept from another; resolves when the editors are there. */
export async function visitGraphiQL(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(url);
  await page.locator(".graphiql-response .view-lines").waitFor();
  return page;
}

/** The whole text of one of GraphiQL's editors, shown or not. */
export const readEditor = (page: Page, name: "operation" | "variables" | "request-headers" | "response") =>
  page.evaluate<string>(
    `__MONACO.editor.getModels().find(({ uri }) => uri.path.includes(${JSON.stringify(name)}))?.getValue() ?? ""`,
  );

// A newcomer's first session in GraphiQL, in a browser if one is installed, with no key: makes a picture, edits it, hears a
// sentence and reads it back. Nothing is typed but the addresses that the answers have.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchBrowser, readEditor, skipped, visitGraphiQL } from "../support/browser.ts";
import { startProcess } from "../support/process.ts";

/** Where to put pictures of the screen, to look at them; none if it is not set. */
const SCREENSHOTS = process.env.SCREENSHOTS;

const shownPictures = (page: Page) =>
  page.evaluate<[string, number][]>(
    `[...document.querySelectorAll(".answer-pictures img")].map((img) => [new URL(img.src).pathname, img.naturalWidth])`,
  );
const readText = (page: Page, selector: string) =>
  page
    .locator(selector)
    .textContent({ timeout: 1_000 })
    .catch(() => "");

describe.skipIf(skipped)(`in a browser${skipped}`, { timeout: 120_000 }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  async function openTab(page: Page, name: string): Promise<void> {
    await page.locator(".graphiql-tabs").getByRole("button", { name, exact: true }).click();
    await expect.poll(() => readEditor(page, "operation")).toContain(` ${name}(`);
  }

  async function setVariables(page: Page, variables: object): Promise<void> {
    const text = JSON.stringify(JSON.stringify(variables, null, 2));
    await page.evaluate(
      `__MONACO.editor.getModels().find(({ uri }) => uri.path.includes("variables")).setValue(${text})`,
    );
    await expect.poll(async () => JSON.parse(await readEditor(page, "variables"))).toEqual(variables);
  }

  /** Runs the open tab's operation and yields its only, or last, result. */
  async function run(page: Page) {
    await page.locator(".graphiql-execute-button").click();
    await expect.poll(() => readEditor(page, "response"), { timeout: 30_000 }).toContain('"data"');
    await page.locator('.graphiql-execute-button[aria-label^="Execute"]').waitFor();
    const { data, errors } = JSON.parse(await readEditor(page, "response"));
    expect(errors).toBeUndefined();
    return data;
  }

  async function takePicture(page: Page, name: string): Promise<void> {
    if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
  }

  test("a picture is made, watched as it is made, and edited by its url; a sentence is heard, and read back", async () => {
    const url = await startProcess({ PORT: "0", SANDBOX_DELAY_MS: "20" }).url;
    const page = await visitGraphiQL(browser, url, { viewport: { width: 1440, height: 900 } });
    onTestFinished(() => page.close());
    const complaints: string[] = [];
    const requested: string[] = [];
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => requested.push(request.url()));

    await openTab(page, "ImageGenerations");
    const [made] = (await run(page)).imageGenerations.data;
    await expect.poll(() => shownPictures(page)).toEqual([[made.url, 1024]]);
    await takePicture(page, "1-made");

    await openTab(page, "ImageStream");
    const last = (await run(page)).imageGenerations;
    expect(last.isPartial).toBe(false);
    // Those before it are gone.
    await expect.poll(() => shownPictures(page)).toEqual([[last.image.url, 1024]]);
    await takePicture(page, "2-watched");

    await openTab(page, "ImageEdits");
    await setVariables(page, { prompt: "Make it night", images: [made.url] });
    const [edited] = (await run(page)).imageEdits.data;
    expect(edited.url).not.toBe(made.url);
    await expect.poll(() => shownPictures(page)).toEqual([[edited.url, 1024]]);
    await takePicture(page, "3-edited");

    await openTab(page, "Speak");
    const { text } = JSON.parse(await readEditor(page, "variables"));
    const spoken = (await run(page)).speak;
    expect(await page.locator(".answer audio").getAttribute("src")).toBe(spoken.url);
    await page.evaluate(`document.querySelector(".answer audio").play()`);
    const readSound = (property: "currentTime" | "duration") =>
      page.evaluate<number>(`document.querySelector(".answer audio").${property}`);
    await expect.poll(() => readSound("currentTime")).toBeGreaterThan(0.1);
    expect(await readSound("duration")).toBeCloseTo(spoken.duration, 1);
    await takePicture(page, "4-heard");

    await openTab(page, "Transcribe");
    await setVariables(page, { file: spoken.url });
    expect((await run(page)).transcribe.text).toBe(text);
    await expect.poll(() => readText(page, ".answer-plain")).toBe(text);
    await takePicture(page, "5-read-back");

    await openTab(page, "Embed");
    const { data } = (await run(page)).embed;
    expect(data.map(({ similarity }: { similarity: number }) => similarity)).toEqual(
      data.map(({ similarity }: { similarity: number }) => similarity).sort((a: number, b: number) => b - a),
    );
    await takePicture(page, "6-compared");
    await openTab(page, "Moderate");
    expect((await run(page)).moderate.results.map(({ flagged }: { flagged: boolean }) => flagged)).toEqual([
      false,
      true,
    ]);
    await takePicture(page, "7-judged");

    expect(complaints).toEqual([]);
    const { origin } = new URL(url);
    expect(
      requested.filter((address) => !address.startsWith(`${origin}/`) && !/^(?:data|blob):/.test(address)),
    ).toEqual([]);
  });
});

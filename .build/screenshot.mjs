// Takes the picture of GraphiQL that README shows, with the answer of the sandbox: npm run screenshot
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const pathOf = (path) => fileURLToPath(new URL(path, import.meta.url));

const server = spawn(process.execPath, [pathOf("../dist/main.js")], {
  // A developer's `.env` is not there.
  cwd: pathOf("../dist"),
  env: { PATH: process.env.PATH, PORT: "0", SANDBOX_DELAY_MS: "0" },
});
let output = "";
const url = await new Promise((resolve, reject) => {
  const collect = (text) => {
    output += text;
    const found = /http:\/\/\S+\/graphql/.exec(output);
    if (found) resolve(found[0]);
  };
  server.stdout.on("data", collect);
  server.stderr.on("data", collect);
  server.on("exit", () => reject(new Error(output)));
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-sync"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 660 }, colorScheme: "light" });
  await page.goto(url);
  await page.getByRole("tab", { name: "Chat", exact: true }).click();
  await page.locator(".graphiql-execute-button").click();
  await page.locator(".graphiql-response").getByText('"data"').waitFor();
  await page.mouse.move(0, 0);
  // The editor draws its colours after the text.
  await page.waitForTimeout(1_500);
  await page.screenshot({ path: pathOf("../docs/graphiql.png") });
} finally {
  await browser.close();
  server.kill();
  await once(server, "close");
}

// docs/performance.md: the bench's page command writes its tables, with the goals and who is ahead.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = join(ROOT, "docs/performance.md");
const run = promisify(execFile);

/** Results of three repeats, as `--json` writes them. */
const results = {
  date: "2026-05-01",
  machine: "2 × a processor, 24 GB",
  node: "v20.18.1",
  benchNode: "v20.18.1",
  load: "3 repeats of 500 ms",
  seconds: 60,
  servers: ["proxy", "ours", "yoga", "mercurius"],
  leftOut: { tailcall: "it does not run here" },
  figures: {
    chatCpu: { proxy: [100, 50, 200], ours: [150, 100, 500], yoga: [900, 900, 900], mercurius: [300, 300, 300] },
    chatRate: { proxy: [10, 10, 10], ours: [4, 4, 4], yoga: [1, 1, 1], mercurius: [5, 5, 5] },
    uploadsPeak: { ours: [180, 180, 180] },
  },
};

/** Writes the results' tables into a copy of a page. */
async function writePage(before: string, ...all: object[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "speed-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const page = join(folder, "page.md");
  writeFileSync(page, before);
  const files = all.map((one, index) => {
    const file = join(folder, `${index}.json`);
    writeFileSync(file, JSON.stringify(one));
    return file;
  });
  await run(process.execPath, [join(ROOT, "bench/page.mjs"), "--page", page, ...files]);
  return readFileSync(page, "utf8");
}

test("a cell is a multiple of the bare proxy in the same repeat, and a goal is met by the median", async () => {
  const page = await writePage(readFileSync(PAGE, "utf8"), results);
  expect(page).toContain("| chat: CPU per request | 100 (50.0–200) µs | 2.00 (1.50–2.50) ×, 150 µs |");
  expect(page).toContain("✓ ≤ 2.0 ×<br>✓ ≤ Mercurius (0.50) |");
  expect(page).toContain("✗ ≥ 0.55 ×<br>✗ ≥ every Node peer (0.80) |");
  expect(page).toContain("2026-05-01; 2 × a processor, 24 GB; Node v20.18.1; 3 repeats of 500 ms, 60 s in all.");
  expect(page).toContain("Without Tailcall (Rust): it does not run here");
});

test("who is ahead is the best peer of each row", async () => {
  const page = await writePage(readFileSync(PAGE, "utf8"), results);
  expect(page).toContain("ahead of every peer on Node in: chat: CPU per request (2.00 × as good as Mercurius, JIT).");
  expect(page).toContain("A peer is ahead in: chat: requests/s (Mercurius, JIT is 1.25 × as good).");
});

test("a goal of one version of Node counts for that version", async () => {
  const page = await writePage(readFileSync(PAGE, "utf8"), results, { ...results, node: "v24.1.0" });
  expect(page).toMatch(/## Node v20\.18\.1\n.*✗ ≤ 170 MB.*## Node v24\.1\.0\n.*✓ ≤ 200 MB/s);
});

test("the page's words stay, and old tables go", async () => {
  const page = "Before.\n<!-- tables -->\nOld.\n<!-- end of tables -->\nAfter.\n";
  const written = await writePage(page, results);
  expect(written).toMatch(/^Before\.\n.*\nAfter\.\n$/s);
  expect(written).not.toContain("Old.");
  expect(await writePage(written, results)).toBe(written);
});

test("its commands are scripts", () => {
  const page = readFileSync(PAGE, "utf8");
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const [, name = ""] of page.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([name]);
});

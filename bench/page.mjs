// Writes the tables of docs/performance.md from the bench's results, and leaves the rest of the page as it is.
// npm run bench:page -- bench/results/node20.json bench/results/node24.json [--page docs/performance.md]
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatResults } from "./report.mjs";

const TABLES = /(?<=<!-- tables -->\n).*(?=<!-- end of tables -->)/s;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { page: { type: "string", default: fileURLToPath(new URL("../docs/performance.md", import.meta.url)) } },
});
if (positionals.length === 0) throw new Error("Which results? Name the files that --json has written.");
const page = readFileSync(values.page, "utf8");
if (!TABLES.test(page)) throw new Error(`${values.page} has no place for tables.`);
const sections = positionals.map((file) => {
  const results = JSON.parse(readFileSync(file, "utf8"));
  return `\n## Node ${results.node}\n\n${formatResults(results)}\n`;
});
writeFileSync(
  values.page,
  page.replace(TABLES, () => `${sections.join("")}\n`),
);

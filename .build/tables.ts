// Writes what is made of the source: the tables of docs, and .env.example. `npm run tables`
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { variables } from "../src/config/variables.ts";
import { errorCodes } from "../src/errors/codes.ts";
import { callerLimits } from "../src/schema/shared/caller-limits.ts";

const ROOT = new URL("..", import.meta.url);

const variableRows = Object.entries(variables).map(([name, { schema, accepts, description }]) => {
  const value = schema.parse(undefined);
  return `| \`${name}\` | ${accepts} | ${value === undefined ? "" : `\`${value}\``} | ${description} |`;
});

const limitRows = Object.entries(callerLimits).map(
  ([name, { absent, appliesTo, code, description }]) =>
    `| \`${name}\` | ${description} Absent: ${absent}. | ${appliesTo} | \`${code}\` |`,
);

const codeRows = Object.entries(errorCodes).map(([code, { cause, remedy, status, isOperationStatus, paid, retry }]) => {
  const http = `${status ?? ""}${isOperationStatus ? "\\*" : ""}`;
  return `| \`${code}\` | ${cause} | ${remedy} | ${http} | ${paid} | ${retry} |`;
});

/** The pages with a table of the source: where it begins, and its rows. */
const tables: readonly { page: string; head: string; rows: string[] }[] = [
  { page: "docs/configuration.md", head: "| Variable | Accepts |", rows: variableRows },
  { page: "docs/security.md", head: "| Limit | | Checked for |", rows: limitRows },
  { page: "docs/errors.md", head: "| Code | Cause |", rows: codeRows },
];

/** Every file that is made of the source, by its path from the root, with the text that it should have. */
export function writtenFiles(): Map<string, string> {
  const written = new Map<string, string>();
  for (const { page, head, rows } of tables) written.set(page, withRows(read(page), head, rows));
  const settings = Object.entries(variables).map(([name, { schema, accepts, description }]) => {
    const words = `# ${description.replaceAll("`", "")} Accepts: ${accepts}.`;
    return `${words}\n# ${name}=${schema.parse(undefined) ?? ""}\n`;
  });
  const [head] = read(".env.example").split("\n");
  return written.set(".env.example", `${head}\n\n${settings.join("\n")}`);
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** The page with these rows below the table's head and its line of dashes. */
function withRows(page: string, head: string, rows: string[]): string {
  const place = page.indexOf(`\n${head}`);
  if (place < 0) throw new Error(`No table begins with "${head}".`);
  const start = page.indexOf("\n", page.indexOf("\n", place + 1) + 1) + 1;
  return page.slice(0, start) + rows.join("\n") + page.slice(page.indexOf("\n\n", start));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of writtenFiles()) writeFileSync(new URL(path, ROOT), text);
}

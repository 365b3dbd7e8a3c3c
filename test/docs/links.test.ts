// Every link between the repository's pages leads to a file, and to a heading that it has.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { variables } from "../../src/config/variables.ts";
import { errorCodes } from "../../src/errors/codes.ts";
import { PAGES, ROOT, readPage } from "../support/docs.ts";

/** Every page of the repository, by its path from the root; packages and what is built are not part of it. */
function findPages(folder = ""): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(?:node_modules|dist|coverage|\.git)$/.test(entry.name) ? [] : findPages(path);
    return path.endsWith(".md") ? [path] : [];
  });
}

const files = findPages();

/** The page without its fenced blocks and code spans, which hold no links or headings. */
function prose(file: string): string {
  return readPage(file)
    .replace(/^ *```.*?^ *```$/gms, "")
    .replace(/`[^`\n]*`/g, (span) => span.replace(/[[\]()]/g, ""));
}

/** The anchors of a page, as GitHub makes them of its headings; one that comes again has a number. */
function anchorsOf(file: string): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...prose(file).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => {
      const anchor = heading
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, "")
        .replaceAll(" ", "-");
      const count = seen.get(anchor) ?? 0;
      seen.set(anchor, count + 1);
      return count === 0 ? anchor : `${anchor}-${count}`;
    }),
  );
}

test("each page is read", () => {
  expect(files).toEqual(expect.arrayContaining([...PAGES, "CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md"]));
});

test.each(files)("the links of %s lead to files and headings", (file) => {
  const links = [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const lost = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? file : normalize(join(dirname(file), path));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !(target.endsWith(".md") && anchorsOf(target).has(anchor));
  });
  expect(lost).toEqual([]);
});

test("README leads to every page of docs", () => {
  const readme = prose("README.md");
  expect(PAGES.filter((page) => page !== "README.md" && !readme.includes(`](${page})`))).toEqual([]);
});

test("README is short", () => {
  expect(readPage("README.md").split("\n").length).toBeLessThan(250);
});

test("every variable and code that the pages name exists", () => {
  const known = new Set([
    ...Object.keys(variables),
    ...Object.keys(errorCodes),
    // GraphQL's enums.
    ...(readPage("schema.graphql")
      .match(/^ {2}[A-Z\d_]+$/gm)
      ?.map((name) => name.trim()) ?? []),
    // Node's, OpenTelemetry's, Compose's and a page's own.
    ...["NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "NODE_COMPILE_CACHE", "GRAFANA_PASSWORD", "CLIENT_KEY", "NEXT_PUBLIC_"],
    ...["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "CHROMIUM_PATH"],
  ]);
  const named = PAGES.flatMap((page) =>
    [...readPage(page).matchAll(/(?<![\w%-])[A-Z][A-Z\d]*(?:_[A-Z\d]+)+_?(?!\w)/g)].map(([name]) => `${page}: ${name}`),
  );
  expect(named.length).toBeGreaterThan(200);
  expect([...new Set(named)].filter((name) => !known.has(name.split(": ")[1] ?? ""))).toEqual([]);
});

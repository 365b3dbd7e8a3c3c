// Every pattern in src takes a time that grows with the text as it does, not with its square: whoever sends the text, no
// pattern holds up the others. Each is tried with texts made for it, of its own words and characters repeated.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst, transformWithEsbuild } from "vite";
import { describe, expect, test } from "vitest";
import { TEMPLATES } from "../src/errors/message-templates.ts";
import { safeMessage } from "../src/errors/safe-messages.ts";
import { findSecrets } from "../src/openai/client/secrets/credentials.ts";
import { redact } from "../src/openai/client/secrets/redact.ts";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

/** Those that meet only a text with a limit of its own, or the operator's. */
const SHORT_TEXTS: readonly string[] = [
  // Names of at most 64 characters.
  "^(models?|modellist|modelid|engine|preset|deployment.*|.*fallback.*)$",
];

/** Builds expressions from parts; tried below with what they read. */
const BUILDERS = ["errors/safe-messages.ts"];

/** Texts of each length take at most this many milliseconds. Most take a hundredth; a square takes several times as many. */
const LENGTHS: readonly [length: number, ms: number][] = [
  [24, 8],
  [500, 8],
  [20_000, 20],
];

/** A text that takes the pattern too long; undefined if there is none. */
function findSlow(run: (text: string) => unknown, source: string): string | undefined {
  const pieces = listPieces(source);
  for (const [length, maxMs] of LENGTHS) {
    for (const [beginning, pump] of pieces) {
      const text = `${beginning}${pump.repeat(Math.ceil(length / pump.length))}\0\n`;
      // The machine has other work as well. It is not away three times in a row.
      if ([1, 2, 3].every(() => measure(() => run(text)) > maxMs)) return `${beginning} ${pump}`;
    }
  }
  return undefined;
}

function measure(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Beginnings, and what to repeat after them. */
function listPieces(source: string): [beginning: string, pump: string][] {
  const literal = source.replace(/\\[pP]\{\w+\}/g, "").replace(/\\([a-zA-Z])/g, "");
  const words = [...new Set(literal.match(/[A-Za-z][\w ]+|:\/\/|::/g) ?? [])].slice(0, 6);
  const schemes = source.includes(":\\/\\/") ? words.map((word) => `${word}://`) : [];
  const marks = [...new Set(literal.replace(/[\w\\^$|?+()]/g, ""))].slice(0, 14);
  const characters = [...new Set([...marks, "a", "Z", "0", " ", "\t", "\n", "*", "/", "("])];
  const pairs = characters.flatMap((one) => characters.map((other) => one + other));
  const withWords = words.flatMap((word) => [word, ...characters.flatMap((mark) => [word + mark, mark + word])]);
  const pumps = [...new Set([...characters, ...pairs, ...withWords])];
  return ["", ...words, ...schemes].flatMap((beginning) => pumps.map((pump): [string, string] => [beginning, pump]));
}

async function readPatterns(file: string): Promise<RegExp[]> {
  const { code } = await transformWithEsbuild(readFileSync(join(SRC, file), "utf8"), file, { target: "esnext" });
  const found: RegExp[] = [];
  JSON.stringify(parseAst(code), (_, node) => {
    if (node?.regex) found.push(new RegExp(node.regex.pattern, node.regex.flags));
    return typeof node === "bigint" ? String(node) : node;
  });
  return found;
}

describe("a pattern that takes too long is found:", () => {
  test.each([
    /\s+$/,
    /^(a+)+$/,
    /^(a|a)*$/,
    /^bearer\s+(.*)$/i,
    /(?:\s|\\n)\s*at (?:\S{1,200} )?\(?(?:file:\/\/|\/)\S*:\d+.*/s,
    /\beyJ[\w-]{8,}\.[\w-]+/g,
    /[\w-]+\*{3,}[\w*-]*|\*{3,}[\w-]{2,}/g,
    /(\b[a-z][a-z\d+.-]*:\/\/[^\s"'`<>(){}]+)/gi,
    /^(?:https?|wss?):\/\/([^/?#@[]+?)[.,;:!]*(?::\d+)?[.,;:!]*(?:[/?#].*)?$/i,
    /(?<![\w.:/-])(?:[\w.@-]*\/)+[\w.-]+\.(?:py|js)(?::\d+)*\b/g,
    /\b(?:api[_ -]?key|secret)["']?\s*:\s*["']?(?=[^\s"']*\d)[^\s"',;)}]{8,}/gi,
  ])("%s", (pattern) => {
    expect(findSlow((text) => text.replace(pattern, ""), pattern.source)).toBeDefined();
  });
});

test("every pattern is linear", { timeout: 120_000 }, async () => {
  const slow: string[] = [];
  let count = 0;
  const seen = new Set<string>();
  for (const file of files) {
    for (const pattern of await readPatterns(file)) {
      if (SHORT_TEXTS.includes(pattern.source) || seen.has(String(pattern))) continue;
      seen.add(String(pattern));
      count++;
      const text = findSlow((given) => given.replace(pattern, ""), pattern.source);
      if (text !== undefined) slow.push(`${file}: ${pattern} at ${JSON.stringify(text)}`);
    }
  }
  expect(slow).toEqual([]);
  expect(count).toBeGreaterThan(80);
});

test("no other file builds an expression", () => {
  const builders = files.filter((file) => /\bRegExp\(/.test(readFileSync(join(SRC, file), "utf8")));
  expect(builders).toEqual(BUILDERS);
});

test("a message of graphql-js' is read in linear time, whatever it quotes", () => {
  for (const template of TEMPLATES) {
    const words = template.replace(/[[\]]|\?$/g, "").split(/\{\w+\}/);
    const read = (text: string) => safeMessage(text, "", { hideSuggestions: false });
    const pumps = ["a", '"a', ' Did you mean "a', '"a", ', " Did you mean ", "!]", ". "];
    for (const length of [500, 60_000]) {
      for (const pump of pumps) {
        const text = words.join(`"${pump.repeat(length / pump.length)}"`);
        expect([template, pump, [1, 2, 3].every(() => measure(() => read(text)) > 30)]).toEqual([
          template,
          pump,
          false,
        ]);
      }
    }
  }
});

test.each([
  ["http://a", ",:"],
  ["https://a", "."],
  ["", "http://"],
  ["", "a://"],
  ["", "a+"],
  ["", "-eyJ"],
  ["", "eyJaaaaaaaa-"],
  ["", "sk-t"],
  ["", "secret:"],
  ["", "%25"],
  ["", "&#"],
  ["", "\\u00"],
  ["", "\\"],
  ["", "..."],
  ["", "*a"],
  ["", "\u0301"],
  ["", "7f3Qz9Lm"],
  ["", "/a@"],
  ["", "a.local."],
  ["", "\t"],
  ["\n", " at /:"],
  ["", 'File "'],
])("an error of %j and many %j is made safe in linear time", (beginning, pump) => {
  const secrets = findSecrets({
    baseUrl: new URL("https://models.example.com/v1"),
    apiKey: "sk-t-7f3Qz9LmX2wV5tR8yB1nK4",
    organization: undefined,
    project: undefined,
  });
  for (const [length, end] of [
    [2_000_000, ""],
    [3_900, "[ @"],
    [3_900, " x"],
  ] as const) {
    const text = `${beginning}${pump.repeat(length / pump.length)}${end}`;
    expect([1, 2, 3].every(() => measure(() => redact(text, secrets)) > 40)).toBe(false);
  }
});

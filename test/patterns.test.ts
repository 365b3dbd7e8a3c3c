// Every regular expression in src takes time linear in the text that it meets, however hostile that is: all of them are found
// in the source, and each meets texts made of what it looks for.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { safeMessage, shortenNames } from "../src/errors/safe-messages.ts";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
/** These meet no more than a few KB, and have tests of their own. */
const ELSEWHERE = /^openai\/client\/(?:redact.*|error-answer)\.ts$/;

/** Longest text: a quadratic pattern takes seconds for it, a linear one a millisecond. */
const MAX_LENGTH = 64 * 1024;
/** Longest time for one text, in milliseconds. */
const MAX_MS = 250;

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".ts") && !ELSEWHERE.test(name),
);

/** A literal, where an expression begins. */
const LITERAL =
  /(?<=(?:^|[(=,[!:?&|]|return)\s*)\/(?![*/])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/([dgimsuvy]*)/gm;

/** Every literal, by the file that it stands in. */
function findPatterns(file: string): [name: string, pattern: RegExp][] {
  const source = readFileSync(join(SRC, file), "utf8").replace(/^\s*(?:\/\/|\/?\*).*$/gm, "");
  const found = [...source.matchAll(LITERAL)];
  return found.map(([text, body = "", flags]) => [`${file}: ${text}`, new RegExp(body, flags)]);
}

const patterns = files.flatMap(findPatterns);

/** Pieces that patterns repeat: their own words, and what stands for the usual classes. */
function piecesOf({ source }: RegExp): string[] {
  const words = source.match(/[a-z]{2,}/gi) ?? [];
  const signs = [..."a0 A-_./:;=,\"'\\[](){}<>*+?!@#$%&|~^\n\r\t", "é", "日", "\ud800", "\0"];
  const pairs = ["a.", "a-", "a ", " a", "0.", "a=", ";a", ",a", "a/", "\\n", '",', '"a', "\r\n", "x=0", "q=0.", "a0"];
  return [...new Set([...signs, ...pairs, ...words])];
}

/** Texts that fit nearly: many of one piece, behind a beginning that fits and before an end that does not. */
function* hostileTexts(pattern: RegExp, length: number): Generator<string> {
  const [beginning = ""] = /^\^?(\w+|\\?[/"<])?/.exec(pattern.source.replace(/\(\?[:=!]/g, "")) ?? [];
  for (const piece of piecesOf(pattern)) {
    const many = piece.repeat(Math.ceil(length / piece.length));
    yield many;
    yield `${beginning.replace(/^[\^\\]+/, "")}${many}\u0001`;
  }
}

/** The time that the slowest text takes, in milliseconds. Longer ones are not tried on a pattern that is slow. */
function slowest(pattern: RegExp): number {
  let worst = 0;
  for (let length = 1_024; length <= MAX_LENGTH && worst < MAX_MS; length *= 4) {
    for (const text of hostileTexts(pattern, length)) {
      const start = performance.now();
      text.replace(pattern, "");
      worst = Math.max(worst, performance.now() - start);
      if (worst > MAX_MS) break;
    }
  }
  return worst;
}

test("the patterns are found", () => {
  expect(patterns.length).toBeGreaterThan(60);
});

test("a pattern that is not linear is noticed", () => {
  expect(slowest(/[a-z]+[a-z]*!/)).toBeGreaterThan(MAX_MS);
});

test.each(patterns)("%s is linear", (_, pattern) => {
  expect(slowest(pattern)).toBeLessThan(MAX_MS);
});

test.each([
  ["names", `Cannot query field "${"a".repeat(MAX_LENGTH)}" on type "Query".`],
  ["lists of names", `Cannot spread fragment "A" within itself via ${'"a", '.repeat(MAX_LENGTH / 5)}`],
  ["suggestions", `Unknown type "A". Did you mean ${'"a", or '.repeat(MAX_LENGTH / 8)}`],
  ["reasons", `Fields "a" conflict because ${'", '.repeat(MAX_LENGTH / 3)}`],
  ["values", `Syntax Error: Unexpected ${'"" '.repeat(MAX_LENGTH / 3)}`],
  ["a value of 8 MB", `Value "${"a".repeat(2 ** 23)}" does not exist in "A" enum.`],
])("a message of many %s is made safe at once", (_, message) => {
  const start = performance.now();
  safeMessage(message, "", { hideSuggestions: false });
  shortenNames(message);
  expect(performance.now() - start).toBeLessThan(MAX_MS);
});

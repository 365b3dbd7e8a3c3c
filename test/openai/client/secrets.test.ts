// The server's secrets in an upstream's words: masked in every form in which an upstream or a gateway may quote them, and
// on every way out.
import { describe, expect, test } from "vitest";
import { findSecrets } from "../../../src/openai/client/secrets/credentials.ts";
import { redact } from "../../../src/openai/client/secrets/redact.ts";
import { chat } from "../../support/calls.ts";
import { startLogged } from "../../support/log.ts";
import { startTestServer } from "../../support/server.ts";
import { failure, startUpstream } from "../../support/upstream.ts";

const KEY = "acme-Prod/Key+7f3Qz9.LmX2~wV5tR8yB1nK4";
const BARE = KEY.replace(/\W/g, "");

const base64 = (text: string) => Buffer.from(text).toString("base64");
const hex = (text: string) => Buffer.from(text).toString("hex");
const bytes = (text: string, format: (byte: string) => string) => hex(text).replace(/../g, format);
const between = (text: string, separator: string) => [...text].join(separator);
const every = (text: string, step: number, separator: string) =>
  text.replace(new RegExp(`.{${step}}`, "gs"), (part) => part + separator);

/** By name: how a key may be written. */
const forms: Record<string, (key: string) => string> = {
  "as it is": (key) => key,
  "in upper case": (key) => key.toUpperCase(),
  "in lower case": (key) => key.toLowerCase(),
  "percent-encoded": encodeURIComponent,
  "percent-encoded, every byte": (key) => bytes(key, (byte) => `%${byte}`),
  "percent-encoded, every byte, in upper case": (key) => bytes(key, (byte) => `%${byte.toUpperCase()}`),
  "percent-encoded in part": (key) => `${bytes(key.slice(0, 6), (byte) => `%${byte}`)}${key.slice(6)}`,
  "percent-encoded twice": (key) => encodeURIComponent(encodeURIComponent(key)),
  "percent-encoded twice, every byte": (key) => bytes(key, (byte) => `%25${byte}`),
  "as UTF-16 percent-encoded": (key) => bytes(key, (byte) => `%u00${byte}`),
  "escaped for JSON": (key) => bytes(key, (byte) => `\\u00${byte}`),
  "escaped for JSON in upper case": (key) => bytes(key, (byte) => `\\u00${byte.toUpperCase()}`),
  "escaped for JSON in part": (key) =>
    `${key.slice(0, 9)}${bytes(key.slice(9, 13), (byte) => `\\u00${byte}`)}${key.slice(13)}`,
  "escaped for JSON twice": (key) => bytes(key, (byte) => `\\\\u00${byte}`),
  "escaped for JavaScript": (key) => bytes(key, (byte) => `\\x${byte}`),
  "escaped by code points": (key) => bytes(key, (byte) => `\\u{${byte}}`),
  "escaped for HTML": (key) => bytes(key, (byte) => `&#x${byte};`),
  "escaped for HTML in decimal": (key) => [...key].map((letter) => `&#${letter.charCodeAt(0)};`).join(""),
  "in hex": hex,
  "in hex, in upper case": (key) => hex(key).toUpperCase(),
  "in hex, byte by byte": (key) => bytes(key, (byte) => `${byte} `),
  "in hex with colons": (key) => bytes(key, (byte) => `${byte}:`),
  "in base64": base64,
  "in base64 for URLs": (key) => Buffer.from(key).toString("base64url"),
  "in base64 with a header's name": (key) => base64(`Bearer ${key}`),
  "in base64 behind one character": (key) => base64(`:${key}`),
  "in base64 between others": (key) => base64(`{"key":"${key}"}`),
  "in base64, broken into lines": (key) => every(base64(key), 8, "\r\n"),
  "with zero-width spaces": (key) => between(key, "\u200b"),
  "with zero-width joiners": (key) => every(key, 3, "\u200d"),
  "with soft hyphens": (key) => every(key, 5, "\u00ad"),
  "with a byte order mark": (key) => every(key, 8, "\ufeff"),
  "with combining marks": (key) => between(key, "\u0301"),
  "with variation selectors": (key) => between(key, "\ufe0f"),
  "with a filler that counts as a letter": (key) => every(key, 2, "\u3164"),
  "with marks of direction": (key) => every(key, 4, "\u202e"),
  "with control characters": (key) => every(key, 4, "\u0007"),
  "with invisible characters, percent-encoded": (key) => every(key, 4, "%E2%80%8B"),
  "with invisible characters, escaped": (key) => every(key, 4, "\\u200b"),
  "with invisible characters by name": (key) => every(key, 4, "&shy;"),
  "with places for a line break": (key) => every(key, 6, "<wbr>"),
  "split by spaces": (key) => every(key, 4, " "),
  "split by line breaks": (key) => every(key, 7, "\r\n\t"),
  "split by escaped line breaks": (key) => every(key, 7, "\\n"),
  "split by other spaces": (key) => every(key, 6, "\u00a0"),
  "split by quotes and plus signs": (key) => every(key, 8, '" + "'),
  "letter by letter": (key) => between(key, "-"),
  "in full width": (key) => key.replace(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
  "its last 12 characters": (key) => key.slice(-12),
  "its last 12 characters, escaped": (key) => bytes(key.slice(-12), (byte) => `\\u00${byte}`),
  "without its first characters": (key) => key.slice(5),
  "without its last characters": (key) => key.slice(0, -5),
  "with a wrong letter": (key) => `${key.slice(0, 19)}_${key.slice(20)}`,
  "its first characters and dots": (key) => `${key.slice(0, 7)}...${key.slice(-4)}`,
  "its first characters and stars": (key) => `${key.slice(0, 7)}****${key.slice(-4)}`,
};

/** Any run of letters of the key by which it could be told, however it is written. */
function findTrace(text: string, key = BARE): string | undefined {
  const read = (given: string) =>
    given
      .normalize("NFKD")
      .toLowerCase()
      .replace(/[^a-z\d]/g, "");
  const letters = read(text);
  const codes = [key, hex(KEY), base64(KEY), base64(KEY).slice(3)];
  const parts = codes.map(read).flatMap((code) => Array.from(code, (_, place) => code.slice(place, place + 7)));
  return parts.find((part) => part.length === 7 && letters.includes(part));
}

const credentials = { baseUrl: new URL("https://gateway.example.com/v1"), organization: undefined, project: undefined };
const secrets = findSecrets({ ...credentials, apiKey: KEY });

describe("the key is masked", () => {
  test.each(Object.entries(forms))("%s", (name, write) => {
    const written = write(KEY);
    for (const text of [
      written,
      `Incorrect API key provided: ${written}.`,
      `{"authorization":"${written}"}`,
      `https://models.example.com/v1?q=${written}&x=1`,
      // Stars and dots show a key only if a word begins like one.
      ...(name.startsWith("its first") ? [] : [`x${written}x`]),
    ]) {
      const safe = redact(text, secrets);
      expect([safe, findTrace(safe)]).toEqual([safe, undefined]);
      expect(safe).toMatch(/\[(masked|address)\]/);
    }
    expect(redact(`It is not a key. ${written}`, secrets)).toMatch(/^It is not a key\. /);
  });

  test.each<[string, string, Parameters<typeof findSecrets>[0]]>([
    [
      "the base URL's password",
      "hunter2-swordfish",
      { ...credentials, apiKey: undefined, baseUrl: new URL("https://me:hunter2-swordfish@example.com/v1") },
    ],
    [
      "a key in its query",
      "q-7f3Qz9LmX2wV",
      { ...credentials, apiKey: undefined, baseUrl: new URL("https://example.com/v1?api-key=q-7f3Qz9LmX2wV") },
    ],
    ["the organization", "org-7f3Qz9LmX2wV", { ...credentials, apiKey: undefined, organization: "org-7f3Qz9LmX2wV" }],
    ["the project", "proj_7f3Qz9LmX2wV", { ...credentials, apiKey: undefined, project: "proj_7f3Qz9LmX2wV" }],
  ])("and so is %s", (_, secret, from) => {
    for (const [name, write] of Object.entries(forms)) {
      // Too little is left of a secret as short as these.
      if (/^with a wrong letter|^without/.test(name)) continue;
      const safe = redact(`It is ${write(secret)}.`, findSecrets(from));
      expect([name, safe]).toEqual([name, expect.stringContaining("[masked]")]);
      expect([name, findTrace(safe, secret.replace(/\W|_/g, ""))]).toEqual([name, undefined]);
    }
  });

  test.each(["none", "EMPTY", "pa$$word"])("a short one, %s, is masked as it is, escaped and in base64", (apiKey) => {
    const short = findSecrets({ ...credentials, apiKey });
    for (const text of [apiKey, encodeURIComponent(apiKey), bytes(apiKey, (byte) => `\\u00${byte}`), base64(apiKey)])
      expect(redact(`Is it ${text}?`, short)).toBe("Is it [masked]?");
    expect(redact("The model does not exist. No network. Past it: a word.", short)).toBe(
      "The model does not exist. No network. Past it: a word.",
    );
  });

  test.each([
    ["lm-studio", "lmstudio-community/DeepSeek-R1-Distill-Qwen-32B-GGUF is not downloaded"],
    ["not-needed", "temperature is not needed for this model"],
    ["sk-no-key-required", "There is no key required for local models"],
    ["placeholder", "Replace the place holder in the template"],
  ])("one of ordinary words, %s, is masked as it is, and the words stay", (apiKey, text) => {
    const words = findSecrets({ ...credentials, apiKey });
    expect(redact(text, words)).toBe(text);
    for (const written of [
      apiKey,
      apiKey.toUpperCase(),
      [...apiKey].join("\u200b"),
      bytes(apiKey, (byte) => `%${byte}`),
    ])
      expect(redact(`Is it ${written}?`, words)).toBe("Is it [masked]?");
  });

  test("words that only look like a part of it stay", () => {
    const text = "The key of acme Prod is for production: see https://acme.example.com/Key?id=7f3&of=LmX2#wV5.";
    expect(redact(text, secrets)).toBe(text);
  });

  test("a key at the cut does not show", () => {
    for (const length of [3_950, 3_970, 3_990, 4_000, 8_000]) {
      expect(findTrace(redact(`${"a ".repeat(length / 2)}${KEY} and more`, secrets))).toBeUndefined();
    }
  });
});

test("no way out shows the key: errors, extensions, request ids, the log", async () => {
  const written = Object.values(forms).map((write) => write(KEY));
  const upstream = await startUpstream(() => {});
  const logged = await startLogged(upstream.url, { OPENAI_API_KEY: KEY, MAX_RETRIES: "0" });
  const ids = [`req_${hex(KEY).slice(0, 64)}`, KEY.replace(/\W/g, "."), hex(KEY), KEY.slice(-12)];
  const answers = [
    ...written.map((text) => failure(400, { message: `Wrong key: ${text}`, type: text, code: text, param: text })),
    ...ids.map((id) => failure(400, { message: "no" }, { "x-request-id": id })),
  ];
  for (const answer of answers) {
    upstream.answer = answer;
    const { text, body } = await logged.server.query(chat);
    expect(body.errors[0].extensions.code).toBe("UPSTREAM_BAD_REQUEST");
    expect(findTrace(text)).toBeUndefined();
  }
  await logged.operations(answers.length);
  expect(findTrace(logged.text())).toBeUndefined();
  expect(logged.server.faults).toEqual([]);
});

test("a caller's own key that is passed through is masked, too", async () => {
  const upstream = await startUpstream((request, res) => {
    const [, key = ""] = String(request.headers.authorization).split(" ");
    res.writeHead(401, { "x-request-id": `req_${hex(key).slice(0, 40)}` });
    res.end(JSON.stringify({ error: { message: `Wrong: ${hex(key)}, ${key.slice(-12)}, ${base64(key)}` } }));
  });
  const server = await startTestServer(upstream.url, { AUTH: "passthrough", OPENAI_API_KEY: "" });
  const { body, text } = await server.query(chat, undefined, {
    headers: { authorization: `Bearer ${KEY.replace("/", ".")}` },
  });
  expect(body.errors[0].message).toBe("Wrong: [masked], [masked], [masked]");
  expect(findTrace(text)).toBeUndefined();
});

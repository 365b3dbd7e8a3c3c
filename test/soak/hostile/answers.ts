// Answers that are huge, or become huge by aliases, and that nobody reads.
import type { Attack, Target } from "./attack.ts";
import { aliases, ask, chat, operation, readFor, STREAM_HEADERS, sendUnread } from "./requests.ts";

const HOLD_MS = 3_000;
const PICTURE = "data:image/png;base64,iVBORw0KGgo=";

export const answers: Attack[] = [
  {
    name: "huge pictures",
    limits: {},
    pauseMs: 12_000,
    round(target) {
      const input = `{ image: "${PICTURE}", model: "attack-picture", responseFormat: B64_JSON }`;
      const selection = `imageVariations(input: ${input}) { data { ${aliases("b64Json")} } }`;
      return sendUnread(target, operation(target.key, { query: `mutation { ${selection} }` }), HOLD_MS);
    },
  },
  textOf(16, 30),
  textOf(24, 2),
  {
    name: "texts so far",
    limits: {},
    pauseMs: 12_000,
    round(target) {
      const body = chat("tokens", `chat(input: $input) { ${aliases("textSoFar")} }`, true);
      return readFor(target, operation(target.key, body, STREAM_HEADERS), HOLD_MS);
    },
  },
  {
    name: "many values",
    limits: {},
    pauseMs: 8_000,
    round: (target) => askChat(target, "values", "choices { index message { content } finishReason }"),
  },
  {
    name: "deep values",
    limits: {},
    pauseMs: 6_000,
    round: (target) => askChat(target, "deep", "text metadata"),
  },
];

function textOf(mebibytes: number, count: number): Attack {
  return {
    name: `texts of ${mebibytes} MiB`,
    limits: {},
    pauseMs: 12_000,
    round(target) {
      const selection = `chat(input: $input) { ${aliases("text", count)} }`;
      return sendUnread(target, operation(target.key, chat(`text-${mebibytes}`, selection)), HOLD_MS);
    },
  };
}

function askChat(target: Target, kind: string, selection: string): Promise<string[]> {
  return ask(target, operation(target.key, chat(kind, `chat(input: $input) { ${selection} }`)));
}

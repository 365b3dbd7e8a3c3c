// The hostile half of the soak's upstream: answers by the model's name, without faults and without delays of its own.
// `attack-…` are those that attacks need; `quick` and `quick-…` answer the measured clients at once.
import type { ServerResponse } from "node:http";
import type { Call } from "../answers.ts";
import type { Answerer } from "../upstream.ts";

type Answer = (res: ServerResponse, call: Call) => void;

const MEBIBYTE = 2 ** 20;
const MODEL = /(?:"model":"|\/models\/|name="model"\r\n\r\n)((?:attack|quick)[\w-]*)/;
const DONE = "data: [DONE]\n\n";

/** Answers every call that names one of these models. */
export const answerHostile: Answerer = (call, res) => {
  // A picture stands before its model, or behind it; so may a prompt.
  const { body } = call;
  const text = `${call.path} ${body.toString("latin1", 0, 4_096)} ${body.toString("latin1", Math.max(0, body.length - 4_096))}`;
  const model = MODEL.exec(text)?.[1];
  if (model === undefined) return false;
  const answer = model.startsWith("quick") ? answerQuickly : hostile[model.slice("attack-".length)];
  if (answer) answer(res, call);
  else res.writeHead(404).end();
  return true;
};

/** At once, with the request's nonce as the text or the model's name. */
const answerQuickly: Answer = (res, { path, nonce, isStream }) => {
  if (path.startsWith("/models")) return sendJson(res, { id: path.slice("/models/".length), object: "model" });
  if (!isStream) return sendJson(res, completion(nonce));
  res.writeHead(200, { "content-type": "text/event-stream" });
  res.end(`${event(nonce)}${event(" and more")}${DONE}`);
};

const hostile: Record<string, Answer> = {
  quick: answerQuickly,
  /** Begins, and never goes on. */
  hang(res, { isStream }) {
    res.writeHead(200, { "content-type": isStream ? "text/event-stream" : "application/json" });
    res.write(isStream ? event("Wait") : "{");
  },
  "text-16": sendMade(() => JSON.stringify(completion("x".repeat(16 * MEBIBYTE)))),
  "text-24": sendMade(() => JSON.stringify(completion("é".repeat(12 * MEBIBYTE)))),
  picture: sendMade(() => JSON.stringify({ created: 1, data: [{ b64_json: "iVBO".repeat(4 * MEBIBYTE) }] })),
  url: sendMade(() => JSON.stringify({ created: 1, data: [{ url: "https://x.test/1" }] })),
  values: sendMade(() => `{"id":"1","object":"chat.completion","choices":[${"{},".repeat(5 * MEBIBYTE)}{}]}`),
  deep: sendMade(() => `{"choices":[],"metadata":${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}}`),
  /** Twenty thousand words. */
  tokens: sendMade(() => `${event("word ").repeat(20_000)}${DONE}`, "text/event-stream"),
  wide: sendMade(() =>
    JSON.stringify({ id: "wide", object: "model", permission: [{ organization: "x".repeat(MEBIBYTE) }] }),
  ),
  /** Refuses in words that are hard to search for keys and addresses. */
  quote(res) {
    const text = repeated[quotes++ % repeated.length] ?? "";
    // A short one, and behind it one that is long enough to be cut.
    const message = [3_900, 60_000].map((length) => `http://a${text.repeat(length).slice(0, length)}[`).join(" ");
    res.writeHead(400, { "content-type": "application/json" });
    res.end(
      JSON.stringify({
        error: { message, type: "invalid_request_error", param: null, code: null },
      }),
    );
  },
};

let quotes = 0;
const repeated = [",:", "sk-", "http://", "Bearer ", "@", " ", "a.", "%25", "[", "1.", "::", "\\u00", " at a"];

/** Sends what is made once, before anything is measured: to make it holds this process up. */
function sendMade(make: () => string, contentType = "application/json"): Answer {
  const made = Buffer.from(make());
  return (res) => {
    res.writeHead(200, { "content-type": contentType, "content-length": made.length });
    res.end(made);
  };
}

function sendJson(res: ServerResponse, value: object): void {
  const text = JSON.stringify(value);
  res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  res.end(text);
}

function completion(content: string): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "quick",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}

function event(content: string): string {
  const choices = [{ index: 0, delta: { content }, finish_reason: null }];
  return `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "quick", choices })}\n\n`;
}

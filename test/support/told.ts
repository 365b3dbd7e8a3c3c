// Answers through the whole server, told in one line each: what a client makes of them. A table of many kinds stays readable so.
import { expect } from "vitest";
import type { TestServer } from "./server.ts";
import { done, event, streams } from "./stream.ts";
import { subscribeSse } from "./subscribe.ts";
import { json, type Upstream } from "./upstream.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape
export type Json = any;

const USAGE = `usage { promptTokens completionTokens totalTokens extra
  promptTokensDetails { cachedTokens } completionTokensDetails { reasoningTokens } }`;
const LOGPROBS = "logprobs { content { token logprob topLogprobs { token logprob } } }";
const SAID = `role content reasoning refusal extra images { url } annotations { url } functionCall { name arguments }`;
const CALL = "id type extra function { name arguments } custom { name input }";
const ENDS = "index finishReason finishReasonRaw extra";
const TEXT = `text textSoFar extra ${USAGE} choices { ${ENDS} text
  logprobs { tokens tokenLogprobs topLogprobs textOffset } }`;
const chatInput = '(input: { model: "m", messages: [{ role: USER, content: "hi" }] })';
const textInput = '(input: { model: "m", prompt: "hi" })';

const documents = {
  chat: {
    whole: `mutation { answer: chat${chatInput} { text extra citations ${USAGE}
      choices { ${ENDS} ${LOGPROBS} said: message { ${SAID} toolCalls { ${CALL} } } } } }`,
    stream: `subscription { answer: chat${chatInput} { text textSoFar extra citations ${USAGE}
      choices { ${ENDS} ${LOGPROBS} said: delta { ${SAID} toolCalls { index ${CALL} } } } } }`,
  },
  complete: {
    whole: `mutation { answer: complete${textInput} { ${TEXT} } }`,
    stream: `subscription { answer: complete${textInput} { ${TEXT} } }`,
  },
};

interface Served {
  upstream: Upstream;
  server: TestServer;
}

/** What a client makes of a whole answer; the same on the first and on a later request of its document. */
export async function tellWhole(
  { upstream, server }: Served,
  of: keyof typeof documents,
  answer: Json,
): Promise<string> {
  upstream.answer = typeof answer === "string" ? (_, res) => res.end(answer) : json(answer);
  const tell = async () => {
    const { body } = await server.query(documents[of].whole);
    return body.errors ? codesOf(body.errors) : told([body.data.answer], JSON.stringify(answer));
  };
  return twice(server, tell);
}

/** What a client makes of a stream of these events, told as a whole answer is. Checks what is promised of each piece. */
export async function tellStream(
  { upstream, server }: Served,
  of: keyof typeof documents,
  events: Json[],
): Promise<string> {
  upstream.answer = streams(...events.map(event), done);
  const tell = async () => {
    const { results, ended } = await subscribeSse(server.url, documents[of].stream);
    expect(await ended).toBe("complete");
    const parts = results.filter(({ data }) => data).map(({ data }) => data.answer);
    checkTexts(parts);
    const line = told(parts, JSON.stringify(events));
    return [line, ...results.flatMap(({ errors }) => (errors ? codesOf(errors) : []))].filter(Boolean).join(" ");
  };
  return twice(server, tell);
}

async function twice(server: TestServer, tell: () => Promise<string>): Promise<string> {
  const first = await tell();
  expect(await tell()).toBe(first);
  expect(server.faults).toEqual([]);
  return first;
}

function codesOf(errors: Json[]): string {
  return errors.map(({ extensions }) => extensions.code).join();
}

function checkTexts(parts: Json[]): void {
  let text = "";
  for (const part of parts) {
    text += part.text ?? "";
    expect(part.textSoFar).toBe(text);
  }
}

/** `sent`: the upstream's bytes, in which an id that was made here is not; it is told as `*`. */
function told(parts: Json[], sent: string): string {
  const choices = new Map<number, Json[]>();
  for (const choice of parts.flatMap((part) => part.choices)) {
    const all = choices.get(choice.index) ?? [];
    choices.set(choice.index, [...all, choice]);
  }
  const numbered = choices.size > 1 || !choices.has(0);
  const lines = [...choices].map(([index, all]) => `${numbered ? `#${index} ` : ""}${tellChoice(all, sent)}`.trim());
  const last = (name: string) => parts.map((part) => part[name]).findLast(Boolean);
  return [
    ...lines,
    ...tellUsage(last("usage")),
    ...tell("citations", last("citations")),
    ...tellAll("extra", pick(parts, "extra")),
  ]
    .filter(Boolean)
    .join(" ");
}

function tellChoice(choices: Json[], sent: string): string {
  const said = choices.map((choice) => choice.said ?? { role: null, content: choice.text });
  const joined = (name: string) => {
    const texts = pick(said, name);
    return texts.length > 0 ? [`${name} ${JSON.stringify(texts.join(""))}`] : [];
  };
  const ends = choices.filter((choice) => choice.finishReasonRaw).map((c) => `${c.finishReason}/${c.finishReasonRaw}`);
  const functions = pick(said, "functionCall");
  const called = functions.map((call) => call.arguments ?? "").join("");
  return [
    ...joined("content"),
    ...joined("reasoning"),
    ...joined("refusal"),
    ...tellCalls(pick(said, "toolCalls").flat(), sent),
    ...(functions.length > 0 ? [`function ${functions[0].name}(${called})`] : []),
    ...tell(
      "images",
      pick(said, "images").flatMap((images) => images.map(({ url }: Json) => url)),
    ),
    ...tell(
      "annotations",
      pick(said, "annotations").flatMap((all) => all.map(({ url }: Json) => url)),
    ),
    ...tellAll("saidExtra", pick(said, "extra")),
    ...(ends.length > 0 ? [`end ${ends.join()}`] : []),
    ...pick(choices, "logprobs").map(tellLogprobs),
    ...tellAll("choiceExtra", pick(choices, "extra")),
  ].join(" ");
}

/** Puts pieces together as clients do: those with one index belong to one call. */
function tellCalls(pieces: Json[], sent: string): string[] {
  const calls: Json[] = [];
  for (const { index = calls.length, id, type, extra, ...piece } of pieces) {
    const { name, arguments: given, input } = piece.function ?? piece.custom ?? {};
    const call = calls[index];
    if (call) expect([id, type, name]).toEqual([null, null, null]);
    else {
      expect(index).toBe(calls.length);
      expect([id, type]).toEqual([expect.stringMatching(/\S/), expect.stringMatching(/\S/)]);
      calls.push({ id, type, name, text: given ?? input ?? "", extra: extra ? [extra] : [] });
      continue;
    }
    call.text += given ?? input ?? "";
    if (extra) call.extra.push(extra);
  }
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  return calls.map(({ id, type, name, text, extra }) => {
    const shownId = sent.includes(`:${JSON.stringify(id)}`) || sent.includes(`"id":${id},`) ? id : "*";
    return [`${name}@${shownId}${type === "function" ? "" : `:${type}`}(${text})`, ...tellAll("", extra)].join("");
  });
}

function tellUsage(usage: Json): string[] {
  if (!usage) return [];
  const { promptTokens, completionTokens, totalTokens, promptTokensDetails, completionTokensDetails, extra } = usage;
  const cached = promptTokensDetails?.cachedTokens;
  const reasoning = completionTokensDetails?.reasoningTokens;
  const line = [
    `usage ${promptTokens}+${completionTokens}=${totalTokens}`,
    ...(cached === undefined || cached === null ? [] : [`cached ${cached}`]),
    ...(reasoning === undefined || reasoning === null ? [] : [`reasoning ${reasoning}`]),
    ...tellAll("usageExtra", extra ? [extra] : []),
  ];
  return [line.join(" ")];
}

function tellLogprobs({ content, ...lists }: Json): string {
  if (content === undefined) return `logprobs ${JSON.stringify(Object.values(lists))}`;
  const tokens = (content ?? []).map(({ token, logprob, topLogprobs }: Json) => {
    const top = (topLogprobs ?? []).map((one: Json) => `${one.token}${one.logprob}`);
    return `${token}${logprob}${top.length > 0 ? `{${top.join()}}` : ""}`;
  });
  return `logprobs ${content ? tokens.join(" ") : null}`;
}

function pick(records: Json[], name: string): Json[] {
  return records.map((record) => record[name]).filter((value) => value !== null && value !== undefined);
}

function tell(name: string, values: Json[] | undefined): string[] {
  return values && values.length > 0 ? [`${name} ${values.join()}`] : [];
}

function tellAll(name: string, values: Json[]): string[] {
  return values.length > 0 ? [`${name}${values.map((value) => JSON.stringify(value)).join("+")}`] : [];
}

// The operations of the soak's clients: every one of the schema over every transport, each with a nonce of its own.

import { answerChat } from "../../src/sandbox/chat/answer.ts";
import { continuePrompt } from "../../src/sandbox/completions/answer.ts";
import { post, type Run, type Send, sse, ws } from "./clients.ts";
import { modalities } from "./modalities.ts";

const CHAT = 'chat(input: { model: "gpt-4o-mini", messages: [{ role: USER, content: $nonce }] }) { text }';
const COMPLETE = 'complete(input: { model: "gpt-3.5-turbo-instruct", prompt: [$nonce], maxTokens: 200 }) { text }';

/** By name; the names are those of the report. */
export const operations: Record<string, Run> = {
  models: async (url, _, signal) => {
    const results = await post(url, "query { models { id } }", {}, signal);
    return { results, found: String(results[0].data?.models?.[0].id), wanted: null };
  },
  model: async (url, nonce, signal) => {
    const results = await post(url, "query ($nonce: ID!) { model(id: $nonce) { id } }", { nonce }, signal);
    return { results, found: String(results[0].data?.model?.id), wanted: nonce };
  },
  chat: ask(post, `mutation ($nonce: String!) { ${CHAT} }`),
  complete: ask(post, `mutation ($nonce: String!) { ${COMPLETE} }`),
  "chat over SSE": ask(sse, `subscription ($nonce: String!) { ${CHAT} }`),
  "complete over SSE": ask(sse, `subscription ($nonce: String!) { ${COMPLETE} }`),
  "chat over WebSocket": ask(ws, `subscription ($nonce: String!) { ${CHAT} }`),
  "complete over WebSocket": ask(ws, `subscription ($nonce: String!) { ${COMPLETE} }`),
  ...modalities,
};

/** Sends the nonce as a prompt; the text of all results is to be what the sandbox says to it. */
function ask(send: Send, query: string): Run {
  return async (url, nonce, signal) => {
    const results = await send(url, query, { nonce }, signal);
    const found = results.map(({ data }) => (data?.chat ?? data?.complete)?.text ?? "").join("");
    const messages = [{ role: "user" as const, content: nonce }];
    const isChat = query.includes(CHAT);
    const wanted = isChat ? answerChat({ model: "gpt-4o-mini", messages }, 0) : continuePrompt(nonce, null, 0);
    return { results, found, wanted };
  };
}

// The requests of the upstream's own REST API, for the bare proxy and for the upstream itself.
import { chatAnswer, chatEvents, MODELS_ANSWER, openEvent, variationAnswer } from "../answers.mjs";
import { readEvent, readEvents } from "../load/check.mjs";
import { ACCEPT_EVENTS, ACCEPT_JSON, createChatInput, MAX_OPEN_TOKENS, postJson } from "./dialect.mjs";

export const rest = {
  chat: ({ prompt }) => ({
    ...postJson("/v1/chat/completions", ACCEPT_JSON, createChatInput("gpt-4o-mini", prompt)),
    read: JSON.parse,
    expect: chatAnswer,
  }),
  models: () => ({
    method: "GET",
    path: "/v1/models",
    headers: ACCEPT_JSON,
    read: JSON.parse,
    expect: () => MODELS_ANSWER,
  }),
  streams: ({ prompt, model = "gpt-4o-mini" }) => ({
    ...askForStream(createChatInput(model, prompt)),
    read: readEvents,
    expect: (nonce) => [...chatEvents(nonce), "[DONE]"],
  }),
  openStreams: ({ prompt }) => ({
    ...askForStream(createChatInput("open", prompt, MAX_OPEN_TOKENS)),
    read: readEvent,
    expect: openEvent,
  }),
  uploads: () => ({
    path: "/v1/images/variations",
    headers: ACCEPT_JSON,
    fields: { model: "dall-e-2" },
    file: "image",
    read: JSON.parse,
    expect: variationAnswer,
  }),
};

function askForStream(input) {
  const body = { ...input, stream: true, stream_options: { include_usage: true } };
  return postJson("/v1/chat/completions", ACCEPT_EVENTS, body);
}

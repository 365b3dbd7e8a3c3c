// The requests in this server's schema, which some peers have, too (peers/schema.mjs).
import { chatAnswer, chatEvents, MODELS_ANSWER, openEvent, variationAnswer } from "../answers.mjs";
import { readEvent, readEvents } from "../load/check.mjs";
import { ACCEPT_EVENTS, ACCEPT_JSON, createUploadEntry, MAX_OPEN_TOKENS, MAX_TOKENS, postJson } from "./dialect.mjs";

/** The document of a chat, which this server also trusts by its id. */
export const CHAT = `mutation Chat($input: ChatInput!) {
  chat(input: $input) {
    id created model
    choices { index message { role content } finishReason }
    usage { promptTokens completionTokens totalTokens }
  }
}`;
const MODELS = "query Models { models { id object created ownedBy } }";
const STREAM = `subscription Chat($input: ChatInput!) {
  chat(input: $input) {
    id model
    choices { index delta { role content } finishReason }
    usage { promptTokens completionTokens totalTokens }
  }
}`;
const VARIATIONS = `mutation Variations($input: ImageVariationsInput!) {
  imageVariations(input: $input) { created data { url } }
}`;

export const graphql = {
  chat: ({ prompt, name = "Chat", alias }) => {
    const query = CHAT.replace("Chat", name).replace("chat(", alias ? `${alias}: chat(` : "chat(");
    return {
      ...postJson("/graphql", ACCEPT_JSON, { query, variables: { input: createInput("gpt-4o-mini", prompt) } }),
      read: JSON.parse,
      expect: (nonce, given = "chat") => ({ data: { [given]: toChat(chatAnswer(nonce)) } }),
    };
  },
  models: () => ({
    ...postJson("/graphql", ACCEPT_JSON, { query: MODELS }),
    read: JSON.parse,
    expect: () => ({
      data: {
        models: MODELS_ANSWER.data.map(({ id, object, created, owned_by }) => ({
          id,
          object,
          created: toTime(created),
          ownedBy: owned_by,
        })),
      },
    }),
  }),
  streams: ({ prompt, model = "gpt-4o-mini" }) => ({
    ...askForStream(createInput(model, prompt)),
    read: readEvents,
    expect: (nonce) => chatEvents(nonce).map((event) => ({ data: { chat: toChunk(event) } })),
  }),
  openStreams: ({ prompt }) => ({
    ...askForStream(createInput("open", prompt, MAX_OPEN_TOKENS)),
    read: readEvent,
    expect: (nonce, stamp) => ({ data: { chat: toChunk(openEvent(nonce, stamp)) } }),
  }),
  uploads: () => ({
    ...createUploadEntry(VARIATIONS),
    read: JSON.parse,
    expect: (nonce, bytes) => {
      const { created, data } = variationAnswer(nonce, bytes);
      return { data: { imageVariations: { created: toTime(created), data } } };
    },
  }),
};

function createInput(model, prompt, maxCompletionTokens = MAX_TOKENS) {
  return { model, messages: [{ role: "USER", content: prompt }], maxCompletionTokens };
}

function askForStream(input) {
  return postJson("/graphql", ACCEPT_EVENTS, { query: STREAM, variables: { input } });
}

function toChat({ id, created, model, choices, usage }) {
  return {
    id,
    created: toTime(created),
    model,
    choices: choices.map(({ index, message: { role, content }, finish_reason }) => ({
      index,
      message: { role: role.toUpperCase(), content },
      finishReason: toFinishReason(finish_reason),
    })),
    usage: toUsage(usage),
  };
}

function toChunk({ id, model, choices, usage }) {
  return {
    id,
    model,
    choices: choices.map(({ index, delta: { role, content }, finish_reason }) => ({
      index,
      delta: { role: role?.toUpperCase() ?? null, content: content ?? null },
      finishReason: toFinishReason(finish_reason),
    })),
    usage: toUsage(usage),
  };
}

const toFinishReason = (reason) => reason?.toUpperCase() ?? null;
const toTime = (seconds) => new Date(seconds * 1000).toISOString();
const toUsage = (usage) =>
  usage && {
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens,
    totalTokens: usage.total_tokens,
  };

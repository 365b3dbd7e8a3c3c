// The requests for peers that derive their schema from a description of the upstream: names and values as the upstream
// spells them.
import { chatAnswer, MODELS_ANSWER, variationAnswer } from "../answers.mjs";
import { ACCEPT_JSON, createChatInput, createUploadEntry, postJson } from "./dialect.mjs";

const CHAT = `mutation Chat($input: ChatInput_Input!) {
  chat(input: $input) {
    id created model
    choices { index message { role content } finish_reason }
    usage { prompt_tokens completion_tokens total_tokens }
  }
}`;
const VARIATIONS = `mutation Variations($input: ImageVariationsInput_Input!) {
  imageVariations(input: $input) { created data { url } }
}`;

export const snakeCase = {
  chat: ({ prompt }) => ({
    ...postJson("/graphql", ACCEPT_JSON, { query: CHAT, variables: { input: createChatInput("gpt-4o-mini", prompt) } }),
    read: JSON.parse,
    expect: (nonce) => {
      const { id, created, model, choices, usage } = chatAnswer(nonce);
      const { prompt_tokens, completion_tokens, total_tokens } = usage;
      const toChoice = ({ index, message: { role, content }, finish_reason }) => ({
        index,
        message: { role, content },
        finish_reason,
      });
      return {
        data: {
          chat: {
            id,
            created,
            model,
            choices: choices.map(toChoice),
            usage: { prompt_tokens, completion_tokens, total_tokens },
          },
        },
      };
    },
  }),
  models: () => ({
    ...postJson("/graphql", ACCEPT_JSON, { query: "query Models { models { data { id object created owned_by } } }" }),
    read: JSON.parse,
    expect: () => ({ data: { models: { data: MODELS_ANSWER.data } } }),
  }),
  uploads: () => ({
    ...createUploadEntry(VARIATIONS),
    read: JSON.parse,
    expect: (nonce, bytes) => ({ data: { imageVariations: variationAnswer(nonce, bytes) } }),
  }),
};

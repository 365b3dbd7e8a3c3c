// The types for the log probabilities of a chat answer's tokens.
import type {
  ChoiceLogprobs as OpenAIChoiceLogprobs,
  TokenLogprob as OpenAITokenLogprob,
  TopLogprob as OpenAITopLogprob,
} from "../../openai/chat.ts";
import { builder } from "./builder.ts";
import { readFloat, readInt, readList, readObjects, readString } from "./lenient.ts";

/** OpenAI's own word for "very unlikely": https://platform.openai.com/docs/api-reference/chat/object */
const VERY_UNLIKELY = -9999;

const TopLogprob = builder.objectRef<OpenAITopLogprob>("TopLogprob").implement({
  description: "A token that the model considered for this position.",
  fields: (t) => ({
    token: t.string({
      nullable: false,
      description: "The token's text.",
      resolve: (top) => readString(top.token) ?? "",
    }),
    logprob: t.float({
      nullable: false,
      description: "Natural logarithm of its probability; -9999 means very unlikely.",
      resolve: (top) => readFloat(top.logprob) ?? VERY_UNLIKELY,
    }),
    bytes: t.intList({
      description: "The token's UTF-8 bytes, 0 to 255; a character can span several tokens. Null if it has no bytes.",
      resolve: (top) => readList(top.bytes, readInt),
    }),
  }),
});

/** A token of a chat's choice, or of a transcription. */
export const TokenLogprob = builder.objectRef<OpenAITokenLogprob>("TokenLogprob").implement({
  description: "A token of the answer and how likely it was.",
  fields: (t) => ({
    token: t.string({
      nullable: false,
      description: "The token's text.",
      resolve: (token) => readString(token.token) ?? "",
    }),
    logprob: t.float({
      nullable: false,
      description: "Natural logarithm of its probability; -9999 means very unlikely.",
      resolve: (token) => readFloat(token.logprob) ?? VERY_UNLIKELY,
    }),
    bytes: t.intList({
      description: "The token's UTF-8 bytes, 0 to 255; a character can span several tokens. Null if it has no bytes.",
      resolve: (token) => readList(token.bytes, readInt),
    }),
    topLogprobs: t.field({
      type: [TopLogprob],
      description: "The likeliest tokens at this position, as many as `topLogprobs` of the request asks for.",
      resolve: (token) => readObjects<OpenAITopLogprob>(token.top_logprobs),
    }),
  }),
});

/** The log probabilities of a choice, whole or streamed. */
export const ChoiceLogprobs = builder.objectRef<OpenAIChoiceLogprobs>("ChoiceLogprobs").implement({
  description: "Log probabilities of a choice's tokens.",
  fields: (t) => ({
    content: t.field({
      type: [TokenLogprob],
      description: "Those of the content's tokens. Null if there are none.",
      resolve: (logprobs) => readObjects<OpenAITokenLogprob>(logprobs.content),
    }),
    refusal: t.field({
      type: [TokenLogprob],
      description: "Those of the refusal's tokens. Null if there are none.",
      resolve: (logprobs) => readObjects<OpenAITokenLogprob>(logprobs.refusal),
    }),
  }),
});

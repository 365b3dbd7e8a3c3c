// The part of this server's schema that the bench uses, written by hand for the GraphQL peers: they get the same documents
// and give the same answers. `upstream` is each peer's own HTTP client.
import { makeExecutableSchema } from "@graphql-tools/schema";

const typeDefs = /* GraphQL */ `
  scalar DateTime
  scalar Upload

  enum ChatRole { SYSTEM USER ASSISTANT }
  enum FinishReason { STOP LENGTH CONTENT_FILTER TOOL_CALLS }

  input ChatMessageInput { role: ChatRole! content: String }
  input ChatInput { model: String! messages: [ChatMessageInput!]! maxCompletionTokens: Int }
  input ImageVariationsInput { image: Upload! model: String }

  type ChatMessage { role: ChatRole content: String }
  type ChatChoice { index: Int! message: ChatMessage! finishReason: FinishReason }
  type Usage { promptTokens: Int completionTokens: Int totalTokens: Int }
  type ChatCompletion { id: ID! created: DateTime model: String choices: [ChatChoice!]! usage: Usage }

  type ChatDelta { role: ChatRole content: String }
  type ChatChunkChoice { index: Int! delta: ChatDelta! finishReason: FinishReason }
  type ChatCompletionChunk { id: ID! model: String choices: [ChatChunkChoice!]! usage: Usage }

  type Model { id: ID! object: String created: DateTime ownedBy: String }
  type Image { url: String }
  type ImagesResponse { created: DateTime data: [Image!]! }

  type Query { models: [Model!] }
  type Mutation {
    chat(input: ChatInput!): ChatCompletion
    imageVariations(input: ImageVariationsInput!): ImagesResponse
  }
  type Subscription { chat(input: ChatInput!): ChatCompletionChunk! }
`;

const created = ({ created }) => new Date(created * 1000).toISOString();
const finishReason = (choice) => choice.finish_reason;

/**
 * Builds it. `upstream` has `chat(request)`, `models()` and, if the peer can stream, `streamChat(request)`, which iterates
 * over chunks, and `createVariation({ image, model })`. `scalars` are resolvers of the scalars that need some.
 */
export function createSchema(upstream, scalars = {}) {
  return makeExecutableSchema({
    typeDefs,
    resolvers: {
      ...scalars,
      ChatRole: { SYSTEM: "system", USER: "user", ASSISTANT: "assistant" },
      FinishReason: {
        STOP: "stop",
        LENGTH: "length",
        CONTENT_FILTER: "content_filter",
        TOOL_CALLS: "tool_calls",
      },
      Query: { models: async () => (await upstream.models()).data },
      Mutation: {
        chat: (_, { input }) => upstream.chat(createRequest(input)),
        imageVariations: async (_, { input: { image, model } }) =>
          upstream.createVariation({ image: await image, model }),
      },
      Subscription: {
        chat: {
          subscribe: (_, { input }) =>
            upstream.streamChat({
              ...createRequest(input),
              stream: true,
              stream_options: { include_usage: true },
            }),
          resolve: (chunk) => chunk,
        },
      },
      ChatCompletion: { created },
      Model: { created, ownedBy: (model) => model.owned_by },
      ImagesResponse: { created },
      ChatChoice: { finishReason },
      ChatChunkChoice: { finishReason },
      Usage: {
        promptTokens: (usage) => usage.prompt_tokens,
        completionTokens: (usage) => usage.completion_tokens,
        totalTokens: (usage) => usage.total_tokens,
      },
    },
  });
}

function createRequest({ model, messages, maxCompletionTokens }) {
  return { model, messages, max_completion_tokens: maxCompletionTokens };
}

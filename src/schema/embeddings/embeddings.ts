// Mutation.embed: POST /embeddings.
import {
  createEmbeddings,
  type Embeddings,
  type EmbeddingsUsage as OpenAIEmbeddingsUsage,
} from "../../openai/embeddings/embeddings.ts";
import type { Vector, Vectors } from "../../openai/embeddings/vectors.ts";
import { builder } from "../shared/builder.ts";
import { readInt, readObject, readString } from "../shared/lenient.ts";
import { createEmbeddingRequest, EmbedInput } from "./input.ts";

/** A vector, and those that it can be compared with. */
interface ListedVector {
  readonly vector: Vector;
  readonly vectors: Vectors;
}

const Embedding = builder.objectRef<ListedVector>("Embedding").implement({
  description: "The vector of one text.",
  fields: (t) => ({
    index: t.int({
      nullable: false,
      description: "The text's number, from 0.",
      resolve: ({ vector }) => vector.index,
    }),
    embedding: t.floatList({
      nullable: false,
      description:
        "The vector as numbers: with the upstream's digits or, where it sends base64, with as many as tell a 32-bit float from all others.",
      // A KeptJson is written as the list that it stands for.
      resolve: ({ vector, vectors }) => vectors.numbersOf(vector) as number[],
    }),
    base64: t.string({
      nullable: false,
      description:
        "The vector as base64 of 32-bit floats, little-endian: a fraction of the bytes of `embedding`, and quick to read.",
      resolve: ({ vector }) => vector.base64() as unknown as string,
    }),
    dimensions: t.int({
      nullable: false,
      description: "How many numbers the vector has.",
      resolve: ({ vector }) => vector.dimensions,
    }),
    similarity: t.float({
      description:
        "Cosine of the angle between this vector and another text's, -1 to 1: the nearer the meanings, the higher. It ranks texts without sending vectors. Null if there is no such text, or a vector is all zeros.",
      args: { to: t.arg.int({ required: true, description: "The other text's number, from 0." }) },
      resolve: ({ vector, vectors }, { to }) => vectors.similarity(vector, to),
    }),
  }),
});

const EmbeddingsUsage = builder.objectRef<OpenAIEmbeddingsUsage>("EmbeddingsUsage").implement({
  description: "The tokens of a request for vectors. A field is null if the upstream does not report it.",
  fields: (t) => ({
    promptTokens: t.int({ description: "Tokens of the texts.", resolve: (usage) => readInt(usage.prompt_tokens) }),
    totalTokens: t.int({ description: "All tokens: the same.", resolve: (usage) => readInt(usage.total_tokens) }),
  }),
});

const EmbeddingsResponse = builder.objectRef<Embeddings>("EmbeddingsResponse").implement({
  description: "The vectors of texts. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    data: t.field({
      type: [Embedding],
      nullable: false,
      description: "The vectors, one for each text, in their order.",
      resolve: ({ vectors }) => vectors.list.map((vector) => ({ vector, vectors })),
    }),
    model: t.string({
      description: "The full name of the model that made them.",
      resolve: (answer) => readString(answer.model),
    }),
    object: t.string({ description: "Always `list`.", resolve: (answer) => readString(answer.object) }),
    usage: t.field({
      type: EmbeddingsUsage,
      description: "The tokens used.",
      resolve: (answer) => readObject<OpenAIEmbeddingsUsage>(answer.usage),
    }),
  }),
});

builder.mutationField("embed", (t) =>
  t.field({
    type: EmbeddingsResponse,
    description:
      "Turns texts into vectors, which are the nearer the more the texts' meanings have in common.\n\nREST: `POST /embeddings`",
    args: { input: t.arg({ type: EmbedInput, required: true, description: "The request." }) },
    resolve: (_, { input }, { openai, signal, requestLimits }) =>
      createEmbeddings(openai, createEmbeddingRequest(input, requestLimits), signal),
  }),
);

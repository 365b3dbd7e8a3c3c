// Mutation.moderate: POST /moderations.
import {
  createModeration,
  type Moderation as OpenAIModeration,
  type Moderations as OpenAIModerations,
} from "../../openai/moderations/moderations.ts";
import { builder } from "../shared/builder.ts";
import { readBoolean, readFloat, readList, readObject, readObjects, readString } from "../shared/lenient.ts";
import { createModerationRequest, discardFiles, ModerateInput } from "./input.ts";

/** What an upstream says of one category, in three maps. */
interface JudgedCategory {
  readonly name: string;
  readonly flagged: unknown;
  readonly score: unknown;
  readonly appliedInputTypes: unknown;
}

const ModerationCategory = builder.objectRef<JudgedCategory>("ModerationCategory").implement({
  description: "What the model thinks of one category. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    name: t.exposeString("name", {
      nullable: false,
      description: "The category in the upstream's spelling, such as `harassment/threatening`.",
    }),
    flagged: t.boolean({
      description: "Whether the category applies.",
      resolve: ({ flagged }) => readBoolean(flagged),
    }),
    score: t.float({
      description: "How sure the model is that it does, 0 to 1.",
      resolve: ({ score }) => readFloat(score),
    }),
    appliedInputTypes: t.stringList({
      description: "What was looked at for it: `text`, `image`.",
      resolve: ({ appliedInputTypes }) => readList(appliedInputTypes, readString),
    }),
  }),
});

const Moderation = builder.objectRef<OpenAIModeration>("Moderation").implement({
  description: "A judgement.",
  fields: (t) => ({
    flagged: t.boolean({
      description: "Whether any category applies. Null if the upstream leaves it out.",
      resolve: ({ flagged }) => readBoolean(flagged),
    }),
    categories: t.field({
      type: [ModerationCategory],
      nullable: false,
      description: "All categories that the upstream names.",
      resolve: readCategories,
    }),
  }),
});

/** The categories of all maps: servers leave one or the other out. */
function readCategories(moderation: OpenAIModeration): JudgedCategory[] {
  const flags = readMap(moderation.categories);
  const scores = readMap(moderation.category_scores);
  const types = readMap(moderation.category_applied_input_types);
  const names = new Set([...flags.keys(), ...scores.keys(), ...types.keys()]);
  return [...names].map((name) => ({
    name,
    flagged: flags.get(name),
    score: scores.get(name),
    appliedInputTypes: types.get(name),
  }));
}

function readMap(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(readObject<Record<string, unknown>>(value) ?? {}));
}

const ModerationResponse = builder.objectRef<OpenAIModerations>("ModerationResponse").implement({
  description: "What the model thinks of texts and images.",
  fields: (t) => ({
    id: t.exposeID("id", {
      nullable: false,
      description: "The upstream's id of the answer. This server makes one up if the upstream sends none.",
    }),
    model: t.string({
      description: "The full name of the model that judged. Null if the upstream leaves it out.",
      resolve: ({ model }) => readString(model),
    }),
    results: t.field({
      type: [Moderation],
      nullable: false,
      description: "One judgement for each text of `input`, in their order, or one for all `parts`.",
      resolve: ({ results }) => readObjects<OpenAIModeration>(results) ?? [],
    }),
  }),
});

builder.mutationField("moderate", (t) =>
  t.field({
    type: ModerationResponse,
    description: "Judges whether texts and images are harmful.\n\nREST: `POST /moderations`",
    args: { input: t.arg({ type: ModerateInput, required: true, description: "The request." }) },
    resolve: async (_, { input }, context) => {
      try {
        return await createModeration(context.openai, await createModerationRequest(input, context), context.signal);
      } finally {
        discardFiles(input);
      }
    },
  }),
);

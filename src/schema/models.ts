// Query.models and Query.model: GET /models and GET /models/{model}.
import {
  listModels,
  type Model as OpenAIModel,
  type ModelPermission as OpenAIModelPermission,
  retrieveModel,
} from "../openai/models.ts";
import { builder } from "./shared/builder.ts";
import { checkModelName } from "./shared/checks.ts";
import { readBoolean, readDay, readObjects, readString, readTime } from "./shared/lenient.ts";

const ModelPermission = builder.objectRef<OpenAIModelPermission>("ModelPermission").implement({
  description: "What may be done with a model, as older and compatible servers (vLLM) tell it. Null: not told.",
  fields: (t) => ({
    id: t.id({ description: "The permission's own id.", resolve: (permission) => readString(permission.id) }),
    object: t.string({
      description: "Always `model_permission`.",
      resolve: (permission) => readString(permission.object),
    }),
    created: t.field({
      type: "DateTime",
      description: "When it was granted.",
      resolve: (permission) => readTime(permission.created),
    }),
    allowCreateEngine: t.boolean({
      description: "Whether engines may be created from the model.",
      resolve: (permission) => readBoolean(permission.allow_create_engine),
    }),
    allowSampling: t.boolean({
      description: "Whether the model may be asked for output.",
      resolve: (permission) => readBoolean(permission.allow_sampling),
    }),
    allowLogprobs: t.boolean({
      description: "Whether log probabilities may be asked for.",
      resolve: (permission) => readBoolean(permission.allow_logprobs),
    }),
    allowSearchIndices: t.boolean({
      description: "Whether search indices may be used.",
      resolve: (permission) => readBoolean(permission.allow_search_indices),
    }),
    allowView: t.boolean({
      description: "Whether the model may be looked at.",
      resolve: (permission) => readBoolean(permission.allow_view),
    }),
    allowFineTuning: t.boolean({
      description: "Whether the model may be fine-tuned.",
      resolve: (permission) => readBoolean(permission.allow_fine_tuning),
    }),
    organization: t.string({
      description: "The organization it is granted to; `*` for all.",
      resolve: (permission) => readString(permission.organization),
    }),
    group: t.string({
      description: "The group it is granted to.",
      resolve: (permission) => readString(permission.group),
    }),
    isBlocking: t.boolean({
      description: "Whether the permission blocks others.",
      resolve: (permission) => readBoolean(permission.is_blocking),
    }),
  }),
});

const Model = builder.objectRef<OpenAIModel>("Model").implement({
  description: "A model that the upstream serves.",
  fields: (t) => ({
    id: t.id({ nullable: false, description: "The name to give as `model`.", resolve: (model) => model.id }),
    object: t.string({ description: "Always `model`.", resolve: (model) => readString(model.object) }),
    created: t.field({
      type: "DateTime",
      description: "When the model was made. Null: not told.",
      resolve: (model) => readTime(model.created),
    }),
    ownedBy: t.string({
      description: "The organization that owns the model.",
      resolve: (model) => readString(model.owned_by),
    }),
    permission: t.field({
      type: [ModelPermission],
      description: "Null: the upstream sends none, as OpenAI itself no longer does.",
      resolve: (model) => readObjects<OpenAIModelPermission>(model.permission),
    }),
    shutdownDate: t.field({
      type: "Date",
      description: "The day on which the model is shut down. Null: none announced.",
      resolve: (model) => readDay(model.shutdown_date),
    }),
  }),
});

const ModelFilter = builder.inputType("ModelFilter", {
  description: "Which models to list. A model has to meet every condition given; null sets none.",
  fields: (t) => ({
    ownedBy: t.string({ description: "Only models with exactly this `ownedBy`." }),
    idContains: t.string({ description: "Only models whose id contains this text, in upper or lower case." }),
  }),
});

builder.queryField("models", (t) =>
  t.field({
    type: [Model],
    description:
      "Lists the models that the upstream serves and the caller may use, in the upstream's order.\n\nREST: `GET /models`",
    args: { filter: t.arg({ type: ModelFilter, description: "Which models to list. Null: all." }) },
    resolve: async (_, { filter }, { openai, signal, viewer }) => {
      const idPart = filter?.idContains?.toLowerCase() ?? "";
      const models = await listModels(openai, signal);
      return models.filter(
        ({ id, owned_by }) =>
          id.toLowerCase().includes(idPart) && (filter?.ownedBy ?? owned_by) === owned_by && viewer.mayUseModel(id),
      );
    },
  }),
);

builder.queryField("model", (t) =>
  t.field({
    type: Model,
    description:
      "One model by its name; null, with no error, where the upstream knows none.\n\nREST: `GET /models/{model}`",
    args: {
      id: t.arg.id({
        required: true,
        description: "The model's name, 1 to 256 printable characters, such as `gpt-4o-mini`, `ft:…` or `org/model`.",
      }),
    },
    resolve: (_, { id }, { openai, signal }) => {
      checkModelName("id", id);
      return retrieveModel(openai, id, signal);
    },
  }),
);

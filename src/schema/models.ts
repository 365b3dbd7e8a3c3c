// Query.models and Query.model: GET /models and GET /models/{model}.
import { isRecord } from "../json/json.ts";
import {
  listModels,
  type Model as OpenAIModel,
  type ModelPermission as OpenAIModelPermission,
  retrieveModel,
} from "../openai/models.ts";
import { builder } from "./shared/builder.ts";
import { checkModelName, MODEL_NAME } from "./shared/checks.ts";
import { readBoolean, readDay, readObjects, readString, readTime } from "./shared/lenient.ts";

const ModelPermission = builder.objectRef<OpenAIModelPermission>("ModelPermission").implement({
  description:
    "What a model may be used for, as reported by older and compatible servers (vLLM). A field is null if the upstream does not report it.",
  fields: (t) => ({
    id: t.id({ description: "The permission's own id.", resolve: (permission) => readString(permission.id) }),
    object: t.string({
      description: "Always `model_permission`.",
      resolve: (permission) => readString(permission.object),
    }),
    created: t.field({
      type: "DateTime",
      description: "When the permission was granted.",
      resolve: (permission) => readTime(permission.created),
    }),
    allowCreateEngine: t.boolean({
      description: "Whether engines may be created from the model.",
      resolve: (permission) => readBoolean(permission.allow_create_engine),
    }),
    allowSampling: t.boolean({
      description: "Whether the model may generate output.",
      resolve: (permission) => readBoolean(permission.allow_sampling),
    }),
    allowLogprobs: t.boolean({
      description: "Whether requests may ask for log probabilities.",
      resolve: (permission) => readBoolean(permission.allow_logprobs),
    }),
    allowSearchIndices: t.boolean({
      description: "Whether search indices may be used.",
      resolve: (permission) => readBoolean(permission.allow_search_indices),
    }),
    allowView: t.boolean({
      description: "Whether the model may be viewed.",
      resolve: (permission) => readBoolean(permission.allow_view),
    }),
    allowFineTuning: t.boolean({
      description: "Whether the model may be fine-tuned.",
      resolve: (permission) => readBoolean(permission.allow_fine_tuning),
    }),
    organization: t.string({
      description: "The organization that it is granted to; `*` means all.",
      resolve: (permission) => readString(permission.organization),
    }),
    group: t.string({
      description: "The group that it is granted to.",
      resolve: (permission) => readString(permission.group),
    }),
    isBlocking: t.boolean({
      description: "Whether the permission is blocking.",
      resolve: (permission) => readBoolean(permission.is_blocking),
    }),
  }),
});

const Model = builder.objectRef<OpenAIModel>("Model").implement({
  description: "A model that the upstream serves.",
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: "The model's name, for `model` in requests.",
      resolve: (model) => model.id,
    }),
    object: t.string({ description: "Always `model`.", resolve: (model) => readString(model.object) }),
    created: t.field({
      type: "DateTime",
      description: "When the model was created. Null if the upstream does not report it.",
      resolve: (model) => readTime(model.created),
    }),
    ownedBy: t.string({
      description: "The organization that owns the model.",
      resolve: (model) => readString(model.owned_by),
    }),
    permission: t.field({
      type: [ModelPermission],
      description: "The model's permissions. Null if the upstream sends none; OpenAI no longer does.",
      // Some servers send the only one without a list.
      resolve: ({ permission }) => readObjects(isRecord(permission) ? [permission] : permission),
    }),
    shutdownDate: t.field({
      type: "Date",
      description: "The day on which the model is shut down. Null if none is announced.",
      resolve: (model) => readDay(model.shutdown_date),
    }),
  }),
});

const ModelFilter = builder.inputType("ModelFilter", {
  description: "Which models to list. A model must meet all conditions that are given.",
  fields: (t) => ({
    ownedBy: t.string({ description: "Only models with exactly this `ownedBy`." }),
    idContains: t.string({ description: "Only models whose id contains this text, ignoring case." }),
  }),
});

builder.queryField("models", (t) =>
  t.field({
    type: [Model],
    description:
      "Lists the models that the upstream serves and the caller may use, in the upstream's order.\n\nREST: `GET /models`",
    args: { filter: t.arg({ type: ModelFilter, description: "Which models to list. Null lists all." }) },
    resolve: async (_, { filter }, { openai, signal, viewer }) => {
      const ownedBy = filter?.ownedBy ?? undefined;
      const idPart = filter?.idContains?.toLowerCase();
      const models = await listModels(openai, signal);
      return models.filter(
        ({ id, owned_by }) =>
          (idPart === undefined || id.toLowerCase().includes(idPart)) &&
          (ownedBy === undefined || owned_by === ownedBy) &&
          viewer.mayUseModel(id),
      );
    },
  }),
);

builder.queryField("model", (t) =>
  t.field({
    type: Model,
    description:
      "One model by its name. Null, without an error, if the upstream has no such model.\n\nREST: `GET /models/{model}`",
    args: {
      id: t.arg.id({
        required: true,
        description: `${MODEL_NAME} For example \`gpt-4o-mini\`, \`ft:…\` or \`org/model\`.`,
      }),
    },
    resolve: (_, { id }, { openai, signal }) => {
      checkModelName("id", id);
      return retrieveModel(openai, id, signal);
    },
  }),
);

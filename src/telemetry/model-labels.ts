// Decides which model names may be labels of a metric: clients can invent any number, and each would be kept for ever.

/** Most names of models. */
const MAX_MODELS = 100;

/** The names that may be labels. */
export interface ModelLabels {
  /** The model itself once the upstream has answered for it; `none` if the caller named none; or else `other`. */
  labelOf(model: string | undefined): string;
  /** The upstream has answered for the model. */
  learn(model: string | undefined): void;
}

/** Knows no names at first, and keeps the first hundred that it learns. */
export function createModelLabels(): ModelLabels {
  const known = new Set<string>();
  return {
    labelOf(model) {
      if (model === undefined) return "none";
      return known.has(model) ? model : "other";
    },
    learn(model) {
      if (model !== undefined && known.size < MAX_MODELS) known.add(model);
    },
  };
}

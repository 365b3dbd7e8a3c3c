// Owns POST /moderations: judgements of texts by a list of words. Images are never harmful here.
// https://platform.openai.com/docs/api-reference/moderations/create
import * as zod from "zod";
import { createId } from "../shared/ids.ts";
import { requireModel } from "../shared/models.ts";
import { parseRequest } from "../shared/request-schema.ts";
import { categories, looksAtImages, scoreOf } from "./categories.ts";

const maxInputs = 2_048;

const part = zod.discriminatedUnion("type", [
  zod.strictObject({ type: zod.literal("text"), text: zod.string() }),
  zod.strictObject({
    type: zod.literal("image_url"),
    image_url: zod.strictObject({
      url: zod.string().regex(/^(?:https?:\/\/|data:image\/)/i, "^(https?://|data:image/)"),
    }),
  }),
]);

const moderationRequest = zod.strictObject({
  model: zod.string().nullish(),
  input: zod.union([
    zod.string(),
    zod.array(zod.string()).min(1).max(maxInputs),
    zod.array(part).min(1).max(maxInputs),
  ]),
});

/** What is judged as one. */
interface Judged {
  texts: readonly string[];
  hasImages: boolean;
}

/** The answer to a request. Throws 400 or 404 in OpenAI's words. */
export async function createModeration(body: Record<string, unknown>): Promise<object> {
  const { model, input } = parseRequest(moderationRequest, body);
  const name = model ?? "omni-moderation-latest";
  requireModel(name, "moderation");
  return { id: createId("modr-"), model: name, results: readInput(input).map(judge) };
}

/** Texts are judged each by itself, parts together. */
function readInput(input: zod.output<typeof moderationRequest>["input"]): Judged[] {
  if (typeof input === "string") return [{ texts: [input], hasImages: false }];
  const parts = input.filter((entry) => typeof entry !== "string");
  if (parts.length === 0) return input.map((text) => ({ texts: [String(text)], hasImages: false }));
  const texts = parts.flatMap((entry) => (entry.type === "text" ? [entry.text] : []));
  return [{ texts, hasImages: texts.length < parts.length }];
}

function judge({ texts, hasImages }: Judged): object {
  const scores = categories.map((category) => [category, scoreOf(texts.join("\n"), category)] as const);
  const types = categories.map((category) => {
    const images = hasImages && looksAtImages(category) ? ["image"] : [];
    return [category, [...(texts.length > 0 ? ["text"] : []), ...images]] as const;
  });
  return {
    flagged: scores.some(([, score]) => score > 0),
    categories: Object.fromEntries(scores.map(([category, score]) => [category, score > 0])),
    category_scores: Object.fromEntries(scores),
    category_applied_input_types: Object.fromEntries(types),
  };
}

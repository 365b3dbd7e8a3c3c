// ModerateInput: what is to be judged, its checks, and the wire body built from it.
import type { ModerationPart, ModerationRequest } from "../../openai/moderations/moderations.ts";
import { attachmentDataUrl, readFileUrl } from "../files/attachment.ts";
import { builder } from "../shared/builder.ts";
import { checkLength, checkModelName, MODEL_NAME, refuse } from "../shared/checks.ts";
import type { Context } from "../shared/context.ts";
import { createRequest, EXTRA_BODY } from "../shared/wire-body.ts";

const ModerationPartInput = builder.inputType("ModerationPartInput", {
  description: "A part of what is judged as one. Give exactly one field.",
  isOneOf: true,
  fields: (t) => ({
    text: t.string({ description: "Text." }),
    imageUrl: t.string({
      description:
        "An image: an `https:` URL that the upstream fetches, a `data:` URL, or a `url` that this server has given.",
    }),
    upload: t.field({
      type: "Upload",
      description: "An image as a file. It is read whole; `MAX_ATTACHMENT_BYTES` limits its size.",
    }),
  }),
});

/** The fields of a request to judge. */
export const ModerateInput = builder.inputType("ModerateInput", {
  description: "What is to be judged: either `input` or `parts`. Fields that are null or absent are not sent.",
  fields: (t) => ({
    model: t.string({
      description: `${MODEL_NAME} Null leaves the choice to the upstream; a caller with a list of models may do so only if the list has \`*\`.`,
    }),
    input: t.stringList({
      description: "Texts, at least one, each judged by itself. A single one travels as a string.",
    }),
    parts: t.field({
      type: [ModerationPartInput],
      description: "Text and images that belong together, at least one part, judged as one.",
    }),
    extraBody: t.field({
      type: "JSONObject",
      description: EXTRA_BODY,
    }),
  }),
});

type Input = typeof ModerateInput.$inferInput;
type Part = typeof ModerationPartInput.$inferInput;

/**
 * Builds the wire body, which holds all files. Throws BAD_USER_INPUT for input that is refused before any upstream call, and as
 * attachmentDataUrl does.
 */
export async function createModerationRequest(input: Input, context: Context): Promise<ModerationRequest> {
  const { model, input: texts, parts } = input;
  const { requestLimits } = context;
  if (typeof model === "string") checkModelName("input.model", model);
  if (texts && parts) refuse("input", "must have input or parts; got both.");
  if (!texts && !parts) refuse("input", "must have input or parts; got neither.");
  checkLength("input.input", texts, [1, requestLimits.maxInputs]);
  checkLength("input.parts", parts, [1, requestLimits.maxInputs]);
  const single = texts?.length === 1 ? texts[0] : undefined;
  const create = (judged: ModerationRequest["input"]) =>
    createRequest<ModerationRequest>({ model, input: judged }, input.extraBody, requestLimits);
  // What is wrong with the rest is said before any file is read.
  const request = create(single ?? texts ?? []);
  return parts ? { ...request, input: await readParts(parts, context) } : request;
}

/** One after the other, as the files of a request come. */
async function readParts(parts: readonly Part[], context: Context): Promise<ModerationPart[]> {
  const read: ModerationPart[] = [];
  for (const [index, part] of parts.entries()) read.push(await readPart(part, `input.parts[${index}]`, context));
  return read;
}

async function readPart({ text, imageUrl, upload }: Part, field: string, context: Context): Promise<ModerationPart> {
  if (typeof text === "string") return { type: "text", text };
  const url = upload
    ? await attachmentDataUrl(upload, `${field}.upload`, context)
    : await readFileUrl(imageUrl ?? "", `${field}.imageUrl`, context);
  return { type: "image_url", image_url: { url } };
}

/** Discards what has not been read of the files. */
export function discardFiles({ parts }: Input): void {
  for (const { upload } of parts ?? []) upload?.discard();
}

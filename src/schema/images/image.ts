// Image: one picture, whoever made it.
import type { Image as OpenAIImage } from "../../openai/images/answer.ts";
import { isDataUrl } from "../files/data-url.ts";
import { imageTypeOf } from "../files/image-url.ts";
import { mediaUrl } from "../files/media-url.ts";
import { builder } from "../shared/builder.ts";
import type { Context } from "../shared/context.ts";
import { readString } from "../shared/lenient.ts";

export const Image = builder.objectRef<OpenAIImage & { output_format?: unknown }>("Image").implement({
  description: "One image.",
  fields: (t) => ({
    url: t.string({
      description:
        "The image's URL. OpenAI's URLs expire after an hour. If the upstream sends base64 alone, this server keeps the image for a while, and the URL is one of its own: a path, unless the operator sets `PUBLIC_URL`; or a `data:` URL if it keeps none. Null if the upstream sends neither.",
      resolve: (image, _, context) => {
        const url = readString(image.url);
        if (url) return context.showImage?.(url, context) ?? url;
        return urlOf(readString(image.b64_json), readString(image.output_format), context);
      },
    }),
    b64Json: t.string({
      description: "The image itself in base64. Null if the upstream sends a URL.",
      resolve: (image) => readString(image.b64_json),
    }),
    revisedPrompt: t.string({
      description: "The prompt as the model rewrote it. Null if it did not.",
      resolve: (image) => readString(image.revised_prompt),
    }),
  }),
});

/** A whole URL in place of base64, as some servers send it. */
const DATA_URL = /^data:([\w.+-]{1,64}\/[\w.+-]{1,64})(?:;[\w.+-]{1,64}=[\w.+-]{1,64}){0,4};base64,/i;

function urlOf(base64: string | null, format: string | null, context: Context) {
  if (base64 === null) return null;
  const [head, type] = DATA_URL.exec(base64) ?? [];
  if (head !== undefined && type !== undefined) return mediaUrl(base64.slice(head.length), type, context);
  return isDataUrl(base64) ? base64 : mediaUrl(base64, imageTypeOf(base64, format), context);
}

// The pictures in a chat answer.

import { dataUrlOf } from "../files/image-url.ts";
import { builder } from "../shared/builder.ts";
import { readList, readObject, readString } from "../shared/lenient.ts";

/** A picture of an answer. */
export const ChatImage = builder.objectRef<{ url: string }>("ChatImage").implement({
  description: "A picture that the model has made.",
  fields: (t) => ({
    url: t.exposeString("url", {
      nullable: false,
      description: "Its `https:` URL, or the picture itself as a `data:` URL.",
    }),
  }),
});

/** Reads `[{"image_url": {"url": "…"}}]`; or URLs, plain or as `url`, or base64. Null if there is no such list. */
export function readImages(value: unknown): { url: string }[] | null {
  return readList(value, (image) => {
    const { image_url, url: plain, b64_json } = readObject<SentImage>(image) ?? {};
    const inside = readObject<SentImage>(image_url)?.url;
    const url =
      [image, image_url, inside, plain].map(readString).find(Boolean) ?? dataUrlOf(readString(b64_json), null);
    return url === null ? null : { url };
  });
}

interface SentImage {
  image_url?: unknown;
  url?: unknown;
  b64_json?: unknown;
}

// The pictures in a chat answer.
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

/** Reads `[{"image_url": {"url": "…"}}]`. Null if there is no such list. */
export function readImages(value: unknown): { url: string }[] | null {
  return readList(value, (image) => {
    const { image_url } = readObject<{ image_url?: unknown }>(image) ?? {};
    const url = readString(image_url) ?? readString(readObject<{ url?: unknown }>(image_url)?.url);
    return url === null ? null : { url };
  });
}

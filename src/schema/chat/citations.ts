// The web pages that an answer cites: in a message's annotations, or, with some servers, beside the choices.
import type { UrlCitation as OpenAIUrlCitation } from "../../openai/chat.ts";
import { builder } from "../shared/builder.ts";
import { readInt, readList, readObject, readObjects, readString } from "../shared/lenient.ts";

export const CITATIONS =
  "The URLs of the web pages that the answer cites, if the upstream sends them beside the choices. Null otherwise.";

/** URLs, or objects with one. */
export function readCitations(value: unknown): string[] | null {
  return readList(value, (entry) => readString(entry) ?? readString(readObject<{ url?: unknown }>(entry)?.url));
}

/** A page in an answer's annotations. */
export const UrlCitation = builder.objectRef<OpenAIUrlCitation & { url: string }>("UrlCitation").implement({
  description: "A web page that the answer cites.",
  fields: (t) => ({
    url: t.string({ nullable: false, description: "The page's URL.", resolve: (citation) => citation.url }),
    title: t.string({ description: "The page's title.", resolve: (citation) => readString(citation.title) }),
    startIndex: t.int({
      description: "Index of the first character in `content` of the text that cites the page.",
      resolve: (citation) => readInt(citation.start_index),
    }),
    endIndex: t.int({
      description: "Index of the last character in `content` of the text that cites the page.",
      resolve: (citation) => readInt(citation.end_index),
    }),
  }),
});

/** Reads those of a message's annotations that cite a page. */
export function readUrlCitations(value: unknown): (OpenAIUrlCitation & { url: string })[] | null {
  const annotations = readObjects<{ url_citation?: unknown }>(value);
  if (!annotations) return null;
  return annotations.flatMap((annotation) => {
    // Some servers send the page's fields beside the type.
    const citation = readObject<OpenAIUrlCitation>(annotation.url_citation ?? annotation);
    const url = readString(citation?.url);
    return citation && url !== null ? [{ ...citation, url }] : [];
  });
}

// An upload: a file as a part of a form, and the variable that it stands for.
import { openAsBlob } from "node:fs";
import { url as endpoint, requestWithFiles } from "./server.ts";

const VARIATIONS = /* GraphQL */ `
  mutation Variations($input: ImageVariationsInput!) {
    imageVariations(input: $input) {
      data {
        url
      }
    }
  }
`;

interface Data {
  imageVariations: { data: { url: string | null }[] };
}

/** Uploads a picture and prints the URLs of its variations. The file is read while it is sent. */
export async function upload(path: string | URL = new URL("../picture.png", import.meta.url)): Promise<void> {
  const variables = { input: { image: null, n: 2 } };
  const form = new FormData();
  form.append("operations", JSON.stringify({ query: VARIATIONS, variables }));
  form.append("map", JSON.stringify({ 0: ["variables.input.image"] }));
  form.append("0", await openAsBlob(path, { type: "image/png" }), "picture.png");
  const { imageVariations } = await requestWithFiles<Data>(form);
  // What the server keeps itself has a path on that server as its URL.
  for (const { url } of imageVariations.data) if (url) console.log(new URL(url, endpoint).href.slice(0, 100));
}

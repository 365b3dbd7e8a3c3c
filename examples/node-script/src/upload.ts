// An upload: a file as a part of a form, and the variable that it stands for.
import { openAsBlob } from "node:fs";
import { requestWithFiles } from "./server.ts";

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
  const variables = { input: { image: null, n: 2, size: "256x256" } };
  const form = new FormData();
  form.append("operations", JSON.stringify({ query: VARIATIONS, variables }));
  form.append("map", JSON.stringify({ 0: ["variables.input.image"] }));
  form.append("0", await openAsBlob(path, { type: "image/png" }), "picture.png");
  const { imageVariations } = await requestWithFiles<Data>(form);
  for (const { url } of imageVariations.data) console.log(url?.slice(0, 100));
}

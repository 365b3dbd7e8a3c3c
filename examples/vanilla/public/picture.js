// Uploads a picture and shows its variations.
import { explain } from "./errors.js";
import { addressOf, upload } from "./graphql.js";

const VARIATIONS = /* GraphQL */ `
  mutation Variations($input: ImageVariationsInput!) {
    imageVariations(input: $input) {
      data {
        url
      }
    }
  }
`;

const form = /** @type {HTMLFormElement} */ (document.getElementById("picture"));
const file = /** @type {HTMLInputElement} */ (document.getElementById("file"));
const note = /** @type {HTMLElement} */ (form.querySelector(".note"));
const pictures = /** @type {HTMLElement} */ (form.querySelector(".pictures"));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const picture = file.files?.[0];
  if (!picture) return;
  note.textContent = "Uploading …";
  pictures.replaceChildren();
  try {
    const variables = { input: { image: null, n: 2 } };
    /** @type {{ imageVariations: { data: { url: string | null }[] } }} */
    const { imageVariations } = await upload(VARIATIONS, variables, "variables.input.image", picture);
    for (const [index, { url }] of imageVariations.data.entries()) {
      pictures.append(Object.assign(new Image(), { src: addressOf(url), alt: `Variation ${index + 1}` }));
    }
    note.textContent = "";
  } catch (error) {
    note.textContent = explain(error);
  }
});

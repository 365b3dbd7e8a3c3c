// The tabs that GraphiQL opens with, one for each operation; all of them run unchanged on the built-in sandbox.
// Data only: files.ts puts it into the page.
import { chatTabs, type GraphiQLTab, writeVariables } from "./chat-tabs.ts";

/** A 16 by 16 RGBA image, inline so that the tab runs before a file is chosen. */
const squarePng =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAAOklEQVR42mMQyNv3nxLMQDMD/u+QQcFEG4CukZBBDKRoxmYI9QwgVjO6IcPJgIGPBaokJKokZbrnRgCaS30v3zaKNgAAAABJRU5ErkJggg==";

/** The tabs from left to right. */
export const graphiqlTabs: readonly GraphiQLTab[] = [
  {
    query: `# Every model that the upstream offers.
# Narrow it: models(filter: { idContains: "gpt" })
query Models {
  models {
    id
    ownedBy
    created
  }
}
`,
  },
  {
    query: `# One model by its id; null if there is none.
query Model($id: ID!) {
  model(id: $id) {
    id
    ownedBy
    created
  }
}
`,
    variables: writeVariables({ id: "gpt-4o-mini" }),
  },
  ...chatTabs,
  {
    query: `# The older endpoint: it continues your text.
mutation Complete($prompt: [String!]!) {
  complete(
    input: {
      model: "gpt-3.5-turbo-instruct"
      prompt: $prompt
      maxTokens: 32
    }
  ) {
    text
    usage {
      totalTokens
    }
  }
}
`,
    variables: writeVariables({ prompt: "Once upon a time" }),
  },
  {
    query: `# Variations of a square picture, here a data: URL.
# The clip on the left takes a file instead.
mutation ImageVariations($image: Upload!) {
  imageVariations(
    input: {
      image: $image
      model: "dall-e-2"
      n: 2
      size: "256x256"
    }
  ) {
    data {
      url
    }
  }
}
`,
    variables: writeVariables({ image: squarePng }),
  },
];

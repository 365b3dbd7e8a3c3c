// The tabs that GraphiQL opens with, one for each operation; all of them run unchanged on the built-in sandbox.
// Data only: files.ts puts it into the page.
import { chatTabs, type GraphiQLTab, writeVariables } from "./chat-tabs.ts";
import { mediaTabs } from "./media-tabs.ts";

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
  ...mediaTabs,
  {
    query: `# Turns texts into vectors. similarity compares
# them by meaning: 1 is the same, 0 unrelated.
mutation Embed($texts: [String!]!) {
  embed(
    input: {
      model: "text-embedding-3-small"
      input: $texts
    }
  ) {
    data {
      index
      dimensions
      similarity(to: 0)
    }
  }
}
`,
    variables: writeVariables({ texts: ["Baking bread", "How do I bake bread?", "The train to Paris"] }),
  },
  {
    query: `# Whether texts may do harm, each judged by itself.
mutation Moderate($texts: [String!]!) {
  moderate(input: { input: $texts }) {
    results {
      flagged
      categories {
        name
        flagged
        score
      }
    }
  }
}
`,
    variables: writeVariables({ texts: ["I love your garden.", "I will kill you."] }),
  },
];

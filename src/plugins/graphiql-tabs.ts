// The tabs that GraphiQL opens with: one for each operation, each running as it stands against the built-in sandbox.
// Data only; `graphiql.ts` puts it into the page.

/** A 16 by 16 RGBA picture, inline, because GraphiQL has no file picker to fill an Upload with. */
const squarePng =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAAOklEQVR42mMQyNv3nxLMQDMD/u+QQcFEG4CukZBBDKRoxmYI9QwgVjO6IcPJgIGPBaokJKokZbrnRgCaS30v3zaKNgAAAABJRU5ErkJggg==";

/** Each tab's document, in lines that its editor shows whole, and the JSON text of its variables. */
export const graphiqlTabs: readonly { query: string; variables?: string }[] = [
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
    query: `# One model by its id; null where there is none.
query Model($id: ID!) {
  model(id: $id) {
    id
    ownedBy
    created
  }
}
`,
    variables: json({ id: "gpt-4o-mini" }),
  },
  {
    query: `# One answer: text is the first choice's content.
mutation Chat($prompt: String!) {
  chat(
    input: {
      model: "gpt-4o-mini"
      messages: [{ role: USER, content: $prompt }]
    }
  ) {
    text
  }
}
`,
    variables: json({ prompt: "Say hello in three languages." }),
  },
  {
    query: `# The answer as it grows. Only the latest event is
# shown, hence textSoFar; text is what each adds.
subscription ChatStream($prompt: String!) {
  chat(
    input: {
      model: "gpt-4o-mini"
      messages: [{ role: USER, content: $prompt }]
    }
  ) {
    textSoFar
    usage {
      totalTokens
    }
  }
}
`,
    variables: json({ prompt: "Tell me a story about a lighthouse." }),
  },
  {
    query: `# Two answers at once (n: 2), and their tokens.
mutation ChatChoices($input: ChatInput!) {
  chat(input: $input) {
    model
    choices {
      index
      message {
        role
        content
      }
      finishReason
    }
    usage {
      promptTokens
      completionTokens
      totalTokens
    }
  }
}
`,
    variables: json({
      input: {
        model: "gpt-4o-mini",
        messages: [
          { role: "SYSTEM", content: "You answer in one short sentence." },
          { role: "USER", content: "Why is the sky blue?" },
        ],
        n: 2,
        temperature: 0.7,
      },
    }),
  },
  {
    query: `# The model may ask for a function's result.
# Send it back: role: TOOL, with the toolCallId.
mutation ChatTools($input: ChatInput!) {
  chat(input: $input) {
    choices {
      message {
        content
        toolCalls {
          id
          function {
            name
            arguments
          }
        }
      }
      finishReason
    }
  }
}
`,
    variables: json({
      input: {
        model: "gpt-4o-mini",
        messages: [{ role: "USER", content: "What is the weather in Paris?" }],
        tools: [
          {
            function: {
              name: "get_weather",
              description: "The weather in a city, now.",
              parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
            },
          },
        ],
      },
    }),
  },
  {
    query: `# The older endpoint: it goes on with your text.
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
    variables: json({ prompt: "Once upon a time" }),
  },
  {
    query: `# Variations of a square picture, here a data: URL.
# Your own client sends a file part (multipart).
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
    variables: json({ image: squarePng }),
  },
];

function json(variables: Record<string, unknown>): string {
  return JSON.stringify(variables, null, 2);
}

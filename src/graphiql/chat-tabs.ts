// The chat tabs among those that GraphiQL opens with. Data only.

/** One tab: its document, in lines short enough for its editor, and its variables as JSON text. */
export interface GraphiQLTab {
  query: string;
  variables?: string;
}

/** A whole answer, a stream, several choices, a tool call. */
export const chatTabs: readonly GraphiQLTab[] = [
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
    variables: writeVariables({ prompt: "Say hello in three languages." }),
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
    variables: writeVariables({ prompt: "Tell me a story about a lighthouse." }),
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
    variables: writeVariables({
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
    variables: writeVariables({
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
];

/** The variables as text for GraphiQL's editor. */
export function writeVariables(variables: Record<string, unknown>): string {
  return JSON.stringify(variables, null, 2);
}

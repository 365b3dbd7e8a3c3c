// A subscription over server-sent events, with graphql-sse: prints the answer as it comes.
import { createClient } from "graphql-sse";
import { GraphQLFailure, headers, url } from "./server.ts";

const CHAT = /* GraphQL */ `
  subscription Chat($input: ChatInput!) {
    chat(input: $input) {
      text
    }
  }
`;

interface Data {
  chat: { text: string | null };
}

// No attempt is repeated by itself: each one is a new call, and paid for again.
const client = createClient({ url, headers, retryAttempts: 0 });

/** The pieces of an answer. Throws if it does not come to its end. Leaving the loop ends the call, upstream as well. */
export async function* streamChat(model: string, content: string): AsyncGenerator<string> {
  const input = { model, messages: [{ role: "USER", content }] };
  for await (const { data, errors } of client.iterate<Data>({ query: CHAT, variables: { input } })) {
    if (errors?.[0]) throw new GraphQLFailure(errors[0]);
    yield data?.chat.text ?? "";
  }
}

/** Prints a whole answer. */
export async function stream(): Promise<void> {
  for await (const text of streamChat("gpt-4o-mini", "Tell me about streams.")) process.stdout.write(text);
  process.stdout.write("\n");
}

/** Prints the first words of a long answer, and stops it. */
export async function stop(): Promise<void> {
  let length = 0;
  for await (const text of streamChat("sandbox-markdown", "Write as much as you can.")) {
    process.stdout.write(text);
    length += text.length;
    if (length > 60) break;
  }
  process.stdout.write(" … (stopped)\n");
}

// A mutation: waits for the whole answer.
import { request } from "./server.ts";

const CHAT = /* GraphQL */ `
  mutation Chat($input: ChatInput!) {
    chat(input: $input) {
      text
      usage {
        totalTokens
      }
    }
  }
`;

interface Data {
  chat: { text: string | null; usage: { totalTokens: number } | null };
}

/** Prints an answer, and the tokens that it took. */
export async function chat(): Promise<void> {
  const input = { model: "gpt-4o-mini", messages: [{ role: "USER", content: "Why is the sky blue?" }] };
  const { chat } = await request<Data>(CHAT, { input });
  console.log(chat.text);
  console.log(`(${chat.usage?.totalTokens} tokens)`);
}

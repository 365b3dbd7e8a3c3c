// Leaving a request after a while: the signal ends the call, upstream as well.
import { request } from "./server.ts";

const CHAT = /* GraphQL */ `
  mutation Slow($input: ChatInput!) {
    chat(input: $input) {
      text
    }
  }
`;

/** Gives a model that takes three seconds one second. */
export async function timeout(): Promise<void> {
  const input = { model: "sandbox-slow", messages: [{ role: "USER", content: "Take your time." }] };
  try {
    await request(CHAT, { input }, AbortSignal.timeout(1000));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "TimeoutError") throw error;
    console.log("No answer within a second: left.");
  }
}

// The sandbox's legacy completions through the official SDK.
import OpenAI, { BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";

let sandbox: Sandbox;
let client: OpenAI;

beforeAll(async () => {
  sandbox = await startSandbox({ delayMs: 0 });
  client = new OpenAI({ apiKey: "sandbox", baseURL: sandbox.url, maxRetries: 0 });
});
afterAll(() => sandbox.close());

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const instruct = "gpt-3.5-turbo-instruct";

test("choices are prompts times n, and a limit of 16 tokens holds when none is given", async () => {
  const completion = await client.completions.create({ model: instruct, prompt: ["one", "two"], n: 2 });
  expect(completion.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  expect(completion.choices[0]?.finish_reason).toBe("length");
  expect(completion.usage?.completion_tokens).toBe(4 * 16);
});

test("echo repeats the prompt, and logprobs are parallel lists", async () => {
  const completion = await client.completions.create({
    model: instruct,
    prompt: "Say hi",
    echo: true,
    logprobs: 2,
    max_tokens: 2,
  });
  const [choice] = completion.choices;
  expect(choice?.text).toBe("Say hi\n\nSandbox");
  expect(choice?.logprobs?.tokens).toEqual(["Say", " hi", "\n\n", "Sandbox"]);
  expect(choice?.logprobs?.text_offset).toEqual([0, 3, 6, 8]);
  expect(choice?.logprobs?.token_logprobs?.[0]).toBeNull();
  expect(choice?.logprobs?.top_logprobs).toHaveLength(4);
});

test("a stream carries the same text as the whole", async () => {
  const request = { model: instruct, prompt: "Once", max_tokens: 100 };
  const whole = await client.completions.create(request);
  let text = "";
  for await (const chunk of await client.completions.create({ ...request, stream: true }))
    text += chunk.choices[0]?.text;
  expect(text).toBe(whole.choices[0]?.text);
});

test("a chat model is sent to the chat endpoint, and best_of below n is refused", async () => {
  const error = await failure(client.completions.create({ model: "gpt-4o-mini", prompt: "x" }));
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({ message: expect.stringContaining("This is a chat model and not supported") });
  const request = { model: instruct, prompt: "x", n: 3, best_of: 2 };
  expect(await failure(client.completions.create(request))).toBeInstanceOf(BadRequestError);
});

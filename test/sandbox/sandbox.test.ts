// The sandbox through the official SDK: authorization, routing, hostile bodies, models.
import OpenAI, { AuthenticationError, NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";

let sandbox: Sandbox;
let client: OpenAI;
const model = "gpt-4o-mini";

beforeAll(async () => {
  sandbox = await startSandbox({ delayMs: 0 });
  client = new OpenAI({ apiKey: "sandbox", baseURL: sandbox.url, maxRetries: 0 });
});
afterAll(() => sandbox.close());

function post(path: string, body: string): Promise<Response> {
  return fetch(`${sandbox.url}${path}`, { method: "POST", headers: { authorization: "Bearer sandbox" }, body });
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("authorization", () => {
  test("a missing key is told how to send one", async () => {
    const response = await fetch(`${sandbox.url}/models`);
    expect(response.status).toBe(401);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(response.headers.get("openai-version")).toBe("2020-10-01");
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringMatching(/^You didn't provide an API key\./), code: null },
    });
  });

  test("a wrong key is quoted masked", async () => {
    const stranger = new OpenAI({ apiKey: "sk-proj-abcdefghijklmnop", baseURL: sandbox.url, maxRetries: 0 });
    const error = await failure(stranger.models.list());
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      code: "invalid_api_key",
      message: expect.stringContaining("provided: sk-proj-************mnop."),
    });
  });
});

describe("routing", () => {
  test("an unknown path is an invalid URL and a wrong method is not allowed", async () => {
    const unknown = await post("/batches", "{}");
    expect([unknown.status, await unknown.text()]).toEqual([
      404,
      expect.stringContaining("Invalid URL (POST /v1/batches)"),
    ]);
    const wrongMethod = await fetch(`${sandbox.url}/chat/completions`);
    expect(wrongMethod.status).toBe(405);
  });

  test("a body that is no JSON object is refused, and one above 16 MB too", async () => {
    for (const body of ["", "{", "[]", "null", '"text"']) {
      const response = await post("/chat/completions", body);
      expect([response.status, await response.text()]).toEqual([
        400,
        expect.stringContaining("could not parse the JSON body"),
      ]);
    }
    expect((await post("/chat/completions", " ".repeat(17_000_000))).status).toBe(413);
  });

  test("JSON nested without end does not end the server", async () => {
    const nested = `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    const body = `{"model":"${model}","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"deep","parameters":${nested}}}]}`;
    expect((await post("/chat/completions", body)).status).toBeGreaterThanOrEqual(400);
    expect((await client.models.list()).data).not.toHaveLength(0);
  });
});

describe("models", () => {
  test("the list holds chat, completion, image, fine-tuned and foreign models", async () => {
    const { data } = await client.models.list();
    const ids = data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([model, "gpt-3.5-turbo-instruct", "dall-e-2", "gpt-image-1"]));
    expect(ids.some((id) => id.startsWith("ft:"))).toBe(true);
    expect(data.find(({ id }) => id === "dall-e-2")).toMatchObject({ shutdown_date: "2026-05-12" });
  });

  test("an id with a slash is found, percent-encoded", async () => {
    const found = await client.models.retrieve("meta-llama/Llama-3.1-8B-Instruct");
    expect(found).toMatchObject({ owned_by: "vllm", permission: [{ object: "model_permission" }] });
  });

  test("an unknown id is not found", async () => {
    const error = await failure(client.models.retrieve("gpt-9"));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ code: "model_not_found", message: "404 The model 'gpt-9' does not exist" });
  });
});

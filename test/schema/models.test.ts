// Query.models and Query.model: the answers, the filter, and what the upstream may leave out.
import { expect, test } from "vitest";
import { models } from "../support/answers.ts";
import { startTestServer } from "../support/server.ts";
import { failure, json, startUpstream } from "../support/upstream.ts";

const MODEL = /* GraphQL */ `
  query ($id: ID!) {
    model(id: $id) {
      id
    }
  }
`;

test("models gives every field of every model, in the upstream's order", async () => {
  const upstream = await startUpstream(json(models));
  const server = await startTestServer(upstream.url);
  const { body } = await server.query(/* GraphQL */ `
    {
      models {
        id
        object
        created
        ownedBy
        shutdownDate
        permission {
          id
          object
          created
          allowCreateEngine
          allowSampling
          allowLogprobs
          allowSearchIndices
          allowView
          allowFineTuning
          organization
          group
          isBlocking
        }
      }
    }
  `);
  expect(body).toMatchInlineSnapshot(`
    {
      "data": {
        "models": [
          {
            "created": "2024-07-16T23:32:21.000Z",
            "id": "gpt-4o-mini",
            "object": "model",
            "ownedBy": "system",
            "permission": null,
            "shutdownDate": null,
          },
          {
            "created": "2023-11-01T00:22:57.000Z",
            "id": "dall-e-2",
            "object": "model",
            "ownedBy": "openai",
            "permission": null,
            "shutdownDate": "2026-05-12",
          },
          {
            "created": "2023-11-14T22:13:20.000Z",
            "id": "meta-llama/Llama-3.1-8B",
            "object": "model",
            "ownedBy": "vllm",
            "permission": [
              {
                "allowCreateEngine": false,
                "allowFineTuning": false,
                "allowLogprobs": true,
                "allowSampling": true,
                "allowSearchIndices": false,
                "allowView": true,
                "created": "2023-11-14T22:13:20.000Z",
                "group": null,
                "id": "modelperm-1",
                "isBlocking": false,
                "object": "model_permission",
                "organization": "*",
              },
            ],
            "shutdownDate": null,
          },
        ],
      },
    }
  `);
  expect(upstream.requests).toHaveLength(1);
  expect(upstream.requests[0]).toMatchObject({ method: "GET", path: "/v1/models" });
  expect(upstream.requests[0]?.body.length).toBe(0);
});

test("the upstream gets the key, the organization and the project, and nothing of the client's", async () => {
  const upstream = await startUpstream(json(models));
  const server = await startTestServer(upstream.url, { OPENAI_ORG_ID: "org-1", OPENAI_PROJECT_ID: "proj_1" });
  await server.query("{ models { id } }", undefined, {
    headers: { authorization: "Bearer of-the-client", cookie: "session=1", "x-forwarded-for": "203.0.113.9" },
  });
  expect(upstream.requests[0]?.headers).toEqual({
    host: new URL(upstream.url).host,
    connection: "keep-alive",
    accept: "application/json",
    "user-agent": "openai-graphql-server",
    authorization: "Bearer sk-test-key-0123456789",
    "openai-organization": "org-1",
    "openai-project": "proj_1",
  });
});

test("without a key no Authorization is sent", async () => {
  const upstream = await startUpstream(json(models));
  const server = await startTestServer(upstream.url, { OPENAI_API_KEY: "" });
  await server.query("{ models { id } }");
  expect(upstream.requests[0]?.headers).not.toHaveProperty("authorization");
});

test("credentials and a query in the base URL are kept", async () => {
  const upstream = await startUpstream(json(models));
  const url = `${upstream.url.replace("http://", "http://user:pa%20ss@")}/?api-version=v1`;
  const server = await startTestServer(url, { OPENAI_API_KEY: "" });
  const { body } = await server.query("{ models { id } }");
  expect(body.data.models).toHaveLength(3);
  expect(upstream.requests[0]?.path).toBe("/v1/models?api-version=v1");
  expect(upstream.requests[0]?.headers.authorization).toBe(`Basic ${btoa("user:pa ss")}`);
});

test.each([
  [{ ownedBy: "vllm" }, ["meta-llama/Llama-3.1-8B"]],
  [{ ownedBy: "VLLM" }, []],
  [{ idContains: "LLAMA" }, ["meta-llama/Llama-3.1-8B"]],
  [{ idContains: "", ownedBy: null }, ["gpt-4o-mini", "dall-e-2", "meta-llama/Llama-3.1-8B"]],
  [{ idContains: "gpt", ownedBy: "openai" }, []],
  [null, ["gpt-4o-mini", "dall-e-2", "meta-llama/Llama-3.1-8B"]],
])("the filter %j lists %j", async (filter, ids) => {
  const upstream = await startUpstream(json(models));
  const server = await startTestServer(upstream.url);
  const { body } = await server.query("query ($filter: ModelFilter) { models(filter: $filter) { id } }", { filter });
  expect(body.data.models.map(({ id }: { id: string }) => id)).toEqual(ids);
});

test.each([
  ["gpt-4o-mini", "/v1/models/gpt-4o-mini"],
  ["org/model", "/v1/models/org%2Fmodel"],
  ["ft:gpt-4o-mini-2024-07-18:my-org:custom:abc", "/v1/models/ft%3Agpt-4o-mini-2024-07-18%3Amy-org%3Acustom%3Aabc"],
  ["a?b#c/..d%2e", "/v1/models/a%3Fb%23c%2F..d%252e"],
  ["qwen2.5:7b-é", "/v1/models/qwen2.5%3A7b-%C3%A9"],
])("model(id: %j) asks for %s", async (id, path) => {
  const upstream = await startUpstream(json({ id, object: "model" }));
  const server = await startTestServer(upstream.url);
  const { body } = await server.query(MODEL, { id });
  expect(body).toEqual({ data: { model: { id } } });
  expect(upstream.requests.map((request) => request.path)).toEqual([path]);
});

test.each(["", " ", ".", "..", "a/../b", "a\\..\\b", "./a", "a\nb", "x".repeat(257), "\ud800"])(
  "model(id: %j) is refused here",
  async (id) => {
    const upstream = await startUpstream(json(models));
    const server = await startTestServer(upstream.url);
    const { body } = await server.query(MODEL, { id });
    expect(body.data).toEqual({ model: null });
    expect(body.errors[0]).toMatchObject({ path: ["model"], extensions: { code: "BAD_USER_INPUT", field: "id" } });
    expect(body.errors[0].message).toMatch(/^id must /);
    expect(upstream.requests).toEqual([]);
  },
);

test("model is null, with no error, where the upstream knows none", async () => {
  const upstream = await startUpstream(
    failure(404, { message: "The model 'x' does not exist", code: "model_not_found" }),
  );
  const server = await startTestServer(upstream.url);
  expect((await server.query(MODEL, { id: "x" })).body).toEqual({ data: { model: null } });
  expect(upstream.requests).toHaveLength(1);
});

test("a 404 that is a web server's page is an error: there is no such API at all", async () => {
  const upstream = await startUpstream((_, res) =>
    res.writeHead(404, { "content-type": "text/html" }).end("<html>404</html>"),
  );
  const server = await startTestServer(upstream.url);
  const { body } = await server.query(MODEL, { id: "x" });
  expect(body.errors).toMatchObject([{ path: ["model"], extensions: { code: "UPSTREAM_NOT_FOUND" } }]);
  expect(body.errors[0].extensions.upstream).toEqual({ status: 404 });
});

test("a failed field leaves its sibling's answer alone", async () => {
  const upstream = await startUpstream((request, res, req) =>
    (request.path.endsWith("/models") ? json(models) : failure(403, { message: "Not for you" }))(request, res, req),
  );
  const server = await startTestServer(upstream.url);
  const { body } = await server.query('{ models { id } model(id: "x") { id } }');
  expect(body.data.models).toHaveLength(3);
  expect(body.data.model).toBeNull();
  expect(body.errors).toMatchObject([
    { path: ["model"], message: expect.stringContaining("operator"), extensions: { code: "UPSTREAM_FORBIDDEN" } },
  ]);
});

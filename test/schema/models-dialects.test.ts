// How servers of this API list their models, and find one.
import { describe, expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { type Answer, failure, json, startUpstream } from "../support/upstream.ts";

describe("models reads", () => {
  test.each<[string, unknown, string[]]>([
    ["null for none", { object: "list", data: null }, []],
    ["null for `models`, too", { models: null }, []],
    ["`models` in place of `data`", { models: [{ id: "a" }, { id: "b" }] }, ["a", "b"]],
    ["the list itself", [{ id: "a" }, { id: "b" }], ["a", "b"]],
    ["names alone", { data: ["a", "b"] }, ["a", "b"]],
    [
      "`name` in place of `id`",
      { models: [{ name: "a:7b" }, { name: "b", id: "c" }, { model: "d" }] },
      ["a:7b", "c", "d"],
    ],
    ["what has no name as nothing", { data: [{ id: "" }, { created: 1 }, "", 7, null, { id: "a" }] }, ["a"]],
  ])("%s", async (_, answer, ids) => {
    const upstream = await startUpstream(json(answer));
    const server = await startTestServer(upstream.url);
    for (let time = 0; time < 2; time++) {
      const { body } = await server.query("{ models { id } }");
      expect(body).toEqual({ data: { models: ids.map((id) => ({ id })) } });
    }
  });
});

test("models reads an owner under another name, and a permission without a list", async () => {
  const upstream = await startUpstream(
    json([{ id: "a", organization: "Org", permission: { id: "p", allow_view: true } }]),
  );
  const server = await startTestServer(upstream.url);
  const { body } = await server.query('{ models(filter: { ownedBy: "Org" }) { ownedBy permission { id allowView } } }');
  expect(body).toEqual({ data: { models: [{ ownedBy: "Org", permission: [{ id: "p", allowView: true }] }] } });
});

const list = json({ data: [{ id: "org/name", owned_by: "me" }, { id: "m" }] });
const page: Answer = (_, res) =>
  res.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>App</title>");
const text404: Answer = (_, res) => res.writeHead(404, { "content-type": "text/plain" }).end("404 page not found");

/** Answers single models by `single`, and the list. */
async function find(id: string, single: Answer, answerList = list) {
  const upstream = await startUpstream((request, res, req) =>
    (request.path.endsWith("/models") ? answerList : single)(request, res, req),
  );
  const server = await startTestServer(upstream.url, { MAX_RETRIES: "0" });
  const { body } = await server.query("query ($id: ID!) { model(id: $id) { id ownedBy } }", { id });
  expect(server.faults).toEqual([]);
  return { body, paths: upstream.requests.map(({ path }) => path.replace(/^\/v1/, "")) };
}

describe("model", () => {
  test.each<[string, Answer]>([
    ["404 with a text", text404],
    [
      "404 with JSON that does not know the path",
      (_, res) => res.writeHead(404, { "content-type": "application/json" }).end('{"detail":"Not Found"}'),
    ],
    ["405", failure(405, { message: "Method Not Allowed" })],
    ["501", failure(501, { message: "Not implemented" })],
    ["a page in place of an answer", page],
  ])("is looked up in the list after %s", async (_, single) => {
    const found = await find("m", single);
    expect(found.body).toEqual({ data: { model: { id: "m", ownedBy: null } } });
    expect(found.paths).toEqual(["/models/m", "/models"]);
    expect((await find("other", single)).body).toEqual({ data: { model: null } });
  });

  test("with a slash is asked for encoded, then plain, then looked up", async () => {
    const found = await find("org/name", text404);
    expect(found.body).toEqual({ data: { model: { id: "org/name", ownedBy: "me" } } });
    expect(found.paths).toEqual(["/models/org%2Fname", "/models/org/name", "/models"]);
  });

  test("with a slash is found plain", async () => {
    const found = await find("org/name", (request, res, req) =>
      (request.path.endsWith("/org/name") ? json({ id: "org/name", owned_by: "you" }) : text404)(request, res, req),
    );
    expect(found.body).toEqual({ data: { model: { id: "org/name", ownedBy: "you" } } });
    expect(found.paths).toEqual(["/models/org%2Fname", "/models/org/name"]);
  });

  test.each<[string, Answer]>([
    ["refuses the encoded slash", (_, res) => res.writeHead(400, { "content-type": "text/plain" }).end("noSlash")],
    ["does not know the encoded name", failure(404, { message: "No.", code: "model_not_found" })],
  ])("with a slash is found plain where a server %s", async (_, encoded) => {
    const plain = json({ id: "org/name", owned_by: "you" });
    const found = await find("org/name", (request, res, req) =>
      (request.path.includes("%2F") ? encoded : plain)(request, res, req),
    );
    expect(found.body).toEqual({ data: { model: { id: "org/name", ownedBy: "you" } } });
    expect(found.paths).toEqual(["/models/org%2Fname", "/models/org/name"]);
  });

  test.each<[string, unknown, unknown]>([
    ["the list", { object: "list", data: [{ id: "m", owned_by: "L" }] }, { id: "m", ownedBy: "L" }],
    ["the list without it", { data: [{ id: "z" }] }, null],
    ["a bare list", [{ id: "m" }], { id: "m", ownedBy: null }],
  ])("is found where a server answers with %s", async (_, answer, model) => {
    const found = await find("m", json(answer));
    expect(found.body).toEqual({ data: { model } });
    expect(found.paths).toEqual(["/models/m"]);
  });

  test("that OpenAI does not know is null at once", async () => {
    const found = await find("m", failure(404, { message: "No.", code: "model_not_found" }));
    expect(found.body).toEqual({ data: { model: null } });
    expect(found.paths).toEqual(["/models/m"]);
  });

  test("is the error of the single one where there is no list either", async () => {
    const { body } = await find("m", text404, failure(500, { message: "Broken." }));
    expect(body.data).toEqual({ model: null });
    expect(body.errors[0].extensions).toMatchObject({ code: "UPSTREAM_NOT_FOUND", upstream: { status: 404 } });
  });

  test.each([401, 403, 429, 500])("is not looked up after %i", async (status) => {
    const { body, paths } = await find("m", failure(status, { message: "No." }));
    expect(body.errors[0].extensions.upstream).toMatchObject({ status });
    expect(paths).toEqual(["/models/m"]);
  });
});

test("a model whose answer is broken is not looked up", async () => {
  const broken: Answer = (_, res) => res.writeHead(200, { "content-type": "application/json" }).end("{{{");
  const { body, paths } = await find("m", broken);
  expect(body.errors[0].extensions.code).toBe("UPSTREAM_INVALID_RESPONSE");
  expect(paths).toEqual(["/models/m"]);
});

// The sandbox's pictures below the server's own origin, in a fresh process.
import { request as sendRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { shared } from "../support/lifetime.ts";
import { startProcess } from "../support/process.ts";
import { startServed } from "../support/served-upstream.ts";
import { preflighted } from "../support/server.ts";
import { json } from "../support/upstream.ts";

const HOSTS = "127.0.0.1,laptop.example";
const started = shared(() => startProcess({ PORT: "0", ALLOWED_HOSTS: HOSTS, WORKERS: "2" }));
const png = PNG.sync.write(Object.assign(new PNG({ width: 4, height: 4 }), { data: Buffer.alloc(64, 0xa5) }));

/** Sends one request as it is, whatever its path and Host. */
async function send(
  url: string,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Buffer } = {},
) {
  const { port } = new URL(url);
  const { method = "GET", headers = {}, body } = options;
  return new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      const sent = sendRequest({ port, host: "127.0.0.1", path, method, headers, agent: false }, async (res) =>
        resolve({ status: res.statusCode, headers: res.headers, body: await buffer(res) }),
      );
      sent.on("error", reject).end(body);
    },
  );
}

/** Asks for variations and yields their URLs. */
async function askForPictures(url: string, headers: Record<string, string> = {}): Promise<string[]> {
  const query = `mutation ($image: Upload!) { imageVariations(input: { image: $image, n: 2, size: "256x256" }) { data { url } } }`;
  const form = new FormData();
  form.set("operations", JSON.stringify({ query, variables: { image: null } }));
  form.set("map", JSON.stringify({ 0: ["variables.image"] }));
  form.set("0", new Blob([png as BlobPart], { type: "image/png" }));
  const encoded = new Response(form);
  const contentType = encoded.headers.get("content-type") ?? "";
  const { body } = await send(url, "/graphql", {
    method: "POST",
    headers: { ...preflighted, "content-type": contentType, ...headers },
    body: Buffer.from(await encoded.arrayBuffer()),
  });
  return JSON.parse(body.toString()).data.imageVariations.data.map((image: { url: string }) => image.url);
}

test("their URLs have the origin by which the client has called, and show them there", async () => {
  const url = await started().url;
  const shown = await askForPictures(url);
  for (const picture of shown) {
    expect(picture).toMatch(new RegExp(`^${url}/pictures/img-\\w{24}\\.png$`));
    const answer = await send(url, new URL(picture).pathname);
    expect([answer.status, answer.headers]).toMatchObject([
      200,
      {
        "content-type": "image/png",
        "content-length": String(answer.body.length),
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "cross-origin",
      },
    ]);
    expect(PNG.sync.read(answer.body)).toMatchObject({ width: 256, height: 256 });
    const head = await send(url, new URL(picture).pathname, { method: "HEAD" });
    const { "content-length": length } = answer.headers;
    expect(head).toMatchObject({ status: 200, headers: { "content-type": "image/png", "content-length": length } });
    expect(head.body).toHaveLength(0);
  }
  expect(new Set(shown).size).toBe(2);
});

test("a picture made for a prompt by a model that answers with URLs is shown there, too", async () => {
  const url = await started().url;
  const query = `mutation { imageGenerations(input: { model: "dall-e-2", prompt: "a fox", size: "256x256" }) { data { url } } }`;
  const { body } = await send(url, "/graphql", {
    method: "POST",
    headers: { ...preflighted, "content-type": "application/json" },
    body: Buffer.from(JSON.stringify({ query })),
  });
  const shown = JSON.parse(body.toString()).data.imageGenerations.data[0].url;
  expect(shown).toMatch(new RegExp(`^${url}/pictures/img-\\w{24}\\.png$`));
  const answer = await send(url, new URL(shown).pathname);
  expect(PNG.sync.read(answer.body)).toMatchObject({ width: 256, height: 256 });
});

test("another machine gets its name for the server, and https if a proxy says so", async () => {
  const url = await started().url;
  const [plain] = await askForPictures(url, { host: "laptop.example:4000" });
  expect(plain).toMatch(/^http:\/\/laptop\.example:4000\/graphql\/pictures\/img-\w{24}\.png$/);
  const [secure] = await askForPictures(url, { host: "laptop.example", "x-forwarded-proto": "https" });
  expect(secure).toMatch(/^https:\/\/laptop\.example\/graphql\/pictures\/img-/);
  const answer = await send(url, new URL(plain ?? "").pathname, { headers: { host: "laptop.example:4000" } });
  expect([answer.status, answer.headers["content-type"]]).toEqual([200, "image/png"]);
});

test("their URLs stand for them in an Upload, on the host that was called and as a path", async () => {
  const url = await started().url;
  const ask = async (image: string, headers: Record<string, string> = {}) => {
    const query = `mutation ($image: Upload!) { imageVariations(input: { image: $image, size: "256x256" }) { data { url } } }`;
    const { body } = await send(url, "/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: Buffer.from(JSON.stringify({ query, variables: { image } })),
    });
    return JSON.parse(body.toString());
  };
  const [picture = ""] = await askForPictures(url);
  for (const image of [picture, new URL(picture).pathname]) {
    const { data, errors } = await ask(image);
    expect([errors, data.imageVariations.data]).toEqual([undefined, [{ url: expect.stringContaining("/pictures/") }]]);
  }
  const elsewhere = picture.replace("127.0.0.1", "evil.example");
  expect((await ask(elsewhere)).errors[0].message).toContain("Upload must be");
  expect((await ask(elsewhere, { host: "laptop.example" })).errors[0].message).toContain("Upload must be");
  const dropped = picture.replace(/img-.{24}/, `img-${"x".repeat(24)}`);
  expect((await ask(dropped)).errors).toMatchObject([
    {
      message: "input.image is a URL of this server that is unknown or no longer kept.",
      extensions: { code: "BAD_USER_INPUT" },
    },
  ]);
});

test("nothing else is passed on", async () => {
  const url = await started().url;
  const name = "img-abcdefghijklmnopqrstuvwx.png";
  const unknown = await send(url, `/graphql/pictures/${name}`);
  expect([unknown.status, unknown.body.toString()]).toEqual([404, expect.stringContaining("No such picture")]);
  const [picture = ""] = await askForPictures(url);
  const { pathname } = new URL(picture);
  const paths = [
    "/graphql/pictures/",
    "/graphql/pictures/../v1/models",
    "/graphql/pictures/%2e%2e/v1/models",
    "/graphql/pictures//evil.example/img.png",
    `/graphql/pictures/x/${name}`,
    `${pathname}/../../v1/models`,
    `${pathname}%00`,
    pathname.replace("/graphql", ""),
  ];
  for (const path of paths) {
    const { status, body } = await send(url, path);
    expect([path, status, body.toString()]).toEqual([path, 404, expect.stringContaining("There is nothing here")]);
  }
  expect((await send(url, pathname, { method: "POST", headers: { "content-length": "0" } })).status).toBe(404);
  expect((await send(url, pathname, { headers: { host: "evil.example" } })).status).toBe(400);
});

test("without the sandbox there are no pictures, and the upstream's URLs stay as they are", async () => {
  const theirs = "http://127.0.0.1:1/files/img-abcdefghijklmnopqrstuvwx.png";
  const { upstream, server } = await startServed(json({ created: 1, data: [{ url: theirs }] }));
  expect(await askForPictures(server.url)).toEqual([theirs]);
  const sent = upstream.requests.length;
  expect((await send(server.url, `/graphql/pictures/${theirs.slice(-32)}`)).status).toBe(404);
  expect(upstream.requests).toHaveLength(sent);
});

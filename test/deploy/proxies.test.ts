// Behind the proxies of docs/proxies.md: what a client gets through them, with nginx's and HAProxy's blocks as printed.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { readConfig } from "../../src/config/read-config.ts";
import { readManifest } from "../support/deployment.ts";
import { installed, readBlocks, startProxy } from "../support/front-proxy.ts";
import { shared } from "../support/lifetime.ts";
import { CONTENT_TYPE, filePart, readParts, variations, varied, varyFields, writeBody } from "../support/multipart.ts";
import { connectRaw, postHead } from "../support/raw-client.ts";
import { startServed } from "../support/served-upstream.ts";
import { request } from "../support/server.ts";
import { chat, chunk, done, event, openStream, streamsThen, write } from "../support/stream.ts";
import { summary, transports } from "../support/subscribe.ts";
import { json } from "../support/upstream.ts";

const post = { method: "POST", headers: { "content-type": "application/json" } };
const defaults = readConfig({});
const totalSeconds = defaults.UPSTREAM_TOTAL_TIMEOUT_MS / 1_000;

describe.each(installed)("behind $name", (proxy) => {
  const served = shared(async () => {
    const { upstream, server } = await startServed(json(variations));
    return { upstream, server, url: await startProxy(proxy, server.url) };
  });

  test("an upload of 20 MB arrives whole", async () => {
    const { upstream, url } = served();
    const picture = Buffer.alloc(20 * 2 ** 20, "picture");
    const answer = await request(url, {
      method: "POST",
      headers: { "content-type": CONTENT_TYPE },
      body: writeBody(...varyFields, filePart(picture)),
    });
    expect(answer.body).toEqual({ data: { imageVariations: varied } });
    const received = upstream.requests[0];
    const sent = received && readParts(received).find(({ name }) => name === "image");
    expect(sent?.bytes.equals(picture)).toBe(true);
    expect(upstream.requests).toHaveLength(1);
  });

  test("the server's own limit of a body is told, not the proxy's", async () => {
    const { url } = served();
    const body = JSON.stringify({ query: "{ __typename }", variables: { a: "a".repeat(9 * 2 ** 20) } });
    const answer = await request(url, { ...post, body });
    expect(answer.status).toBe(413);
    expect(answer.body.errors[0].message).toContain(`${defaults.MAX_BODY_BYTES}`);
  });

  test("an upload is passed on while it comes", async () => {
    let begun = () => {};
    const begins = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const { server } = await startServed(
      async (_, res, req) => {
        for await (const _ of req) begun();
        res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(variations));
      },
      {},
      { streamBodies: true },
    );
    const url = await startProxy(proxy, server.url);
    const body = writeBody(...varyFields, filePart(Buffer.alloc(4 * 2 ** 20, "picture")));
    const client = await connectRaw(url);
    await client.send(Buffer.concat([Buffer.from(postHead(body.length)), body.subarray(0, 2 ** 21)]));
    await begins;
    await client.send(body.subarray(2 ** 21));
    expect((await client.answer()).body).toEqual({ data: { imageVariations: varied } });
  });

  test.each(transports)("a stream over $transport comes word by word", async ({ subscribe }) => {
    const { upstream, url } = served();
    let goOn = () => {};
    const heard = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    upstream.answer = async (_, res) => {
      openStream(res);
      await write(res, event(chunk("Hel")));
      await heard;
      res.end(event(chunk("lo", "stop")) + done);
    };
    const subscription = await subscribe(url);
    expect(await subscription.next()).toEqual({ data: { chat: { text: "Hel" } } });
    goOn();
    expect(await summary(subscription)).toEqual(["Hel", "lo", "complete"]);
  });

  test.each(transports)(
    "a client that leaves a stream over $transport ends the upstream call",
    async ({ subscribe }) => {
      const { upstream, url } = served();
      upstream.answer = streamsThen(event(chunk("Hel")), () => {});
      const subscription = await subscribe(url);
      await subscription.next();
      subscription.disconnect();
      await upstream.requests[0]?.closed;
    },
  );

  test("a key of 12,000 characters reaches the server", async () => {
    const { url } = served();
    const headers = { ...post.headers, authorization: `Bearer ${"a".repeat(12_000)}` };
    const answer = await request(url, { ...post, headers, body: '{"query":"{ __typename }"}' });
    expect(answer.body).toEqual({ data: { __typename: "Query" } });
  });

  test("/metrics is refused", async () => {
    const { url } = served();
    expect((await request(new URL("/metrics", url).href)).status).toBe(403);
  });

  test("a subscription by GET that the server drops is not sent again", async () => {
    let calls = 0;
    const broken = createServer((req) => {
      if (req.url?.startsWith("/readyz")) return;
      calls++;
      req.socket.destroy();
    }).listen(0, "127.0.0.1");
    await once(broken, "listening");
    onTestFinished(() => {
      broken.closeAllConnections();
      broken.close();
    });
    const url = await startProxy(proxy, `http://127.0.0.1:${(broken.address() as AddressInfo).port}`);
    const answer = await request(`${url}?query=${encodeURIComponent(chat)}`, {
      headers: { accept: "text/event-stream" },
    });
    expect([answer.status, calls]).toEqual([502, 1]);
  });
});

const ingress = readBlocks("yaml")
  .map((block) => parse(block))
  .find(({ kind }) => kind === "Ingress");

test.each([
  ["nginx's proxy_read_timeout", /proxy_read_timeout (\d+)s;/.exec(readBlocks("nginx").join(""))?.[1]],
  ["HAProxy's timeout client", /timeout client (\d+)s/.exec(readBlocks("haproxy").join(""))?.[1]],
  ["HAProxy's timeout server", /timeout server (\d+)s/.exec(readBlocks("haproxy").join(""))?.[1]],
  ["the ingress's", ingress.metadata.annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]],
])("%s is longer than an upstream call may take", (_, seconds) => {
  expect(Number(seconds)).toBeGreaterThan(totalSeconds);
});

test("the ingress leads to the Service", () => {
  const { Service } = readManifest();
  const { backend } = ingress.spec.rules[0].http.paths[0];
  expect(ingress.metadata.namespace).toBe(Service.metadata.namespace);
  expect(backend.service.name).toBe(Service.metadata.name);
  expect(Service.spec.ports.map(({ name }: { name: string }) => name)).toContain(backend.service.port.name);
});

// The memory that unfinished requests take: the real server in a process of its own, the clients in this one.
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { chatAnswer } from "../support/calls.ts";
import { filePart, writePart } from "../support/multipart.ts";
import { startProcess } from "../support/process.ts";
import { connectRaw, postHead } from "../support/raw-client.ts";
import { json, startUpstream } from "../support/upstream.ts";
import { connectFrames, frame, textFrame } from "../support/websocket-frames.ts";

const MIB = 2 ** 20;
const KEYS = { alice: "alice-key-0123456789", bob: "bob-key-0123456789ab" };
const bearer = (name: keyof typeof KEYS) => `Bearer ${KEYS[name]}`;
const headOf = (name: keyof typeof KEYS, length: number, type?: string) =>
  postHead(length, type).replace("\r\n", `\r\nauthorization: ${bearer(name)}\r\n`);

/** Alice may make one call a minute, and queries alone. */
async function start() {
  const upstream = await startUpstream(json(chatAnswer));
  const { child, url } = startProcess({
    PORT: "0",
    OPENAI_BASE_URL: upstream.url,
    CLIENT_KEYS: JSON.stringify([
      {
        id: "alice",
        key: KEYS.alice,
        requestsPerMinute: 1,
        operations: ["Query", "Mutation.imageVariations"],
        models: [],
      },
      { id: "bob", key: KEYS.bob },
    ]),
  });
  return { upstream, url: await url, pid: Number(child.pid) };
}

/** Resident memory of a process in MiB: now, or the most since the last reset. */
function readMemory(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
}

/** The most that `attack` adds; bob is served meanwhile. */
async function measure({ url, pid }: Awaited<ReturnType<typeof start>>, attack: () => Promise<unknown>) {
  const ask = async () => {
    const query = 'mutation { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { text } }';
    const headers = { authorization: bearer("bob"), "content-type": "application/json" };
    return (await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) })).json();
  };
  await ask();
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = readMemory(pid, "VmRSS");
  await attack();
  expect(await ask()).toEqual({ data: { chat: { text: "hello" } } });
  return readMemory(pid, "VmHWM") - before;
}

// Only Linux tells the peak of another process.
const linux = test.runIf(process.platform === "linux");
const options = { timeout: 60_000 };

linux("100 bodies of 8 MB that never end hold a caller's share", options, async () => {
  const server = await start();
  const body = Buffer.alloc(8 * MIB - 1, " ");
  const added = await measure(server, () =>
    Promise.all(
      Array.from({ length: 100 }, async () => {
        const client = await connectRaw(server.url);
        // Some are refused while they send.
        await client.send(headOf("alice", 8 * MIB, "application/json")).catch(() => {});
        await client.send(body).catch(() => {});
      }),
    ),
  );
  console.info(`100 unfinished bodies: +${added.toFixed(0)} MiB`);
  expect(added).toBeLessThan(240);
});

linux("100 messages of 8 MB that never end hold a caller's share", options, async () => {
  const server = await start();
  const begun = frame(0x1, Buffer.alloc(8 * MIB - 1, " "));
  const added = await measure(server, () =>
    Promise.all(
      Array.from({ length: 100 }, async () => {
        const { socket, received, closed } = await connectFrames(server.url, { authorization: bearer("alice") });
        socket.write(textFrame({ type: "connection_init" }));
        while (!received().includes("connection_ack")) await new Promise((resolve) => socket.once("data", resolve));
        await Promise.race([closed, new Promise((resolve) => socket.write(begun.subarray(0, -1), resolve))]);
      }),
    ),
  );
  console.info(`100 unfinished messages: +${added.toFixed(0)} MiB`);
  expect(added).toBeLessThan(240);
});

linux("ten files of 49 MB, each for two variables, are not read before the refusal", options, async () => {
  const server = await start();
  const image = (name: string) => `${name}: imageVariations(input: { image: $${name} }) { created }`;
  const query = `mutation ($a: Upload!, $b: Upload!) { ${image("a")} ${image("b")} chat(input: { model: "m", messages: [] }) { id } }`;
  const parts = [
    { name: "operations", body: JSON.stringify({ query, variables: { a: null, b: null } }) },
    { name: "map", body: '{"0":["variables.a","variables.b"]}' },
    filePart(Buffer.alloc(49_000_000)),
  ].map(writePart);
  const length = parts.reduce((sum, part) => sum + part.length, 0) + 1000;
  const added = await measure(server, () =>
    Promise.all(
      Array.from({ length: 10 }, async () => {
        const client = await connectRaw(server.url);
        await client.send(headOf("alice", length));
        const sending = (async () => {
          for (const part of parts) await client.send(part);
        })().catch(() => {});
        const { status, body } = await client.answer();
        expect([status, body.errors[0].extensions.code]).toEqual([403, "FORBIDDEN"]);
        client.socket.destroy();
        await sending;
      }),
    ),
  );
  console.info(`10 files for two variables each: +${added.toFixed(0)} MiB`);
  expect(added).toBeLessThan(120);
  expect(server.upstream.requests).toHaveLength(2);
});

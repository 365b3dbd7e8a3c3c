// The memory that uploads take: the real server in a process of its own; the load and the upstream are in this one.
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { END, filePart, variations, varied, varyFields, writePart } from "../support/multipart.ts";
import { startProcess } from "../support/process.ts";
import { connectRaw, postHead } from "../support/raw-client.ts";
import { json, startUpstream } from "../support/upstream.ts";

const MIB = 2 ** 20;
const start = Buffer.concat([...varyFields.map(writePart), writePart(filePart("")).subarray(0, -2)]);
const end = Buffer.from(`\r\n${END}`);
const chunk = Buffer.alloc(64 * 1024, 7);

/** A server whose upstream discards what it gets. */
async function startMeasured() {
  let received = 0;
  const upstream = await startUpstream(
    async (request, res, req) => {
      req.on("data", (bytes: Buffer) => {
        received += bytes.length;
      });
      await once(req, "end");
      json(variations)(request, res, req);
    },
    { streamBodies: true },
  );
  const environment = { PORT: "0", OPENAI_BASE_URL: upstream.url, MAX_UPLOAD_BYTES: String(512 * MIB) };
  const { child, url } = startProcess(environment);
  return { url: await url, received: () => received, pid: Number(child.pid) };
}

/** Uploads `size` bytes that are made as they are sent. */
async function upload(url: string, size: number): Promise<void> {
  const client = await connectRaw(url);
  await client.send(postHead(start.length + size + end.length));
  await client.send(start);
  for (let sent = 0; sent < size; sent += chunk.length) await client.send(chunk.subarray(0, size - sent));
  await client.send(end);
  expect((await client.answer()).body).toEqual({ data: { imageVariations: varied } });
  client.socket.destroy();
}

/** Uploads files of `size` bytes each as the images of one edit. */
async function uploadEdit(url: string, size: number, images: number): Promise<void> {
  const query =
    'mutation ($images: [Upload!]!) { imageEdits(input: { prompt: "x", images: $images }) { data { url } } }';
  const map = Object.fromEntries(Array.from({ length: images }, (_, place) => [place, [`variables.images.${place}`]]));
  const fields = [
    { name: "operations", body: JSON.stringify({ query, variables: { images: Array(images).fill(null) } }) },
    { name: "map", body: JSON.stringify(map) },
  ];
  const head = Buffer.concat(fields.map(writePart));
  const heads = Array.from({ length: images }, (_, place) => writePart(filePart("", String(place))).subarray(0, -2));
  const between = heads.reduce((sum, { length }) => sum + length + size + 2, 0);
  const client = await connectRaw(url);
  await client.send(postHead(head.length + between + END.length));
  await client.send(head);
  for (const partHead of heads) {
    await client.send(partHead);
    for (let sent = 0; sent < size; sent += chunk.length) await client.send(chunk.subarray(0, size - sent));
    await client.send("\r\n");
  }
  await client.send(END);
  expect((await client.answer()).body).toEqual({ data: { imageEdits: varied } });
  client.socket.destroy();
}

/** Resident memory of a process in MiB: now, or the most since the last reset. */
function readMemory(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
}

/** The most that `work` adds to the resident memory of the process, in MiB. */
async function measure(pid: number, work: () => Promise<unknown>): Promise<number> {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = readMemory(pid, "VmRSS");
  await work();
  return readMemory(pid, "VmHWM") - before;
}

/** Brings the process to where it stays: code compiled, heap grown, connections open. */
async function warmUp(server: { url: string; pid: number }): Promise<void> {
  let steadyTurns = 0;
  while (steadyTurns < 5) {
    const added = await measure(server.pid, () =>
      Promise.all([2, 2, 2, 2].map((size) => upload(server.url, size * MIB))),
    );
    steadyTurns = added < 4 ? steadyTurns + 1 : 0;
  }
}

// Only Linux tells the peak of another process.
test.runIf(process.platform === "linux")("a file of 200 MiB adds less than 40 MiB", { timeout: 60_000 }, async () => {
  const server = await startMeasured();
  await warmUp(server);
  const before = server.received();
  const added = await measure(server.pid, () => upload(server.url, 200 * MIB));
  console.info(`200 MiB: +${added.toFixed(1)} MiB`);
  expect(server.received() - before).toBeGreaterThan(200 * MIB);
  expect(added).toBeLessThan(40);
});

test.runIf(process.platform === "linux")(
  "16 files of 4 MiB at once add less than 120 MiB",
  { timeout: 60_000 },
  async () => {
    const server = await startMeasured();
    await warmUp(server);
    const before = server.received();
    const added = await measure(server.pid, () =>
      Promise.all(Array.from({ length: 16 }, () => upload(server.url, 4 * MIB))),
    );
    console.info(`16 x 4 MiB: +${added.toFixed(1)} MiB`);
    expect(server.received() - before).toBeGreaterThan(16 * 4 * MIB);
    expect(added).toBeLessThan(120);
  },
);

test.runIf(process.platform === "linux")(
  "16 edits of a file of 4 MiB each at once, and an edit of 16 such files, add less than 120 MiB and stay below 190",
  { timeout: 60_000 },
  async () => {
    const server = await startMeasured();
    await warmUp(server);
    const before = server.received();
    const many = await measure(server.pid, () =>
      Promise.all(Array.from({ length: 16 }, () => uploadEdit(server.url, 4 * MIB, 1))),
    );
    const atMost = readMemory(server.pid, "VmHWM");
    const one = await measure(server.pid, () => uploadEdit(server.url, 4 * MIB, 16));
    console.info(
      `16 edits: +${many.toFixed(1)} MiB, at most ${atMost.toFixed(1)}; one of 16 files: +${one.toFixed(1)} MiB`,
    );
    expect(server.received() - before).toBeGreaterThan(2 * 16 * 4 * MIB);
    expect(many).toBeLessThan(120);
    expect(one).toBeLessThan(40);
    expect(Math.max(atMost, readMemory(server.pid, "VmHWM"))).toBeLessThan(190);
  },
);

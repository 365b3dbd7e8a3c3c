// The command of the bench: measures this server, the bare proxy and its peers in turns, and prints one table of ratios.
// npm run bench -- [--quick] [--only chat,models] [--servers ours,proxy] [--repeats 5] [--node 24] [--json file] [--log file]
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { install } from "./install.mjs";
import { waitForAnswer } from "./load/chat.mjs";
import { measures } from "./measures.mjs";
import { findNode } from "./node-binary.mjs";
import { formatResults } from "./report.mjs";
import { servers, startServer, startUpstream } from "./servers.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: Object.keys(measures).join() },
    servers: { type: "string", default: Object.keys(servers).join() },
    repeats: { type: "string" },
    node: { type: "string" },
    json: { type: "string" },
    log: { type: "string", default: "/dev/null" },
  },
});
const here = { path: process.execPath, version: process.version };
const node = values.node ? findNode(values.node) : here;
const chosen = pick(values.only, measures, "--only");
const named = pick(values.servers, servers, "--servers").filter((name) => node !== here || !servers[name].isHere);
const repeats = Number(values.repeats ?? (values.quick ? 3 : 7));
const durationMs = values.quick ? 500 : 2_500;
/** The shortest and the longest warm-up. In between they are counted in requests. */
const warmUp = values.quick ? { durationMs: 0, maxMs: 5_000 } : { durationMs: 2_000, maxMs: 10_000 };

install();
const startedAt = performance.now();
const upstream = await startUpstream();
/** By row and server: the figure of each repeat. */
const figures = {};
/** By server or measure: the reason why it is left out. */
const leftOut = new Map();
/** The servers that serve one measure after the other. */
const shared = await beginAll(named);
for (const name of chosen) await run(name, measures[name]);
await stopAll(shared);
await upstream.stop();

const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GB`,
  node: node.version,
  benchNode: here.version,
  load: `${repeats} repeats of ${durationMs} ms`,
  seconds: Math.round((performance.now() - startedAt) / 1_000),
  servers: named.filter((name) => !leftOut.has(name)),
  leftOut: Object.fromEntries(leftOut),
  figures,
};
console.log(formatResults(results));
if (values.json) {
  mkdirSync(dirname(values.json), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

/** Runs one measure on all servers that can do it; each repeat begins with another of them. */
async function run(name, measure) {
  const obstacle = measure.findObstacle?.({ isQuick: values.quick });
  if (obstacle !== undefined) {
    leftOut.set(name, obstacle);
    return;
  }
  const able = named.filter(
    (server) => servers[server].can.includes(measure.needs) && (measure.servers?.includes(server) ?? true),
  );
  const running = measure.isFresh ? await beginAll(able) : shared.filter((server) => able.includes(server.name));
  const optionsFor = (server) => ({
    durationMs,
    isQuick: values.quick,
    upstream,
    startAnother: () => start(server.name),
  });
  for (const server of running) {
    note(server.name, await measure.warmUp?.(server, { ...optionsFor(server), ...warmUp }));
  }
  const turns = Math.min(repeats, measure.maxRepeats ?? repeats);
  for (let repeat = 0; repeat < turns; repeat++) {
    for (let turn = 0; turn < running.length; turn++) {
      const server = running[(repeat + turn) % running.length];
      note(server.name, await measure.run(server, { ...optionsFor(server), repeat }));
    }
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    process.stderr.write(`${name}: ${repeat + 1} of ${turns}, after ${seconds} s\n`);
  }
  if (measure.isFresh) await stopAll(running);
}

async function beginAll(names) {
  return (await Promise.all(names.filter((name) => !leftOut.has(name)).map(begin))).filter(Boolean);
}

async function stopAll(running) {
  await Promise.all(running.map((server) => server.stop()));
}

/** Starts a server; a peer that does not run on this machine is left out. */
async function begin(name) {
  let server;
  try {
    server = await start(name);
    await waitForAnswer(server);
    return server;
  } catch (error) {
    await server?.stop();
    if (name === "ours" || name === "proxy") throw error;
    leftOut.set(name, error.message);
    return undefined;
  }
}

function start(name) {
  const { path } = servers[name].isHere ? here : node;
  return startServer(name, upstream, { node: path, logFile: values.log });
}

function note(server, results = {}) {
  for (const [row, figure] of Object.entries(results)) {
    figures[row] ??= {};
    figures[row][server] ??= [];
    figures[row][server].push(figure);
  }
}

function pick(list, from, option) {
  const names = list.split(",");
  const unknown = names.filter((name) => !(name in from));
  if (unknown.length > 0) throw new Error(`${option} takes ${Object.keys(from).join(", ")}.`);
  return Object.keys(from).filter((name) => names.includes(name));
}

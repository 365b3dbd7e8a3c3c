// The command of the bench: measures this server, the bare proxy and its peers in turns, and prints one table of ratios.
// npm run bench -- [--quick] [--only chat,models] [--servers ours,proxy] [--repeats 5] [--json file] [--log file]
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { install } from "./install.mjs";
import { chat, waitForAnswer } from "./load/chat.mjs";
import { growth } from "./load/growth.mjs";
import { latency } from "./load/latency.mjs";
import { models } from "./load/models.mjs";
import { start } from "./load/start.mjs";
import { paced, streams } from "./load/streams.mjs";
import { uploads } from "./load/uploads.mjs";
import { formatTable } from "./report.mjs";
import { servers, startServer, startUpstream } from "./servers.mjs";

const measures = { chat, models, latency, streams, paced, uploads, start, growth };

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: Object.keys(measures).join() },
    servers: { type: "string", default: Object.keys(servers).join() },
    repeats: { type: "string" },
    json: { type: "string" },
    log: { type: "string", default: "/dev/null" },
  },
});
const chosen = pick(values.only, measures, "--only");
const named = pick(values.servers, servers, "--servers");
const repeats = Number(values.repeats ?? (values.quick ? 3 : 7));
const durationMs = values.quick ? 500 : 4_000;
/** Shortest warm-up. Warm-ups are also counted in requests. */
const warmUpMs = values.quick ? 0 : 3_000;

install();
const startedAt = performance.now();
const upstream = await startUpstream();
/** By row and server: the figure of each repeat. */
const figures = {};
/** By server: the reason why it is not measured. */
const leftOut = new Map();
/** The servers that serve one measure after the other. */
const shared = await beginAll(named);
for (const name of chosen) await run(name, measures[name]);
await stopAll(shared);
await upstream.stop();

const elapsedMs = performance.now() - startedAt;
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, Node ${process.version}`;
const shown = named.filter((name) => !leftOut.has(name));
console.log(formatTable(figures, rowsOf(chosen), shown));
console.log(
  `\n${new Date().toISOString().slice(0, 10)}; ${machine}; ${repeats} repeats in ${(elapsedMs / 1_000).toFixed(0)} s`,
);
for (const [name, reason] of leftOut) console.log(`Without ${servers[name].title}: ${reason}`);
if (values.json) {
  mkdirSync(dirname(values.json), { recursive: true });
  const results = { date: new Date(), machine, repeats, durationMs, leftOut: Object.fromEntries(leftOut), figures };
  writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

/** Runs one measure on all servers that can do it; each repeat begins with another of them. */
async function run(name, measure) {
  const able = named.filter(
    (server) => servers[server].can.includes(measure.needs) && (measure.servers?.includes(server) ?? true),
  );
  const running = measure.isFresh ? await beginAll(able) : shared.filter((server) => able.includes(server.name));
  const options = { repeat: 0, isQuick: values.quick, upstream };
  for (const server of running) await measure.warmUp?.(server, { ...options, durationMs: warmUpMs });
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (let turn = 0; turn < running.length; turn++) {
      const server = running[(repeat + turn) % running.length];
      note(server.name, await measure.run(server, { ...options, durationMs, repeat }));
    }
    process.stderr.write(`${name}: ${repeat + 1} of ${repeats}\n`);
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
    server = await startServer(name, upstream, { logFile: values.log });
    await waitForAnswer(server);
    return server;
  } catch (error) {
    await server?.stop();
    if (name === "ours" || name === "proxy") throw error;
    leftOut.set(name, error.message);
    return undefined;
  }
}

function note(server, results) {
  for (const [row, figure] of Object.entries(results)) {
    figures[row] ??= {};
    figures[row][server] ??= [];
    figures[row][server].push(figure);
  }
}

function rowsOf(names) {
  return Object.assign({}, ...names.map((name) => measures[name].rows));
}

function pick(list, from, option) {
  const names = list.split(",");
  const unknown = names.filter((name) => !(name in from));
  if (unknown.length > 0) throw new Error(`${option} takes ${Object.keys(from).join(", ")}.`);
  return Object.keys(from).filter((name) => names.includes(name));
}

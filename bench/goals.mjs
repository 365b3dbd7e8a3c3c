// The goals of this server, as multiples of another server's figure or as the figure itself.
import { NODE_PEERS } from "./servers.mjs";

/** How much a figure may grow beyond its share, if it should stay flat or grow with the load. */
const FLAT = 1.25;
const AS_PLAIN = { least: 0.9, most: 1.1 };

/**
 * `beside`: the server whose figure divides this server's, or several, of which the best counts in each repeat;
 * `besideRow`: this server's own figure that does; neither: the figure itself, in its row's unit. `onNode`: the major
 * version for which it is a goal.
 */
export const goals = [
  { row: "chatCpu", beside: "proxy", atMost: 2, title: "≤ 2.0 ×" },
  { row: "chatCpu", beside: "mercurius", atMost: 1, title: "≤ Mercurius" },
  { row: "chatCpu", beside: "apollo", atMost: 0.1, title: "≤ 0.1 × Apollo" },
  { row: "chatRate", beside: "proxy", atLeast: 0.55, title: "≥ 0.55 ×" },
  { row: "chatRate", beside: NODE_PEERS, atLeast: 1, title: "≥ every Node peer" },
  { row: "chatRss", beside: "oursHere", atMost: 1, title: "≤ on the bench's Node" },
  { row: "modelsRate", beside: "proxy", atLeast: 0.5, title: "≥ 0.50 ×" },
  { row: "modelsRate", beside: NODE_PEERS, atLeast: 1, title: "≥ every Node peer" },
  { row: "latency", atMost: 220, title: "≤ 220 µs" },
  ...["deployed", "jwt", "trusted"].flatMap((kind) => [
    { row: `${kind}Cpu`, besideRow: "plainCpu", atMost: AS_PLAIN.most, title: `≤ ${AS_PLAIN.most} × plain` },
    { row: `${kind}Rate`, besideRow: "plainRate", atLeast: AS_PLAIN.least, title: `≥ ${AS_PLAIN.least} × plain` },
  ]),
  { row: "streamsRate", beside: "proxy", atLeast: 0.5, title: "≥ 0.50 ×" },
  { row: "pacedRate", beside: "proxy", atLeast: 0.95, title: "≥ 0.95 ×" },
  { row: "pacedFirst", beside: "proxy", atMost: 2, title: "≤ 2.0 ×" },
  { row: "openDelay", atMost: 100, title: "≤ 100 ms" },
  { row: "openRss", atMost: 40, title: "≤ 40 KB" },
  { row: "uploadsRate", beside: "proxy", atLeast: 0.8, title: "≥ 0.80 ×" },
  { row: "uploadsRate", beside: NODE_PEERS, atLeast: 1, title: "≥ every Node peer" },
  { row: "uploadsPeak", atMost: 170, title: "≤ 170 MB", onNode: 20 },
  { row: "uploadsPeak", atMost: 200, title: "≤ 200 MB", onNode: 24 },
  { row: "coldStart", atMost: 350, title: "≤ 350 ms" },
  { row: "idleRss", atMost: 85, title: "≤ 85 MB" },
  ...[16, 64, 256, 1_000].map((count) => ({
    row: `connections${count}`,
    besideRow: "connections1",
    atMost: FLAT,
    title: `≤ ${FLAT} × at 1`,
  })),
  ...[100, 1_000, 10_000].map((count) => ({
    row: `documents${count}`,
    besideRow: "documents10",
    atMost: FLAT,
    title: `≤ ${FLAT} × with 10`,
  })),
  { row: "documents10000Rss", besideRow: "documents1000Rss", atMost: FLAT, title: `≤ ${FLAT} × with 1,000` },
  ...[100, 1_000].map((size) => ({
    row: `prompt${size}`,
    besideRow: "prompt10",
    atMost: (size / 10) * FLAT,
    title: `≤ ${(size / 10) * FLAT} × at 10 KB`,
  })),
];

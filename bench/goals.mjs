// The goals of this server, as multiples of another server's figure or as the figure itself.

/** How much a figure may grow beyond its share, if it should stay flat or grow with the load. */
const FLAT = 1.25;

/**
 * `beside`: the server whose figure divides this server's; `besideRow`: this server's own figure that does; neither: the
 * figure itself, in its row's unit.
 */
export const goals = [
  { row: "chatCpu", beside: "proxy", atMost: 2.5, title: "≤ 2.5 ×" },
  { row: "chatCpu", beside: "apollo", atMost: 1 / 8, title: "≤ 0.125 × Apollo" },
  { row: "chatRate", beside: "proxy", atLeast: 0.45, title: "≥ 0.45 ×" },
  { row: "chatRate", beside: "yoga", atLeast: 5, title: "≥ 5 × Yoga" },
  { row: "modelsRate", beside: "proxy", atLeast: 0.35, title: "≥ 0.35 ×" },
  { row: "modelsRate", beside: "yoga", atLeast: 5, title: "≥ 5 × Yoga" },
  { row: "latency", atMost: 250, title: "≤ 250 µs" },
  { row: "streamsRate", beside: "proxy", atLeast: 0.4, title: "≥ 0.40 ×" },
  { row: "streamsRate", beside: "yoga", atLeast: 8, title: "≥ 8 × Yoga" },
  { row: "pacedRate", beside: "proxy", atLeast: 0.95, title: "≥ 0.95 ×" },
  { row: "pacedFirst", beside: "proxy", atMost: 1.5, title: "≤ 1.5 ×" },
  { row: "uploadsRate", beside: "proxy", atLeast: 0.7, title: "≥ 0.70 ×" },
  { row: "uploadsRate", beside: "yoga", atLeast: 1.4, title: "≥ 1.4 × Yoga" },
  { row: "uploadsRate", beside: "apollo", atLeast: 1.4, title: "≥ 1.4 × Apollo" },
  { row: "uploadsRate", beside: "mesh", atLeast: 1.4, title: "≥ 1.4 × Mesh" },
  { row: "uploadsPeak", atMost: 190, title: "≤ 190 MB" },
  { row: "coldStart", atMost: 400, title: "≤ 400 ms" },
  { row: "idleRss", atMost: 90, title: "≤ 90 MB" },
  { row: "connections64", besideRow: "connections1", atMost: FLAT, title: `≤ ${FLAT} × at 1` },
  { row: "documents1000", besideRow: "documents10", atMost: FLAT, title: `≤ ${FLAT} × with 10` },
  { row: "documents10000", besideRow: "documents10", atMost: FLAT, title: `≤ ${FLAT} × with 10` },
  { row: "prompt100", besideRow: "prompt10", atMost: 10 * FLAT, title: `≤ ${10 * FLAT} × at 10 KB` },
  { row: "prompt1000", besideRow: "prompt10", atMost: 100 * FLAT, title: `≤ ${100 * FLAT} × at 10 KB` },
];

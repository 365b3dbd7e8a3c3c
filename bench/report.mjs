// Formats results: a table in which each server is a multiple of the bare proxy in the same repeat, with this server's goals
// and whether they are met, and who is ahead where.
import { goals } from "./goals.mjs";
import { rows } from "./measures.mjs";
import { NODE_PEERS, servers } from "./servers.mjs";
import { medianOf, ratioOf, spreadOf } from "./spread.mjs";

/** Formats all of a run's results as Markdown. */
export function formatResults(results) {
  const { date, machine, node, benchNode, load, seconds, leftOut, figures } = results;
  const versions = `Node ${node}${benchNode === node ? "" : `, the bench itself on ${benchNode}`}`;
  return [
    formatTable(results),
    `${date}; ${machine}; ${versions}; ${load}, ${seconds} s in all.`,
    formatStanding(figures),
    ...Object.entries(leftOut).map(
      ([name, reason]) => `Without ${servers[name]?.title ?? `the measure ${name}`}: ${reason}`,
    ),
  ]
    .filter(Boolean)
    .join("\n\n");
}

/** Formats the figures. Cells are `median (least–most)` over the repeats. */
function formatTable({ figures, servers: names, node }) {
  const head = ["", ...names.map((name) => servers[name].title), "goals for this server"];
  const lines = Object.entries(rows)
    .filter(([row]) => figures[row])
    .map(([row, { title, unit, isPlain }]) => [
      title,
      ...names.map((name) => formatCell(figures[row], name, unit, isPlain)),
      formatGoals(figures, row, node),
    ]);
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function formatCell({ proxy, ...others }, name, unit, isPlain = false) {
  const own = name === "proxy" ? proxy : others[name];
  if (!own) return "–";
  if (name === "proxy" || !proxy || isPlain) return `${formatSpread(spreadOf(own))} ${unit}`.trim();
  return `${formatSpread(ratioOf(own, proxy))} ×, ${format(medianOf(own))} ${unit}`;
}

function formatGoals(figures, row, node) {
  return goals
    .filter((goal) => goal.row === row && (goal.onNode ?? majorOf(node)) === majorOf(node))
    .map(({ beside = "ours", besideRow = row, atMost, atLeast, title }) => {
      const own = figures[row].ours;
      const others = bestOf(figures[besideRow] ?? {}, [beside].flat(), rows[row].better);
      if (!own || !others) return undefined;
      const isItself = own === others;
      const { median } = isItself ? spreadOf(own) : ratioOf(own, others);
      const isMet = atMost === undefined ? median >= atLeast : median <= atMost;
      // The cell of this server shows the others.
      const found = isItself || beside === "proxy" ? "" : ` (${format(median)})`;
      return `${isMet ? "✓" : "✗"} ${title}${found}`;
    })
    .filter(Boolean)
    .join("<br>");
}

/** The figures of the one server, or the best of several in each repeat. */
function bestOf(figuresByServer, names, better) {
  const present = names.map((name) => figuresByServer[name]).filter(Boolean);
  if (present.length <= 1) return present[0];
  const best = better === "more" ? Math.max : Math.min;
  return present[0].map((_, repeat) => best(...present.map((figures) => figures[repeat])));
}

/** Says in which rows this server is ahead of the peers that run on Node, and by how much the best of them is ahead in the others. */
function formatStanding(figures) {
  const ahead = [];
  const behind = [];
  for (const [row, { title, better }] of Object.entries(rows)) {
    const own = figures[row]?.ours;
    const peers = NODE_PEERS.filter((name) => figures[row]?.[name]);
    if (!better || !own || peers.length === 0) continue;
    // How many times as good as this server each peer is.
    const leads = peers.map((name) => {
      const { median } = ratioOf(figures[row][name], own);
      return { name, lead: better === "more" ? median : 1 / median };
    });
    const best = leads.reduce((one, other) => (other.lead > one.lead ? other : one));
    if (best.lead < 1) ahead.push(`${title} (${format(1 / best.lead)} × as good as ${servers[best.name].title})`);
    else behind.push(`${title} (${servers[best.name].title} is ${format(best.lead)} × as good)`);
  }
  if (ahead.length + behind.length === 0) return "";
  return [
    `This server is ahead of every peer on Node in: ${ahead.join("; ") || "nothing"}.`,
    `A peer is ahead in: ${behind.join("; ") || "nothing"}.`,
  ].join("\n\n");
}

function majorOf(version) {
  return Number(version.slice(1).split(".")[0]);
}

function formatSpread({ median, min, max }) {
  return `${format(median)} (${format(min)}–${format(max)})`;
}

/** Three digits. */
function format(number) {
  if (number >= 100) return Math.round(number).toLocaleString("en");
  return number.toPrecision(number >= 1 ? 3 : 2);
}

// Formats the table: each server as a multiple of the bare proxy in the same repeat, with the goals and whether they are met.
import { goals } from "./goals.mjs";
import { servers } from "./servers.mjs";
import { ratioOf, spreadOf } from "./spread.mjs";

/** Formats the figures as Markdown. Cells are `median (min–max)` over the repeats. */
export function formatTable(figures, rows, names) {
  const head = ["", ...names.map((name) => servers[name].title), "goals for this server"];
  const lines = Object.entries(rows)
    .filter(([row]) => figures[row])
    .map(([row, { title, unit, isPlain }]) => [
      title,
      ...names.map((name) => formatCell(figures[row], name, unit, isPlain)),
      formatGoals(figures, row),
    ]);
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function formatCell({ proxy, ...others }, name, unit, isPlain = false) {
  const own = name === "proxy" ? proxy : others[name];
  if (!own) return "–";
  if (name === "proxy" || !proxy || isPlain) return `${formatSpread(spreadOf(own))} ${unit}`.trim();
  const { median } = spreadOf(own);
  return `${formatSpread(ratioOf(own, proxy))} ×, ${format(median)} ${unit}`;
}

function formatGoals(figures, row) {
  const results = goals
    .filter((goal) => goal.row === row)
    .map(({ beside = "ours", besideRow = row, atMost, atLeast, title }) => {
      const own = figures[row].ours;
      const others = figures[besideRow]?.[beside];
      if (!own || !others) return undefined;
      const isItself = own === others;
      const { median } = isItself ? spreadOf(own) : ratioOf(own, others);
      const isMet = atMost === undefined ? median >= atLeast : median <= atMost;
      // The cell of this server shows the others.
      const found = isItself || beside === "proxy" ? "" : ` (${format(median)})`;
      return `${isMet ? "✓" : "✗"} ${title}${found}`;
    });
  return results.filter(Boolean).join("<br>");
}

function formatSpread({ median, min, max }) {
  return `${format(median)} (${format(min)}–${format(max)})`;
}

/** Three digits. */
function format(number) {
  if (number >= 100) return Math.round(number).toLocaleString("en");
  return number.toPrecision(number >= 1 ? 3 : 2);
}

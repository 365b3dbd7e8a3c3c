// Measures how this server's CPU time per chat grows with connections, with distinct documents and with the prompt's length.
import { chatLoad, warmUpChat } from "./chat.mjs";
import { createCheckFor, createRequest, PLACE } from "./request.mjs";
import { measureLoad, runLoad } from "./run.mjs";

const CONNECTIONS = [1, 16, 64, 256, 1_000];
const DOCUMENTS = [10, 100, 1_000, 10_000];
const PROMPTS_KB = [1, 10, 100, 1_000];
/** `--quick` measures only the ends of each row. */
const QUICK = ["connections1", "connections1000", "documents10", "documents10000", "prompt10", "prompt1000"];
/** Long prompts are sent over few connections. */
const PROMPT_CONNECTIONS = 4;
const SENTENCE = 'Of a bridge, "what carries" and what is carried have to be equal – on the worst day, too.\n';

const NAME = "Chat00000";
const ALIAS = "a00000";

const points = [
  ...CONNECTIONS.map((count) => ({
    row: `connections${count}`,
    title: `chat, ${format(count, "connection")}`,
    load: (server) => ({ ...chatLoad(server), connections: count }),
  })),
  ...DOCUMENTS.map((count) => ({
    row: `documents${count}`,
    title: `chat, ${format(count, "distinct document")}`,
    load: documentsLoad(count),
    // Each document has been seen before.
    warmUp: count,
    rssRow: `documents${count}Rss`,
  })),
  ...PROMPTS_KB.map((size) => ({
    row: `prompt${size}`,
    title: `chat, prompt of ${size.toLocaleString("en")} KB`,
    load: (server) => ({ ...chatLoad(server, createPrompt(size * 1_000)), connections: PROMPT_CONNECTIONS }),
  })),
];

export const growth = {
  needs: "chat",
  servers: ["ours"],
  /** A server of its own, so that memory which others have left is not counted. */
  isFresh: true,
  /** What a profile is taken of. */
  load: documentsLoad(DOCUMENTS.at(-1)),
  rows: {
    ...Object.fromEntries(points.map(({ row, title }) => [row, { title: `${title}: CPU per request`, unit: "µs" }])),
    ...Object.fromEntries(
      points
        .filter(({ rssRow }) => rssRow)
        .map(({ rssRow, title }) => [rssRow, { title: `${title}: RSS, once`, unit: "MB" }]),
    ),
  },
  /** Also yields the memory held after each number of documents, which only grows the first time. */
  async warmUp(server, options) {
    await warmUpChat(server, options);
    const results = {};
    for (const { load, warmUp, rssRow } of points) {
      if (!warmUp) continue;
      await runLoad({ ...load(server), count: warmUp });
      results[rssRow] = server.rssMb();
    }
    return results;
  },
  async run(server, { durationMs, repeat, isQuick }) {
    const results = {};
    const chosen = pointsOf({ isQuick });
    for (let turn = 0; turn < chosen.length; turn++) {
      const { row, load } = chosen[(repeat + turn) % chosen.length];
      const { cpuMsEach } = await measureLoad(server, { ...load(server), durationMs });
      results[row] = cpuMsEach * 1_000;
    }
    return results;
  },
};

function pointsOf({ isQuick }) {
  return isQuick ? points.filter(({ row }) => QUICK.includes(row)) : points;
}

/** Chats with documents that differ in the operation's name and in its field's alias, used in turn over all runs. */
function documentsLoad(count) {
  let sent = 0;
  return ({ port, dialect }) => {
    const entry = dialect.chat({ prompt: `${PLACE}: What makes a bridge hold?`, name: NAME, alias: ALIAS });
    return {
      port,
      connections: 16,
      check: createCheckFor({ ...entry, expect: (nonce, _name, alias) => entry.expect(nonce, alias) }),
      createFill: () => createRequest(entry, [PLACE, NAME, ALIAS]),
      valuesOf(nonce) {
        const number = (sent++ % count).toString().padStart(5, "0");
        return [nonce, `Chat${number}`, `a${number}`];
      },
    };
  };
}

function createPrompt(bytes) {
  return `${PLACE}: ${SENTENCE.repeat(Math.ceil(bytes / Buffer.byteLength(SENTENCE)))}`.slice(0, bytes);
}

function format(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

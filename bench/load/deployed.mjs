// Measures the chat as it comes in a deployment: from a browser's page behind a gateway, with a client key or a JWT, and as
// a trusted document. Beside it, in turns, the same server's plain chat.
import { createToken, DOCUMENT_ID, ORIGIN } from "../ours.mjs";
import { chatLoad, PROMPT, warmUpChat } from "./chat.mjs";
import { createCheckFor, createRequest, PLACE } from "./request.mjs";
import { measureLoad, runLoad } from "./run.mjs";

const WARM_UP = 1_000;
/** How often the kinds take turns within a repeat, so that other work on the machine affects all of them. */
const TURNS = 4;
/** Shorter ones cannot be told apart: CPU time is counted in ticks of 10 ms. */
const LEAST_TURN_MS = 250;

/** The places of what differs from request to request. */
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const REQUEST_ID = "7f8c2a8e-5b1d-4c39-9d9e-1f2a3b4c5d6e";

/** What a browser sends, and what a gateway adds. */
const HEADERS = {
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  accept: "application/graphql-response+json, application/json",
  "accept-encoding": "gzip, deflate, br, zstd",
  "accept-language": "en-GB,en;q=0.9,de;q=0.8",
  "cache-control": "no-cache",
  cookie: "session=c2Vzc2lvbi1vZi10aGUtcGFnZQ; theme=dark; consent=2026-05-01T10%3A00%3A00Z",
  origin: ORIGIN,
  referer: `${ORIGIN}/chat/42?tab=history`,
  "sec-ch-ua": '"Chromium";v="141", "Not?A_Brand";v="8"',
  "sec-ch-ua-mobile": "?0",
  "sec-ch-ua-platform": '"Linux"',
  "sec-fetch-dest": "empty",
  "sec-fetch-mode": "cors",
  "sec-fetch-site": "cross-site",
  "x-forwarded-for": "203.0.113.7, 10.0.0.4",
  "x-forwarded-host": "api.bench.test",
  "x-forwarded-proto": "https",
  "x-request-id": REQUEST_ID,
  traceparent: `00-${TRACE}-${SPAN}-01`,
};

/** By the beginning of their rows' names. `change` makes the entry of one kind from that of the plain chat. */
const kinds = {
  plain: { title: "plain", change: (entry) => entry },
  deployed: { title: "as deployed", change: addHeaders },
  jwt: { title: "as deployed, with a JWT", change: (entry) => addHeaders(entry, authorize()), onlyOurs: true },
  trusted: {
    title: "as deployed, a trusted document",
    change: (entry) => trust(addHeaders(entry)),
    onlyOurs: true,
  },
};

export const deployed = {
  needs: "chat",
  servers: ["proxy", "ours"],
  rows: Object.fromEntries(
    Object.entries(kinds).flatMap(([name, { title }]) => [
      [`${name}Cpu`, { title: `chat, ${title}: CPU per request`, unit: "µs", better: "less" }],
      [`${name}Rate`, { title: `chat, ${title}: requests/s`, unit: "/s", better: "more" }],
    ]),
  ),
  /** The load for a profile. */
  load: (server) => loadsOf(server).find(({ name }) => name === "deployed").load,
  async warmUp(server, options) {
    await warmUpChat(server, options);
    for (const { load } of loadsOf(server)) await runLoad({ ...load, count: WARM_UP, maxMs: options.maxMs });
  },
  async run(server, { durationMs, repeat }) {
    const loads = loadsOf(server);
    const sums = new Map(loads.map(({ name }) => [name, { cpuMs: 0, answers: 0, elapsedMs: 0 }]));
    for (let turn = 0; turn < TURNS * loads.length; turn++) {
      const { name, load } = loads[(repeat + turn) % loads.length];
      const turnMs = Math.max(LEAST_TURN_MS, durationMs / TURNS);
      const { answers, cpuMsEach, perSecond } = await measureLoad(server, { ...load, durationMs: turnMs });
      const sum = sums.get(name);
      sum.answers += answers;
      sum.cpuMs += cpuMsEach * answers;
      sum.elapsedMs += (answers / perSecond) * 1_000;
    }
    return Object.fromEntries(
      [...sums].flatMap(([name, { cpuMs, answers, elapsedMs }]) => [
        [`${name}Cpu`, (cpuMs / answers) * 1_000],
        [`${name}Rate`, (answers / elapsedMs) * 1_000],
      ]),
    );
  },
};

/** The loads of the kinds that a server can take. */
function loadsOf(server) {
  const plain = server.dialect.chat({ prompt: PROMPT });
  return Object.entries(kinds)
    .filter(([, { onlyOurs }]) => !onlyOurs || server.name !== "proxy")
    .map(([name, { change }]) => {
      const entry = change(plain);
      return {
        name,
        load: {
          ...chatLoad(server),
          check: createCheckFor({ ...entry, expect: (nonce) => entry.expect(nonce) }),
          createFill: () => createRequest(entry, [PLACE, TRACE, SPAN, REQUEST_ID]),
          valuesOf: (nonce, number) => [nonce, ...createIds(number)],
        },
      };
    });
}

/** The ids of a request's trace and span, and its own. */
function createIds(number) {
  const digits = String(number).padStart(12, "0");
  return [`${TRACE.slice(0, -12)}${digits}`, `${SPAN.slice(0, -12)}${digits}`, `${REQUEST_ID.slice(0, -12)}${digits}`];
}

function addHeaders(entry, others = {}) {
  return { ...entry, headers: { ...entry.headers, ...HEADERS, ...others } };
}

function authorize() {
  return { authorization: `Bearer ${createToken()}` };
}

function trust(entry) {
  const { query: _, ...others } = JSON.parse(entry.body);
  return { ...entry, body: JSON.stringify({ documentId: DOCUMENT_ID, ...others }) };
}

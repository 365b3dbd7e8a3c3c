// The load of streamed chats of 200 events: as fast as they come, and with an event each millisecond.
import { medianOf } from "../spread.mjs";
import { createCheckFor, createRequest, PLACE } from "./request.mjs";
import { measureLoad, runLoad } from "./run.mjs";

const AT_ONCE = 32;
const EVENTS = 200;
const WARM_UP = 128;

function streamsLoad({ port, dialect }, model) {
  const entry = dialect.streams({ prompt: `${PLACE}: What makes a bridge hold?`, model });
  return {
    port,
    connections: AT_ONCE,
    check: createCheckFor(entry),
    createFill: () => createRequest(entry, [PLACE]),
  };
}

export const streams = {
  needs: "streams",
  rows: {
    streamsRate: { title: "streams: events/s", unit: "/s", better: "more" },
    streamsCpu: { title: "streams: CPU per event", unit: "µs", better: "less" },
  },
  load: streamsLoad,
  async warmUp(server, { durationMs, maxMs }) {
    await runLoad({ ...streamsLoad(server), count: WARM_UP, durationMs, maxMs });
  },
  async run(server, { durationMs }) {
    const { cpuMsEach, perSecond } = await measureLoad(server, { ...streamsLoad(server), durationMs });
    return { streamsRate: perSecond * EVENTS, streamsCpu: (cpuMsEach * 1_000) / EVENTS };
  },
};

export const paced = {
  needs: "streams",
  rows: {
    pacedRate: { title: "streams, 1 ms between events: events/s", unit: "/s", better: "more" },
    pacedFirst: { title: "streams, 1 ms between events: time to the first", unit: "ms", better: "less" },
    pacedCpu: { title: "streams, 1 ms between events: CPU per event", unit: "µs", better: "less" },
  },
  load: (server) => streamsLoad(server, "paced"),
  async warmUp(server, { durationMs, maxMs }) {
    await runLoad({ ...streamsLoad(server, "paced"), count: AT_ONCE, durationMs, maxMs });
  },
  async run(server, { durationMs }) {
    const { cpuMsEach, perSecond, firstEventsMs } = await measureLoad(server, {
      ...streamsLoad(server, "paced"),
      durationMs,
    });
    return {
      pacedRate: perSecond * EVENTS,
      pacedFirst: medianOf(firstEventsMs),
      pacedCpu: (cpuMsEach * 1_000) / EVENTS,
    };
  },
};

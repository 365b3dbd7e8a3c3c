// The load of requests for the list of 60 models.
import { createCheckFor, createRequest } from "./request.mjs";
import { measureLoad, runLoad } from "./run.mjs";

const CONNECTIONS = 16;
const WARM_UP = 2_000;

function modelsLoad({ port, dialect }) {
  const entry = dialect.models();
  return {
    port,
    connections: CONNECTIONS,
    check: createCheckFor(entry),
    createFill: () => createRequest(entry, []),
    valuesOf: () => [],
  };
}

export const models = {
  needs: "models",
  rows: {
    modelsCpu: { title: "60 models: CPU per request", unit: "µs", better: "less" },
    modelsRate: { title: "60 models: requests/s", unit: "/s", better: "more" },
    modelsCalls: { title: "60 models: upstream calls per request", unit: "", isPlain: true },
  },
  load: modelsLoad,
  async warmUp(server, { durationMs, maxMs }) {
    await runLoad({ ...modelsLoad(server), count: WARM_UP, durationMs, maxMs });
  },
  async run(server, { durationMs, upstream }) {
    const before = await upstream.readCounts();
    const { answers, cpuMsEach, perSecond } = await measureLoad(server, { ...modelsLoad(server), durationMs });
    const calls = (await upstream.readCounts()).models - before.models;
    return { modelsCpu: cpuMsEach * 1_000, modelsRate: perSecond, modelsCalls: calls / answers };
  },
};

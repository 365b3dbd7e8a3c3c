// The load of uploads: image variations of files of 4 MB, 16 at once.
import { createCheckFor, createUpload, PLACE } from "./request.mjs";
import { measureLoad, runLoad } from "./run.mjs";

const AT_ONCE = 16;
const WARM_UP = 64;
const BYTES = 4 * 2 ** 20;

function uploadsLoad({ port, dialect }) {
  const entry = dialect.uploads();
  const check = createCheckFor({ ...entry, expect: (nonce) => entry.expect(nonce, BYTES) });
  return { port, connections: AT_ONCE, check, createFill: () => createUpload(entry, BYTES, PLACE) };
}

export const uploads = {
  needs: "uploads",
  rows: {
    uploadsRate: { title: "uploads of 4 MB: uploads/s", unit: "/s", better: "more" },
    uploadsCpu: { title: "uploads of 4 MB: CPU each", unit: "ms", better: "less" },
    uploadsPeak: { title: "uploads of 4 MB: peak RSS", unit: "MB", isPlain: true, better: "less" },
  },
  load: uploadsLoad,
  /** A server of its own, so that the peak of memory comes from uploads alone. */
  isFresh: true,
  async warmUp(server, { durationMs, maxMs }) {
    await runLoad({ ...uploadsLoad(server), count: WARM_UP, durationMs, maxMs });
  },
  async run(server, { durationMs }) {
    const { cpuMsEach, perSecond } = await measureLoad(server, { ...uploadsLoad(server), durationMs });
    return { uploadsRate: perSecond, uploadsCpu: cpuMsEach, uploadsPeak: server.peakRssMb() };
  },
};

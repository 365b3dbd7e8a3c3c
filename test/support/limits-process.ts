// Another process that counts on the same Redis: makes 40 calls at once on request, and reports how they ended.
import type { Caller } from "../../src/callers/caller.ts";
import { createLimits } from "../../src/limits/limits.ts";

const [redisUrl, kind, caller] = process.argv.slice(2);
const limits = createLimits({ redisUrl, redisDown: "refuse" }, () => {});
const who = limits.of(JSON.parse(caller ?? "") as Caller);
const call = async () => {
  if (kind === "tokens") return (await who.reserveTokens({ atLeast: 100, atMost: 130 })).tokens;
  await who.takeRequest();
  return 1;
};

// Connected before both are told to begin.
await who.read();
process.send?.("ready");
process.once("message", async () => {
  const results = await Promise.allSettled(Array.from({ length: 40 }, call));
  process.send?.(
    results.map((result) => (result.status === "fulfilled" ? result.value : result.reason.extensions.code)),
  );
  await limits.close();
  process.disconnect?.();
});

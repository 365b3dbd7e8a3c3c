// Runs all parts in order, or those that are named: `npm start -- stream upload`.
import { chat } from "./chat.ts";
import { errors } from "./errors.ts";
import { stop, stream } from "./stream.ts";
import { timeout } from "./timeout.ts";
import { upload } from "./upload.ts";

const parts = { chat, stream, stop, timeout, upload, errors };

for (const [name, run] of Object.entries(parts)) {
  const named = process.argv.slice(2);
  if (named.length > 0 && !named.includes(name)) continue;
  console.log(`\n## ${name}`);
  await run();
}

// Runs all parts in order, or those that are named: `npm start -- stream upload`.
import { chat } from "./chat.ts";
import { errors } from "./errors.ts";
import { url } from "./server.ts";
import { stop, stream } from "./stream.ts";
import { timeout } from "./timeout.ts";
import { upload } from "./upload.ts";

const parts = { chat, stream, stop, timeout, upload, errors };
const named = process.argv.slice(2);

try {
  for (const [name, run] of Object.entries(parts)) {
    if (named.length > 0 && !named.includes(name)) continue;
    console.log(`\n## ${name}`);
    await run();
  }
} catch (error) {
  // fetch throws a TypeError if there is no answer at all.
  console.error(error instanceof TypeError ? `No server answers at ${url}.` : String(error));
  process.exitCode = 1;
}

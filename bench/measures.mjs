// All measures, by the names of --only and in the order of the table. A measure has `rows`, and `run`, which yields a
// figure for each of them; a row with `better` is one in which servers compete. `findObstacle` says why it cannot run here.
import { chat } from "./load/chat.mjs";
import { deployed } from "./load/deployed.mjs";
import { growth } from "./load/growth.mjs";
import { latency } from "./load/latency.mjs";
import { models } from "./load/models.mjs";
import { openStreams } from "./load/open-streams.mjs";
import { start } from "./load/start.mjs";
import { paced, streams } from "./load/streams.mjs";
import { uploads } from "./load/uploads.mjs";

export const measures = { chat, models, latency, deployed, streams, paced, open: openStreams, uploads, start, growth };

/** The rows of all measures, by name. */
export const rows = Object.assign({}, ...Object.values(measures).map((measure) => measure.rows));

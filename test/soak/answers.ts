// The right answers of the soak's upstream: those of the built-in sandbox, each of which quotes its prompt.
// The sandbox's models and pictures quote nothing, so those two answers are made here.
import { createHash } from "node:crypto";
import { startSandbox } from "../../src/sandbox/server.ts";

/** A request to the upstream. */
export interface Call {
  nonce: string;
  /** Without the base URL's own. */
  path: string;
  isStream: boolean;
  body: Buffer;
  /** The digest of the uploaded file. */
  digest: string;
}

export interface Answers {
  /** A whole answer's body. */
  whole(call: Call, signal: AbortSignal): Promise<string>;
  /** A stream's events, without their framing. */
  events(call: Call, signal: AbortSignal): AsyncGenerator<string>;
  close(): Promise<void>;
}

/** Between two words of a stream. */
const DELAY_MS = 4;
const API_KEY = "sk-soak";

/** The digest by which an uploaded file is known again. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

/** Starts a sandbox. */
export async function startAnswers(): Promise<Answers> {
  const sandbox = await startSandbox({ delayMs: DELAY_MS, apiKey: API_KEY });
  const ask = async ({ path, body }: Call, signal: AbortSignal) => {
    const headers = { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" };
    const response = await fetch(`${sandbox.url}${path}`, {
      method: "POST",
      headers,
      body: new Uint8Array(body),
      signal,
    });
    if (!response.ok) throw new Error(`The sandbox answered ${path} with ${response.status}.`);
    return response;
  };
  return {
    async whole(call, signal) {
      const made = makeAnswer(call);
      return made ? JSON.stringify(made) : (await ask(call, signal)).text();
    },
    async *events(call, signal) {
      const { body } = await ask(call, signal);
      let text = "";
      for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const events = (text + part).split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) yield event.replace(/^data: /, "");
      }
    },
    close: sandbox.close,
  };
}

function makeAnswer({ nonce, path, digest }: Call): object | undefined {
  if (path === "/models") return { object: "list", data: [{ id: nonce, object: "model" }] };
  if (path.startsWith("/models/")) return { id: nonce, object: "model" };
  if (path.startsWith("/images"))
    return { created: 1_700_000_000, data: [{ url: `https://x.test/${nonce}/${digest}` }] };
  return undefined;
}

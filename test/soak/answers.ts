// The right answers of the soak's upstream: those of the built-in sandbox where they quote their prompt, and made ones.
import { createHash } from "node:crypto";
import { startSandbox } from "../../src/sandbox/server.ts";
import { makeEvents, makeWhole, type Whole } from "./made-answers.ts";

/** A request to the upstream. */
export interface Call {
  nonce: string;
  /** Without the base URL's own. */
  path: string;
  isStream: boolean;
  body: Buffer;
  /** The digests of the uploaded files, one after the other. */
  digest: string;
}

export interface Answers {
  /** A whole answer. */
  whole(call: Call, signal: AbortSignal): Promise<Whole>;
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
      return makeWhole(call) ?? { type: "application/json", body: await (await ask(call, signal)).text() };
    },
    async *events(call, signal) {
      const made = makeEvents(call);
      if (made) return yield* made;
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

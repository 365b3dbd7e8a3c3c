// Sounds as upstreams send them.
import type { ServerResponse } from "node:http";
import { write } from "./stream.ts";
import type { Answer } from "./upstream.ts";

/** A WAV of 24 kHz, 16 bits and one channel, as `gpt-4o-mini-tts` makes it; `size` is what its head says of its samples. */
export function wav(samples: Buffer, { size = samples.length, before = Buffer.alloc(0) } = {}): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(0xffffffff, 4);
  head.write("WAVEfmt ", 8, "latin1");
  for (const [place, value] of [
    [16, 16],
    [24, 24_000],
    [28, 48_000],
    [40, size],
  ] as const)
    head.writeUInt32LE(value, place);
  for (const [place, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    head.writeUInt16LE(value, place);
  head.write("data", 36, "latin1");
  return Buffer.concat([head.subarray(0, 36), before, head.subarray(36), samples]);
}

/** Bytes without any form: no two neighbours are the same. */
export function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, place) => (place * 31 + 7) % 251));
}

/** Answers with bytes, in chunks and without a length, as OpenAI does. `type` undefined: no content type. */
export function sound(bytes: Buffer | readonly Buffer[], type?: string): Answer {
  return async (_, res) => {
    openSound(res, type);
    for (const piece of Array.isArray(bytes) ? bytes : [bytes]) await write(res, piece);
    res.end();
  };
}

/** Sends the head of such an answer. */
export function openSound(res: ServerResponse, type: string | undefined = "audio/mpeg"): void {
  res.socket?.setNoDelay(true);
  res
    .writeHead(200, { "transfer-encoding": "chunked", ...(type === "" ? {} : { "content-type": type }) })
    .flushHeaders();
}

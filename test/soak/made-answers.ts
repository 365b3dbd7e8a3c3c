// The answers that the soak's upstream makes itself, because the sandbox's own would not quote the nonce.
import type { Call } from "./answers.ts";

/** A whole answer. */
export interface Whole {
  type: string;
  body: string | Buffer;
}

/** How often the nonce is in a sound. */
const SOUND_NONCES = 1_000;
const BYTES_PER_FLOAT = 4;

/** The vector of a text, as 32-bit floats. */
export function vectorOf(text: string): Buffer {
  return Buffer.from(Float32Array.from(Buffer.from(text), (byte) => byte / 256).buffer);
}

/** Yields the whole answer, or undefined if the sandbox has a better one. */
export function makeWhole(call: Call): Whole | undefined {
  if (call.path === "/audio/speech") return { type: "audio/mpeg", body: soundOf(call) };
  const value = makeValue(call);
  return value && { type: "application/json", body: JSON.stringify(value) };
}

/** Yields the events of a stream, or undefined as above. */
export function makeEvents(call: Call): string[] | undefined {
  const events = makeEventValues(call);
  return events?.map((event) => JSON.stringify(event));
}

function makeValue({ nonce, path, digest, body }: Call): object | undefined {
  if (path === "/models") return { object: "list", data: [{ id: nonce, object: "model" }] };
  if (path.startsWith("/models/")) return { id: nonce, object: "model" };
  if (path === "/embeddings") {
    const vector = vectorOf(nonce);
    const floats = Array.from({ length: vector.length / BYTES_PER_FLOAT }, (_, index) =>
      vector.readFloatLE(index * BYTES_PER_FLOAT),
    );
    const embedding = body.includes('"encoding_format":"base64"') ? vector.toString("base64") : floats;
    return { object: "list", model: "vectors", data: [{ object: "embedding", index: 0, embedding }] };
  }
  if (path === "/moderations") {
    const result = { flagged: false, categories: { [nonce]: false }, category_scores: { [nonce]: 0.5 } };
    return { id: "modr-1", model: "judge", results: [result] };
  }
  if (path === "/images/variations")
    return { created: 1_700_000_000, data: [{ url: `https://x.test/${nonce}/${digest}` }] };
  if (path.startsWith("/images/")) return { created: 1_700_000_000, data: [{ b64_json: pictureOf(nonce + digest) }] };
  if (path.startsWith("/audio/")) return { text: `${nonce} ${digest}` };
  return undefined;
}

function makeEventValues(call: Call): object[] | undefined {
  const { nonce, path, digest } = call;
  if (path.startsWith("/images/")) {
    const kind = path === "/images/edits" ? "image_edit" : "image_generation";
    return [
      { type: `${kind}.partial_image`, partial_image_index: 0, b64_json: pictureOf("unfinished") },
      { type: `${kind}.completed`, b64_json: pictureOf(nonce + digest), usage: { total_tokens: 1 } },
    ];
  }
  if (path === "/audio/speech") {
    const sound = soundOf(call);
    const pieces = [sound.subarray(0, 100), sound.subarray(100)];
    return [
      ...pieces.map((piece) => ({ type: "speech.audio.delta", audio: piece.toString("base64") })),
      { type: "speech.audio.done", usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } },
    ];
  }
  if (path === "/audio/transcriptions") {
    const text = `${nonce} ${digest}`;
    return [
      { type: "transcript.text.delta", delta: nonce },
      { type: "transcript.text.delta", delta: ` ${digest}` },
      { type: "transcript.text.done", text, usage: { type: "tokens", total_tokens: 1 } },
    ];
  }
  return undefined;
}

/** Not one that opens: nobody between here and the client looks at it. */
function pictureOf(text: string): string {
  return Buffer.from(text).toString("base64");
}

function soundOf({ nonce }: Call): Buffer {
  return Buffer.from(nonce.repeat(SOUND_NONCES));
}

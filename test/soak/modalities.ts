// The operations of the soak's clients whose answers are vectors, judgements, pictures, sounds and transcripts. The soak's
// upstream puts the nonce, and the digest of what was uploaded, into each.
import { digestOf } from "./answers.ts";
import { fetchBytes, post, postFiles, type Result, type Run, type Send, sse, sseFiles, ws } from "./clients.ts";
import { vectorOf } from "./made-answers.ts";

const bytes = Buffer.alloc(6 * 2 ** 20, "0123456789abcdef\r\n--");
const EMBED = "embed(input: { model: $model, input: [$nonce], encodingFormat: $format }) { data { base64 } }";
const MODERATE = "moderate(input: { input: [$nonce] }) { results { categories { name } } }";
const GENERATE = "imageGenerations(input: { prompt: $nonce })";
const EDIT = "imageEdits(input: { prompt: $nonce, images: $images })";
const SPEAK = 'speak(input: { model: "tts", voice: "alloy", input: $nonce';
const TRANSCRIBE = '(input: { model: "stt", prompt: $nonce, file: $file })';

/** By name; the names are those of the report. */
export const modalities: Record<string, Run> = {
  embed: async (url, nonce, signal) => {
    const format = Math.random() < 0.5 ? "FLOAT" : "BASE64";
    const query = `mutation ($nonce: String!, $format: EmbeddingEncodingFormat, $model: String!) { ${EMBED} }`;
    const results = await post(url, query, { nonce, format, model: "vectors" }, signal);
    return { results, found: String(results[0].data?.embed?.data[0].base64), wanted: base64Of(vectorOf(nonce)) };
  },
  moderate: async (url, nonce, signal) => {
    const results = await post(url, `mutation ($nonce: String!) { ${MODERATE} }`, { nonce }, signal);
    return { results, found: String(results[0].data?.moderate?.results[0].categories[0].name), wanted: nonce };
  },
  imageGenerations: async (url, nonce, signal) => {
    const results = await post(url, `mutation ($nonce: String!) { ${GENERATE} { data { url } } }`, { nonce }, signal);
    const address = results[0].data?.imageGenerations?.data[0].url;
    return { results, found: await readPicture(url, address, signal), wanted: nonce };
  },
  "imageGenerations over SSE": draw(sse),
  "imageGenerations over WebSocket": draw(ws),
  imageVariations: async (url, nonce, signal) => {
    const file = makeFile(nonce);
    const query = "mutation ($image: Upload!) { imageVariations(input: { image: $image }) { data { url } } }";
    const picture = new Blob([file], { type: "image/png" });
    const results = await postFiles(url, query, { image: null }, { image: picture }, signal);
    const found = String(results[0].data?.imageVariations?.data[0].url);
    return { results, found, wanted: `https://x.test/${nonce}/${digestOf(file)}` };
  },
  imageEdits: async (url, nonce, signal) => {
    const { query, variables, files, wanted } = edit("mutation", nonce, "{ data { url } }");
    const results = await postFiles(url, query, variables, files, signal);
    const address = results[0].data?.imageEdits?.data[0].url;
    return { results, found: await readPicture(url, address, signal), wanted };
  },
  "imageEdits over SSE": async (url, nonce, signal) => {
    const { query, variables, files, wanted } = edit("subscription", nonce, "{ isPartial image { b64Json } }");
    const results = await sseFiles(url, query, variables, files, signal);
    return { results, found: lastPicture(results, "imageEdits"), wanted };
  },
  speak: async (url, nonce, signal) => {
    const results = await post(url, `mutation ($nonce: String!) { ${SPEAK} }) { url } }`, { nonce }, signal);
    return { results, found: await readPicture(url, results[0].data?.speak?.url, signal), wanted: nonce.repeat(1_000) };
  },
  "speak over SSE": hear(sse, "AUDIO"),
  "speak, as events, over SSE": hear(sse, "SSE"),
  "speak over WebSocket": hear(ws, "AUDIO"),
  transcribe: async (url, nonce, signal) => write(url, nonce, signal, "transcribe"),
  translateAudio: async (url, nonce, signal) => write(url, nonce, signal, "translateAudio"),
  "transcribe over SSE": async (url, nonce, signal) => {
    const file = makeFile(nonce);
    const query = `subscription ($nonce: String!, $file: Upload!) { transcribe${TRANSCRIBE} { text } }`;
    const sound = new File([file], "sound.mp3", { type: "audio/mpeg" });
    const results = await sseFiles(url, query, { nonce, file: null }, { file: sound }, signal);
    return { results, found: join(results, "transcribe", "text"), wanted: `${nonce} ${digestOf(file)}` };
  },
  "transcribe over WebSocket": async (url, nonce, signal) => {
    const file = makeFile(nonce).subarray(0, 20_000);
    const query = `subscription ($nonce: String!, $file: Upload!) { transcribe${TRANSCRIBE} { text } }`;
    const results = await ws(url, query, { nonce, file: `data:audio/mpeg;base64,${base64Of(file)}` }, signal);
    return { results, found: join(results, "transcribe", "text"), wanted: `${nonce} ${digestOf(file)}` };
  },
};

function draw(send: Send): Run {
  const query = `subscription ($nonce: String!) { ${GENERATE} { isPartial image { b64Json } } }`;
  return async (url, nonce, signal) => {
    const results = await send(url, query, { nonce }, signal);
    return { results, found: lastPicture(results, "imageGenerations"), wanted: nonce };
  };
}

/** One to three images, small ones more often. */
function edit(kind: "mutation" | "subscription", nonce: string, fields: string) {
  const query = `${kind} ($nonce: String!, $images: [Upload!]!) { ${EDIT} ${fields} }`;
  const images = Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => makeFile(nonce));
  const files = images.map((file, index) => [`images.${index}`, new Blob([file], { type: "image/png" })]);
  return {
    query,
    variables: { nonce, images: images.map(() => null) },
    files: Object.fromEntries(files),
    wanted: `${nonce}${images.map(digestOf).join("")}`,
  };
}

function hear(send: Send, format: "AUDIO" | "SSE"): Run {
  const query = `subscription ($nonce: String!) { ${SPEAK}, streamFormat: ${format} }) { data } }`;
  return async (url, nonce, signal) => {
    const results = await send(url, query, { nonce }, signal);
    const found = Buffer.from(join(results, "speak", "data"), "base64").toString("latin1");
    return { results, found, wanted: nonce.repeat(1_000) };
  };
}

async function write(url: string, nonce: string, signal: AbortSignal, root: "transcribe" | "translateAudio") {
  const file = makeFile(nonce);
  const query = `mutation ($nonce: String!, $file: Upload!) { ${root}${TRANSCRIBE} { text } }`;
  const sound = new File([file], "sound.mp3", { type: "audio/mpeg" });
  const results = await postFiles(url, query, { nonce, file: null }, { file: sound }, signal);
  return { results, found: String(results[0].data?.[root]?.text), wanted: `${nonce} ${digestOf(file)}` };
}

/** A file of 100 bytes to 5 MB, small ones more often. */
function makeFile(nonce: string): Buffer<ArrayBuffer> {
  return Buffer.concat([Buffer.from(nonce), bytes.subarray(0, 100 * 50_000 ** Math.random())]);
}

/** What is at a `url` of an answer; empty if there is none. */
async function readPicture(url: string, address: unknown, signal: AbortSignal): Promise<string> {
  return typeof address === "string" ? (await fetchBytes(url, address, signal)).toString("latin1") : "";
}

function lastPicture(results: readonly Result[], root: string): string {
  const event = results.findLast(({ data }) => data?.[root]?.isPartial === false);
  return Buffer.from(event?.data[root].image.b64Json ?? "", "base64").toString("latin1");
}

function join(results: readonly Result[], root: string, field: string): string {
  return results.map(({ data }) => data?.[root]?.[field] ?? "").join("");
}

function base64Of(content: Buffer): string {
  return content.toString("base64");
}

// Owns the check of a transcription's form: its fields, their values, and what each model can do.
// https://platform.openai.com/docs/api-reference/audio/createTranscription
import { checkFieldNames, readChoice, readFiles, readText } from "../images/form.ts";
import { HttpError } from "../shared/http-error.ts";
import { requireModel } from "../shared/models.ts";

export type TranscriptionFormat = "json" | "text" | "srt" | "verbose_json" | "vtt" | "diarized_json";

/** A checked request. */
export interface TranscriptionRequest {
  model: string;
  bytes: Buffer;
  /** Whether the file holds samples without a header. */
  isBare: boolean;
  format: TranscriptionFormat;
  language: string | undefined;
  wantsLogprobs: boolean;
  wantsWords: boolean;
  wantsSegments: boolean;
  hasChunkingStrategy: boolean;
  speakers: readonly string[];
  isStreamed: boolean;
}

const common = ["file", "model", "prompt", "response_format", "temperature"];
const ofTranscriptions = [
  ...["language", "languages", "languages[]", "keywords", "keywords[]", "include", "include[]", "stream"],
  ...["timestamp_granularities", "timestamp_granularities[]", "known_speaker_names", "known_speaker_names[]"],
  ...["known_speaker_references", "known_speaker_references[]", "chunking_strategy", "chunking_strategy[type]"],
  ...["prefix_padding_ms", "silence_duration_ms", "threshold"].map((name) => `chunking_strategy[${name}]`),
];
const whisperFormats = ["json", "text", "srt", "verbose_json", "vtt"] as const;
const formats = [...whisperFormats, "diarized_json"] as const;
const extensions = ["flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "pcm", "wav", "webm"];
const maxFileBytes = 26_214_400;
const maxSpeakers = 4;

/** The checked form of POST /audio/transcriptions. Throws 400, 404 or 413 in OpenAI's words. */
export async function readTranscriptionRequest(form: FormData): Promise<TranscriptionRequest> {
  checkFieldNames(form, [...common, ...ofTranscriptions]);
  const model = readModel(form);
  const format = readChoice(form, "response_format", formats);
  checkFormat(model, format);
  const include = readList(form, "include", ["logprobs"]);
  const granularities = readList(form, "timestamp_granularities", ["word", "segment"]);
  checkTemperature(form);
  if (granularities.length > 0 && format !== "verbose_json") {
    throw refuse("timestamp_granularities", "'timestamp_granularities' needs 'response_format' to be 'verbose_json'.");
  }
  if (include.length > 0 && (format !== "json" || model === "whisper-1" || isDiarizing(model))) {
    throw refuse("include", `'logprobs' is not supported with model '${model}' and response_format '${format}'.`);
  }
  const speakers = readSpeakers(form, model);
  if (isDiarizing(model) && readText(form, "prompt") !== undefined) {
    throw refuse("prompt", "Prompt is not supported for diarization models.");
  }
  return {
    model,
    format,
    ...(await readFile(form)),
    language: readText(form, "language"),
    wantsLogprobs: include.length > 0,
    wantsWords: granularities.includes("word"),
    wantsSegments: granularities.length === 0 || granularities.includes("segment"),
    hasChunkingStrategy: checkChunkingStrategy(form),
    speakers,
    isStreamed: readChoice(form, "stream", ["false", "true"]) === "true" && model !== "whisper-1",
  };
}

/** The checked form of POST /audio/translations. Throws as above. */
export async function readTranslationRequest(form: FormData): Promise<TranscriptionRequest> {
  checkFieldNames(form, common);
  const model = readModel(form);
  if (model !== "whisper-1") throw refuse("model", `Translation is not supported with model '${model}'.`);
  checkTemperature(form);
  return {
    model,
    format: readChoice(form, "response_format", whisperFormats),
    ...(await readFile(form)),
    language: "english",
    wantsLogprobs: false,
    wantsWords: false,
    wantsSegments: true,
    hasChunkingStrategy: false,
    speakers: [],
    isStreamed: false,
  };
}

/** Whether the model tells who speaks. */
export function isDiarizing(model: string): boolean {
  return model.endsWith("-diarize");
}

function readModel(form: FormData): string {
  const model = readText(form, "model");
  if (model === undefined) throw new HttpError(400, "you must provide a model parameter");
  requireModel(model, "transcription");
  return model;
}

function checkFormat(model: string, format: TranscriptionFormat): void {
  const able: readonly TranscriptionFormat[] =
    model === "whisper-1"
      ? whisperFormats
      : isDiarizing(model)
        ? ["json", "text", "diarized_json"]
        : model === "gpt-transcribe"
          ? ["json"]
          : ["json", "text"];
  if (able.includes(format)) return;
  const choices = able.map((name) => `'${name}'`).join(" or ");
  const message = `response_format '${format}' is not compatible with model '${model}'. Use ${choices} instead.`;
  throw refuse("response_format", message);
}

function checkTemperature(form: FormData): void {
  const temperature = Number(readText(form, "temperature") ?? 0);
  if (temperature >= 0 && temperature <= 1) return;
  throw new HttpError(400, "Invalid 'temperature': expected a decimal from 0 to 1.", {
    param: "temperature",
    code: "invalid_value",
  });
}

/** `auto`, or an object as JSON text or, as OpenAI's own library sends it, as a field for each of its values. */
function checkChunkingStrategy(form: FormData): boolean {
  if (form.has("chunking_strategy[type]")) return true;
  const text = readText(form, "chunking_strategy");
  if (text === undefined || text === "auto") return text !== undefined;
  try {
    if (JSON.parse(text)?.type === "server_vad") return true;
  } catch {
    // The error below says all.
  }
  throw refuse("chunking_strategy", "Invalid 'chunking_strategy': expected 'auto' or an object of type 'server_vad'.");
}

function readSpeakers(form: FormData, model: string): string[] {
  const names = readTexts(form, "known_speaker_names");
  const references = readTexts(form, "known_speaker_references");
  if (names.length === 0 && references.length === 0) return [];
  if (!isDiarizing(model))
    throw refuse("known_speaker_names", `Known speakers are not supported with model '${model}'.`);
  if (names.length !== references.length || names.length > maxSpeakers) {
    const message = `'known_speaker_names' and 'known_speaker_references' must have the same length, at most ${maxSpeakers}.`;
    throw refuse("known_speaker_references", message);
  }
  if (references.every((reference) => reference.startsWith("data:"))) return names;
  throw refuse("known_speaker_references", "Each of 'known_speaker_references' must be a data URL.");
}

async function readFile(form: FormData): Promise<{ bytes: Buffer; isBare: boolean }> {
  const [bytes = Buffer.alloc(0)] = await readFiles(form, ["file"]);
  const file = form.get("file");
  const name = typeof file === "object" && file !== null ? file.name : "";
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  if (bytes.length > maxFileBytes) {
    throw new HttpError(413, `Maximum content size limit (${maxFileBytes}) exceeded (${bytes.length} bytes read)`);
  }
  if (!extensions.includes(extension)) {
    const message = `Unrecognized file format. Supported formats: [${extensions.map((known) => `'${known}'`).join(", ")}]`;
    throw new HttpError(400, message, { param: "file" });
  }
  if (bytes.length > 0) return { bytes, isBare: extension === "pcm" };
  throw new HttpError(400, "Audio file is too short. Minimum audio length is 0.1 seconds.", {
    param: "file",
    code: "audio_too_short",
  });
}

function readList(form: FormData, name: string, known: readonly string[]): string[] {
  const values = readTexts(form, name);
  const unknown = values.find((value) => !known.includes(value));
  if (unknown === undefined) return values;
  throw new HttpError(400, `Invalid value: '${unknown.slice(0, 200)}'. Supported values are: ${known.join(", ")}.`, {
    param: name,
    code: "invalid_value",
  });
}

function readTexts(form: FormData, name: string): string[] {
  return [...form.getAll(name), ...form.getAll(`${name}[]`)].filter((value) => typeof value === "string");
}

function refuse(param: string, message: string): HttpError {
  return new HttpError(400, message, { param, code: "unsupported_value" });
}

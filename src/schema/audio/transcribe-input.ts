// TranscribeInput and TranslateAudioInput: the fields of a request to write down a sound, their checks, and the wire fields
// built from them.
import type { TranscriptionRequest, TranslationRequest } from "../../openai/audio/transcriptions.ts";
import { isDataUrl } from "../files/data-url.ts";
import { fileSource } from "../files/file-source.ts";
import { builder } from "../shared/builder.ts";
import { checkLength, checkModelName, checkRanges, MODEL_NAME, refuse } from "../shared/checks.ts";
import type { Context } from "../shared/context.ts";
import { checkFormFields } from "../shared/form-fields.ts";
import { createRequest } from "../shared/wire-body.ts";
import { ChunkingStrategyInput, createChunkingStrategy } from "./chunking-strategy-input.ts";

/** Longest name of a language or a speaker, in UTF-16 units. */
const MAX_NAME_LENGTH = 256;
const MAX_LANGUAGES = 256;
const MAX_KEYWORDS = 2_048;
const MAX_KNOWN_SPEAKERS = 4;

const TranscriptionFormat = builder.enumType("TranscriptionFormat", {
  description: "How much a transcription tells. Not every model has each.",
  values: {
    JSON: { value: "json", description: "The text. OpenAI's default." },
    TEXT: { value: "text", description: "The text, sent as bare text." },
    SRT: { value: "srt", description: "Subtitles in the SubRip format." },
    VTT: { value: "vtt", description: "Subtitles in the WebVTT format." },
    VERBOSE_JSON: { value: "verbose_json", description: "The text with its language, its duration and its times." },
    DIARIZED_JSON: { value: "diarized_json", description: "The text in segments with their speakers." },
  },
});

const TranscriptionIncludable = builder.enumType("TranscriptionIncludable", {
  description: "What else a transcription contains.",
  values: { LOGPROBS: { value: "logprobs", description: "Log probabilities of the text's tokens." } },
});

const TimestampGranularity = builder.enumType("TimestampGranularity", {
  description: "What a transcription gives the times of.",
  values: {
    WORD: { value: "word", description: "Of each word." },
    SEGMENT: { value: "segment", description: "Of each segment." },
  },
});

const KnownSpeakerInput = builder.inputType("KnownSpeakerInput", {
  description: "A voice to recognize.",
  fields: (t) => ({
    name: t.string({ required: true, description: "The speaker's name, 1 to 256 characters." }),
    reference: t.string({
      required: true,
      description: "2 to 10 seconds of the voice, as a base64 `data:` URL.",
    }),
  }),
});

const FORM_FIELDS =
  "Further form fields, for what the upstream supports and this schema does not, in the upstream's spelling, at most 256. Their values are text, numbers, true or false. Fields that this schema has are refused. In production the operator allows it, or some names, by `EXTRA_BODY` or for a caller.";
const SOUND =
  "The sound. OpenAI takes FLAC, MP3, MP4, M4A, Ogg, WAV and WebM up to 25 MB, and tells them apart by the file's name; a file without an extension gets that of its content type.";
const TEMPERATURE = "Sampling temperature, 0 to 1: higher is more random.";

/** The fields of a request for a transcription. */
export const TranscribeInput = builder.inputType("TranscribeInput", {
  description:
    "A sound to write down. Fields that are null or absent are not sent, so the upstream's own defaults apply.",
  fields: (t) => ({
    file: t.field({ type: "Upload", required: true, description: SOUND }),
    model: t.string({ required: true, description: MODEL_NAME }),
    language: t.string({ description: "The language of the sound, as an ISO 639-1 code such as `en`." }),
    languages: t.stringList({ description: "Languages that the sound may be in, as ISO 639-1 codes, at most 256." }),
    keywords: t.stringList({ description: "Words that may come up, such as names, at most 2048." }),
    prompt: t.string({ description: "Text that the sound continues, or whose style the transcription follows." }),
    responseFormat: t.field({
      type: TranscriptionFormat,
      description:
        "How much the transcription tells. VERBOSE_JSON has times, DIARIZED_JSON has speakers; not every model has each.",
    }),
    temperature: t.float({ description: TEMPERATURE }),
    include: t.field({ type: [TranscriptionIncludable], description: "What else the transcription contains." }),
    timestampGranularities: t.field({
      type: [TimestampGranularity],
      description: "What to give the times of. OpenAI needs VERBOSE_JSON for it.",
    }),
    chunkingStrategy: t.field({
      type: ChunkingStrategyInput,
      description: "How a long sound is cut into pieces. Null means that it is not, or the upstream's default.",
    }),
    knownSpeakers: t.field({
      type: [KnownSpeakerInput],
      description: "Voices to recognize, at most 4. Only for DIARIZED_JSON.",
    }),
    extraBody: t.field({ type: "JSONObject", description: FORM_FIELDS }),
  }),
});

/** The fields of a request for a translation. */
export const TranslateAudioInput = builder.inputType("TranslateAudioInput", {
  description:
    "A sound to write down in English. Fields that are null or absent are not sent, so the upstream's own defaults apply.",
  fields: (t) => ({
    file: t.field({ type: "Upload", required: true, description: SOUND }),
    model: t.string({ required: true, description: MODEL_NAME }),
    prompt: t.string({ description: "English text whose style the translation follows." }),
    responseFormat: t.field({ type: TranscriptionFormat, description: "How much the translation tells." }),
    temperature: t.float({ description: TEMPERATURE }),
    extraBody: t.field({ type: "JSONObject", description: FORM_FIELDS }),
  }),
});

/** Builds the wire fields; the file is read later. Throws coded errors for input that is refused before any upstream call. */
export function createTranscriptionRequest(
  input: typeof TranscribeInput.$inferInput,
  context: Context,
): TranscriptionRequest {
  const { languages, keywords, knownSpeakers, chunkingStrategy } = input;
  checkCommon(input);
  checkName("input.language", input.language, 0);
  checkLength("input.languages", languages, [0, MAX_LANGUAGES]);
  for (const [index, language] of (languages ?? []).entries()) checkName(`input.languages[${index}]`, language, 0);
  checkLength("input.keywords", keywords, [0, MAX_KEYWORDS]);
  checkLength("input.knownSpeakers", knownSpeakers, [0, MAX_KNOWN_SPEAKERS]);
  for (const [index, { name, reference }] of (knownSpeakers ?? []).entries()) {
    checkName(`input.knownSpeakers[${index}].name`, name, 1);
    if (!isDataUrl(reference)) refuse(`input.knownSpeakers[${index}].reference`, 'must be a base64 "data:" URL.');
  }
  return createRequest<TranscriptionRequest>(
    {
      model: input.model,
      language: input.language,
      languages,
      keywords,
      prompt: input.prompt,
      response_format: input.responseFormat,
      temperature: input.temperature,
      include: input.include,
      timestamp_granularities: input.timestampGranularities,
      chunking_strategy: chunkingStrategy && createChunkingStrategy(chunkingStrategy),
      known_speaker_names: knownSpeakers?.map(({ name }) => name),
      known_speaker_references: knownSpeakers?.map(({ reference }) => reference),
      file: fileSource(input.file, "input.file", context),
    },
    input.extraBody,
    context.requestLimits,
  );
}

/** The same for a translation. */
export function createTranslationRequest(
  input: typeof TranslateAudioInput.$inferInput,
  context: Context,
): TranslationRequest {
  checkCommon(input);
  return createRequest<TranslationRequest>(
    {
      model: input.model,
      prompt: input.prompt,
      response_format: input.responseFormat,
      temperature: input.temperature,
      file: fileSource(input.file, "input.file", context),
    },
    input.extraBody,
    context.requestLimits,
  );
}

function checkCommon(input: typeof TranslateAudioInput.$inferInput): void {
  checkModelName("input.model", input.model);
  checkRanges(input, { temperature: [0, 1] });
  checkFormFields("input.extraBody", input.extraBody);
}

function checkName(field: string, name: string | null | undefined, minimum: number): void {
  if (typeof name !== "string" || (name.length >= minimum && name.length <= MAX_NAME_LENGTH)) return;
  refuse(field, `must be ${minimum} to ${MAX_NAME_LENGTH} characters long; got ${name.length}.`);
}

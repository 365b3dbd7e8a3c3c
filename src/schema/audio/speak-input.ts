// SpeakInput: the fields of a request for speech, their checks, and the wire body built from them.
import type { SpeechRequest } from "../../openai/audio/speech.ts";
import { builder } from "../shared/builder.ts";
import { checkModelName, checkRanges, MODEL_NAME, refuse } from "../shared/checks.ts";
import type { RequestLimits } from "../shared/context.ts";
import { createRequest, EXTRA_BODY } from "../shared/wire-body.ts";

const SpeechFormat = builder.enumType("SpeechFormat", {
  description: "A sound's format.",
  values: {
    MP3: { value: "mp3", description: "MP3." },
    OPUS: { value: "opus", description: "Opus in Ogg." },
    AAC: { value: "aac", description: "AAC." },
    FLAC: { value: "flac", description: "FLAC." },
    WAV: { value: "wav", description: "WAV." },
    PCM: { value: "pcm", description: "Bare 16-bit samples, 24 kHz, one channel, little-endian." },
  },
});

const SpeechStreamFormat = builder.enumType("SpeechStreamFormat", {
  description: "How a sound travels from the upstream.",
  values: {
    AUDIO: { value: "audio", description: "As bytes." },
    SSE: { value: "sse", description: "As events." },
  },
});

/** Longest name of a voice, in characters. */
const MAX_VOICE_LENGTH = 256;

/** The fields of a request for speech. */
export const SpeakInput = builder.inputType("SpeakInput", {
  description:
    "A text to be read aloud. Fields that are null or absent are not sent, so the upstream's own defaults apply.",
  fields: (t) => ({
    model: t.string({ required: true, description: MODEL_NAME }),
    input: t.string({
      required: true,
      description: "The text to read, at least 1 character. OpenAI takes up to 4096.",
    }),
    voice: t.string({
      description: `The voice, such as \`alloy\`, 1 to ${MAX_VOICE_LENGTH} characters. Either \`voice\` or \`voiceId\` must be given.`,
    }),
    voiceId: t.id({
      description: `The id of a custom voice, 1 to ${MAX_VOICE_LENGTH} characters, in place of \`voice\`.`,
    }),
    instructions: t.string({ description: "How to read it, such as `Slowly and calmly.`" }),
    responseFormat: t.field({
      type: SpeechFormat,
      description: "The sound's format. Null leaves the choice to the upstream; OpenAI's is MP3.",
    }),
    speed: t.float({ description: "How fast to read, 0.25 to 4. 1 is the voice's own speed." }),
    streamFormat: t.field({
      type: SpeechStreamFormat,
      description:
        "How the upstream sends the sound; the answer here is the same. With SSE the upstream tells the tokens; OpenAI's tts-1 and tts-1-hd do not have it.",
    }),
    extraBody: t.field({
      type: "JSONObject",
      description: EXTRA_BODY,
    }),
  }),
});

/** Builds the wire body. Throws BAD_USER_INPUT for input that is refused before any upstream call. */
export function createSpeechRequest(input: typeof SpeakInput.$inferInput, limits: RequestLimits): SpeechRequest {
  checkModelName("input.model", input.model);
  if (input.input === "") refuse("input.input", "must be at least 1 character long; got 0.");
  checkRanges(input, { speed: [0.25, 4] });
  return createRequest<SpeechRequest>(
    {
      model: input.model,
      input: input.input,
      voice: readVoice(input),
      instructions: input.instructions,
      response_format: input.responseFormat,
      speed: input.speed,
      stream_format: input.streamFormat,
    },
    input.extraBody,
    limits,
  );
}

function readVoice({ voice, voiceId }: typeof SpeakInput.$inferInput): SpeechRequest["voice"] {
  if (typeof voice === "string" && typeof voiceId === "string") {
    refuse("input.voice", "must not be given together with input.voiceId.");
  }
  const [field, name] = typeof voiceId === "string" ? ["input.voiceId", voiceId] : ["input.voice", voice];
  if (typeof name !== "string") refuse("input.voice", "or input.voiceId must be given; got neither.");
  if (name.length < 1 || name.length > MAX_VOICE_LENGTH) {
    refuse(field, `must be 1 to ${MAX_VOICE_LENGTH} characters long; got ${name.length}.`);
  }
  return field === "input.voiceId" ? { id: name } : name;
}

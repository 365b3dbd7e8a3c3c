// The options of a chat request that have types of their own; their values are the wire's words.
import { builder } from "../shared/builder.ts";

/** How much a reasoning model thinks. */
export const ReasoningEffort = builder.enumType("ReasoningEffort", {
  description: "How much a reasoning model thinks before it answers; models support different values.",
  values: {
    NONE: { value: "none", description: "Not at all." },
    MINIMAL: { value: "minimal", description: "Next to nothing." },
    LOW: { value: "low", description: "A little." },
    MEDIUM: { value: "medium", description: "OpenAI's default for most models." },
    HIGH: { value: "high", description: "Much." },
    XHIGH: { value: "xhigh", description: "Very much." },
    MAX: { value: "max", description: "As much as the model can." },
  },
});

/** How wordy the answer is. */
export const Verbosity = builder.enumType("Verbosity", {
  description: "How wordy the answer is.",
  values: {
    LOW: { value: "low", description: "Short." },
    MEDIUM: { value: "medium", description: "OpenAI's default." },
    HIGH: { value: "high", description: "Long." },
  },
});

/** A kind of output. */
export const Modality = builder.enumType("Modality", {
  description: "A kind of output.",
  values: {
    TEXT: { value: "text", description: "Text." },
    AUDIO: { value: "audio", description: "Sound; needs `audio` and a model that speaks." },
  },
});

/** Price and speed of a request. */
export const ServiceTier = builder.enumType("ServiceTier", {
  description: "How the upstream prices and schedules the request.",
  values: {
    AUTO: { value: "auto", description: "As the project's settings say." },
    DEFAULT: { value: "default", description: "Standard price and speed." },
    FLEX: { value: "flex", description: "Cheaper and slower." },
    SCALE: { value: "scale", description: "Scale tier credits." },
    PRIORITY: { value: "priority", description: "Dearer and faster." },
    FAST: { value: "fast", description: "Dearer and fastest, where the model has it." },
  },
});

/** How the model speaks. */
export const ChatAudioInput = builder.inputType("ChatAudioInput", {
  description: "How the model speaks, where `modalities` holds AUDIO.",
  fields: (t) => ({
    format: t.string({ required: true, description: "The sound's format, such as `mp3`, `wav`, `opus` or `pcm16`." }),
    voice: t.string({ required: true, description: "The voice, such as `alloy`." }),
  }),
});

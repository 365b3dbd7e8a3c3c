// The options of a chat request that have their own types. Enum values are the upstream's words.
import { builder } from "../shared/builder.ts";

/** How much a reasoning model thinks. */
export const ReasoningEffort = builder.enumType("ReasoningEffort", {
  description: "How much a reasoning model thinks before it answers. Models support different values.",
  values: {
    NONE: { value: "none", description: "Not at all." },
    MINIMAL: { value: "minimal", description: "Almost nothing." },
    LOW: { value: "low", description: "A little." },
    MEDIUM: { value: "medium", description: "OpenAI's default for most models." },
    HIGH: { value: "high", description: "A lot." },
    XHIGH: { value: "xhigh", description: "Even more." },
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
    AUDIO: { value: "audio", description: "Audio. Needs `audio` and a model that can speak." },
  },
});

/** Price and speed of a request. */
export const ServiceTier = builder.enumType("ServiceTier", {
  description: "How the upstream prices and schedules the request.",
  values: {
    AUTO: { value: "auto", description: "The tier in the project's settings." },
    DEFAULT: { value: "default", description: "Standard price and speed." },
    FLEX: { value: "flex", description: "Cheaper and slower." },
    SCALE: { value: "scale", description: "Uses the project's scale tier credits." },
    PRIORITY: { value: "priority", description: "More expensive and faster." },
    FAST: { value: "fast", description: "More expensive and fastest, if the model supports it." },
  },
});

/** How the model speaks. */
export const ChatAudioInput = builder.inputType("ChatAudioInput", {
  description: "How the model speaks, if `modalities` contains AUDIO.",
  fields: (t) => ({
    format: t.string({ required: true, description: "The audio format, such as `mp3`, `wav`, `opus` or `pcm16`." }),
    voice: t.string({ required: true, description: "The voice, such as `alloy`." }),
  }),
});

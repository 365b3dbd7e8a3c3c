// A sound, or a piece of one, in the one form that all others are brought into: bytes, wherever servers put their base64.
import { isRecord } from "../../json/json.ts";

/** What an answer or an event brings. Its other fields are the upstream's. */
export interface SpeechEvent {
  /** Of the sound. */
  bytes?: Uint8Array;
  /** What the upstream says that all of them are. */
  contentType?: unknown;
  /** The same in the words of a request, such as `wav`. */
  format?: unknown;
  /** The tokens of the bytes, as far as their length is known. */
  tokens?: number | undefined;
  /** Whether a piece of a sound is there that cannot be read, so that the rest is not the sound. */
  isBroken?: boolean;
}

/** Where the base64 is: OpenAI's name, Mistral's, Google's, ElevenLabs'. */
export const SOUND_FIELDS = ["audio", "audio_data", "audioContent", "audio_base64"] as const;
/** Where it may be as well, unless an event says that it is about something else than sound. */
const VAGUE_NAMES = ["delta", "data", "b64_json"] as const;

/** The bytes of an event that has been brought into form. */
export function bytesOf(event: unknown): Uint8Array | undefined {
  return isRecord(event) && event.bytes instanceof Uint8Array ? event.bytes : undefined;
}

/** Brings a whole answer or an event into form, in place. Never throws. */
export function normaliseSpeech(body: Record<string, unknown>): void {
  if (bytesOf(body)) return;
  const { type, content_type, mime_type, response_format } = body;
  const isAboutSound = typeof type !== "string" || (type.includes("audio") && !type.includes("transcript"));
  let isBroken = false;
  for (const name of isAboutSound ? [...SOUND_FIELDS, ...VAGUE_NAMES] : SOUND_FIELDS) {
    const value = body[name];
    // SGLang and chats have an object there.
    const [base64, format] = isRecord(value) ? [value.data, value.format] : [value, body.format];
    const bytes = typeof base64 === "string" ? decodeBase64(base64) : undefined;
    if (!bytes) {
      isBroken ||= typeof base64 === "string" && base64 !== "";
      continue;
    }
    body[name] = undefined;
    const event: SpeechEvent = { bytes, contentType: content_type ?? mime_type, format: response_format ?? format };
    Object.assign(body, event);
    return;
  }
  // What a server may have under these names is no sound.
  body.bytes = undefined;
  body.isBroken = isBroken && isAboutSound && typeof type === "string" && type.endsWith(".delta");
}

/** Whether a stream's sound is whole. Servers other than OpenAI's may only say so on its last event. */
export function isLastEvent({ type, finish_reason }: Record<string, unknown>): boolean {
  if (typeof type === "string" && /(?:^|\.)(?:done|completed)$/.test(type)) return true;
  return typeof finish_reason === "string" && finish_reason !== "";
}

/** Undefined for anything else, such as a URL, and for nothing at all. A `data:` URL is what it holds. */
function decodeBase64(text: string): Uint8Array | undefined {
  const base64 = /^data:/i.test(text) ? text.slice(text.indexOf(",") + 1) : text;
  return decodeWhole(base64) ?? decodeWhole(base64.replace(/\s/g, ""));
}

/** Buffer leaves out what is not base64. */
function decodeWhole(base64: string): Uint8Array | undefined {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  const length = base64.length - padding;
  if (length % 4 === 1) return undefined;
  const bytes = Buffer.from(base64, "base64");
  return bytes.length > 0 && bytes.length === Math.floor((length * 3) / 4) ? bytes : undefined;
}

// The context that every resolver gets: the upstream, the viewer, the limits of one request. Knows no field.
import type { OpenAIClient } from "../../openai/client/client.ts";
import type { ImageVariationsRoute } from "../../openai/images/variations.ts";
import type { CallerLimits } from "./caller-limits.ts";
import type { Medium } from "./media.ts";

/** What is the same for every operation. */
export interface ServerContext {
  imageVariations: ImageVariationsRoute;
  /** Largest file, in bytes. */
  maxUploadBytes: number;
  /** Largest file that is read whole, in bytes. */
  maxAttachmentBytes: number;
  /** Undefined: this server keeps none. */
  media?: Media | undefined;
  /** Most values of an upstream's answer. */
  maxUpstreamValues: number;
  requestLimits: RequestLimits;
  /** The URL under which the operation's client finds an image that has this URL upstream. Undefined: the same. */
  showImage?: ((url: string, context: Context) => string) | undefined;
}

/** The media that this server keeps, and for whom. */
export interface Media {
  /** Most bytes of a medium that is kept. */
  readonly maxBytes: number;
  /** Keeps the bytes for the caller, and yields their URL; undefined if they cannot be kept. Never throws or rejects. */
  keep(content: Uint8Array, contentType: string, context: Context): string | undefined | Promise<string | undefined>;
  /**
   * What the URL stands for, if it is one of this server's; undefined at once for any other. The promise's undefined: it is kept no
   * more, or was never the caller's. Rejects with OVERLOADED if that cannot be known.
   */
  find(url: string, context: Context): Promise<Medium | undefined> | undefined;
}

/** What the operator lets one request ask for. */
export interface RequestLimits {
  /** Choices or images of one field, all prompts together. */
  maxN: number;
  maxMessages: number;
  /** Texts of one field, or parts that are judged as one. */
  maxInputs: number;
  /** Output tokens of a choice; undefined: no limit. */
  maxOutputTokens: number | undefined;
  /** Whether a chat's cap is sent under both of its names. */
  sendsBothCaps: boolean;
  /** Whether `extraBody` may hold a field of this name. */
  isExtraFieldAllowed(name: string): boolean;
}

/** The caller, as resolvers know it. */
export interface Viewer {
  id: string;
  limits: CallerLimits;
  /** When its client key is good no more, in milliseconds since 1970. */
  expiresAt: number | undefined;
  team: ViewerTeam | undefined;
  mayUseModel(id: string): boolean;
  /** What the caller has used. Throws OVERLOADED if the counters cannot be read. */
  readUsage(): Promise<ViewerUsage>;
}

/** The keys that have limits together with the caller's. */
export interface ViewerTeam {
  id: string;
  limits: CallerLimits;
  /** As the viewer's. */
  readUsage(): Promise<ViewerUsage>;
}

/** The tokens of one window, including those reserved by calls in progress, and when it ends, in milliseconds from now. */
export interface TokensUsed {
  readonly tokens: number;
  readonly resetMs: number;
}

/** What a caller has used, and when (in milliseconds from now) each window ends; 0 if none has begun. */
export interface ViewerUsage {
  /** Upstream calls in the current minute, which begins with the first of them. */
  readonly requests: number;
  readonly requestsResetMs: number;
  /** Tokens of today (UTC), including those reserved by calls in progress. */
  readonly tokens: number;
  readonly tokensResetMs: number;
  /** Undefined: not counted, as there is no limit. */
  readonly thisMinute?: TokensUsed | undefined;
  readonly thisWeek?: TokensUsed | undefined;
  readonly thisMonth?: TokensUsed | undefined;
}

/** Observes an operation's root fields. */
export interface FieldsObserver {
  /** The field `name` of a root type is about to be resolved, for `key` in the answer. */
  beginField(key: string, name: string): ObservedField;
}

/** A root field under observation. */
export interface ObservedField {
  /** The upstream for this field alone; undefined: that of the context. */
  readonly openai: OpenAIClient | undefined;
  /** To be called once the field is resolved. Needs no `this`. */
  readonly end: () => void;
}

/** What every resolver gets. */
export interface Context extends ServerContext {
  /** The upstream as the viewer may use it. */
  openai: OpenAIClient;
  viewer: Viewer;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
  /**
   * Counts bytes that are held until the operation ends: `take` those of an answer that costs nothing, and throws OVERLOADED if
   * there is no room; `add` those that are there already. Undefined: nobody counts.
   */
  held?: { take(bytes: number): void; add(bytes: number): void } | undefined;
  /** Undefined: the operation is not observed. */
  operation?: FieldsObserver | undefined;
}

// What resolvers are given: the upstream, the viewer, the limits of one request. Knows no field.
import type { OpenAIClient } from "../../openai/client/client.ts";
import type { ImageVariationsRoute } from "../../openai/images.ts";

/** What is the same for every operation. */
export interface ServerContext {
  imageVariations: ImageVariationsRoute;
  /** Largest file, in bytes. */
  maxUploadBytes: number;
  requestLimits: RequestLimits;
}

/** What the operator lets one request ask for. */
export interface RequestLimits {
  /** Choices or images, all prompts together. */
  maxN: number;
  maxMessages: number;
  /** Output tokens of a choice; undefined: no limit. */
  maxOutputTokens: number | undefined;
}

/** Who is asking. */
export interface Viewer {
  id: string;
  limits: ViewerLimits;
  mayUseModel(id: string): boolean;
  /** What has been used up. Throws OVERLOADED where that cannot be told. */
  readUsage(): Promise<ViewerUsage>;
}

/** What the viewer may use up; absent: no limit. */
export interface ViewerLimits {
  /** Upstream calls in a minute, which begins with the first of them. */
  readonly requestsPerMinute?: number | undefined;
  /** Tokens in a day of UTC, prompts and answers together. */
  readonly tokensPerDay?: number | undefined;
  /** The models that may be named, `*` standing for any run of characters. */
  readonly models?: readonly string[] | undefined;
  /** The root fields that may be selected, such as `chat`, `Query` or `Subscription.chat`. */
  readonly operations?: readonly string[] | undefined;
}

/** What the viewer has used up in the windows that run, and the milliseconds until they end. */
export interface ViewerUsage {
  readonly requests: number;
  readonly requestsResetMs: number;
  readonly tokens: number;
  readonly tokensResetMs: number;
}

/** Hears of an operation's root fields. */
export interface FieldsObserver {
  /** The field `name` of a root type is about to be resolved, for `key` in the answer. */
  beginField(key: string, name: string): ObservedField;
}

/** A root field that is observed. */
export interface ObservedField {
  /** The upstream for this field alone. */
  readonly openai: OpenAIClient | undefined;
  /** To be called when it is resolved; bound. */
  readonly end: () => void;
}

/** What every resolver gets. */
export interface Context extends ServerContext {
  /** The upstream as the viewer may use it. */
  openai: OpenAIClient;
  viewer: Viewer;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
  /** Undefined: nobody observes. */
  operation?: FieldsObserver | undefined;
}

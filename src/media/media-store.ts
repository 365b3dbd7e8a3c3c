// Where media are kept: in memory or in Redis. Knows neither HTTP nor GraphQL.
import { createHash, randomBytes } from "node:crypto";
import { codedError } from "../errors/codes.ts";
import { extensionOf } from "../openai/client/uploads/media-types.ts";
import type { Medium } from "../schema/shared/media.ts";

/** A medium that is to be kept. */
export interface NewMedium {
  /** Whose it is: see ownerOf. */
  readonly owner: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A medium that is kept. */
export interface KeptMedium extends Medium {
  readonly owner: string;
  /** How long it is still kept at most, in milliseconds. */
  readonly leftMs: number;
}

export interface MediaStore {
  /** Keeps the medium under the name, and yields whether it does. Never throws or rejects. */
  keep(name: string, medium: NewMedium): boolean | Promise<boolean>;
  /** The medium of this name. Rejects with OVERLOADED if it cannot be known whether there is one. */
  find(name: string): Promise<KeptMedium | undefined>;
  close(): Promise<void>;
}

/** The path below which media are served. */
export const MEDIA_PATH = "/media/";

/** What a name looks like: nothing else is ever looked up. */
export const NAME = /^[\da-f]{32}\.[a-z\d]{1,9}$/;

/** Bytes of randomness in a name: whoever knows it may see the medium. */
const NAME_BYTES = 16;

/** A new name, with the extension of the type. */
export function createName(contentType: string): string {
  return `${randomBytes(NAME_BYTES).toString("hex")}.${extensionOf(contentType) || "bin"}`;
}

/** The error for bytes that are gone by the time they are read. */
export function gone(): Error {
  return codedError("BAD_USER_INPUT", "A file that the request names is no longer kept by this server.");
}

/** What stands for a caller's key in a store, which need not know it. */
export function ownerOf(callerKey: string): string {
  return createHash("sha256").update(callerKey).digest("hex");
}

/** A media type with its parameters, as an answer's header may hold it. */
const TYPE = /^[\w.+-]{1,100}\/[\w.+-]{1,100}(?:; ?[\w-]{1,32}=[\w.+-]{1,64}){0,4}$/;

/** The type as it is; one that is none becomes `application/octet-stream`. */
export function readType(contentType: string): string {
  return TYPE.test(contentType) ? contentType.toLowerCase() : "application/octet-stream";
}

/** The type without its parameters. */
export function essenceOf(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

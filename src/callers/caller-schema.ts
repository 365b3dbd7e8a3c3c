// The zod schemas of what an operator configures about callers: client keys (CLIENT_KEYS, CLIENT_KEYS_FILE) and JWT_LIMITS.
import { hash } from "node:crypto";
import * as z from "zod";
import { type CallerLimit, callerLimits } from "../schema/shared/caller-limits.ts";
import { describeUnknown } from "./unknown-field.ts";

const names = z.array(z.string().min(1).max(256)).max(1000);
/** A shorter key could be guessed. */
const MIN_KEY_LENGTH = 16;

/** What may be written for a limit of each kind. */
const KINDS = {
  count: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  names: names.optional(),
  switch: z.union([names, z.boolean().transform((isOn) => (isOn ? ["*"] : []))]).optional(),
};

const limits = Object.fromEntries(Object.entries(callerLimits).map(([name, { kind }]) => [name, KINDS[kind]])) as {
  [Name in CallerLimit]: (typeof KINDS)[(typeof callerLimits)[Name]["kind"]];
};

/** Limits alone, for callers that are not listed one by one. */
export const limitsSchema = z.strictObject(limits, { error: nameUnknown(Object.keys(limits)) });

const keyFields = ["id", "key", "keySha256", ...Object.keys(limits)];

const clientKey = z
  .strictObject(
    {
      id: z.string().regex(/^[^\p{C}]{1,128}$/u),
      /** The key that the client sends: anything that an `Authorization: Bearer` header may hold. */
      key: z
        .string()
        .regex(/^[\x21-\x2b\x2d-\x7e]{1,512}$/, { abort: true })
        .optional(),
      /** Its SHA-256 in hex, for operators who do not store keys in the clear. */
      keySha256: z
        .string()
        .regex(/^[\da-f]{64}$/i)
        .optional(),
      ...limits,
    },
    { error: nameUnknown(keyFields) },
  )
  .refine(({ key, keySha256 }) => (key === undefined) !== (keySha256 === undefined), {
    error: "must have one of key and keySha256",
    abort: true,
  })
  .refine(({ key }) => key === undefined || key.length >= MIN_KEY_LENGTH, {
    path: ["key"],
    // Names the key's owner, and never shows the key.
    error: ({ input }) => `is too short: ${nameOwner(input)} needs one of at least ${MIN_KEY_LENGTH} characters`,
  })
  // The key itself is not kept.
  .transform(({ id, key, keySha256, ...limits }) => ({
    id,
    keySha256: key === undefined ? (keySha256 ?? "").toLowerCase() : sha256(key).toString("hex"),
    limits,
  }));

/** One client key, by its digest in hex, and its owner's limits. */
export type ClientKey = z.output<typeof clientKey>;

/** For what else is wrong, zod has words of its own. */
function nameUnknown(known: readonly string[]): z.core.$ZodErrorMap {
  return (issue) => (issue.code === "unrecognized_keys" ? describeUnknown(issue.keys as string[], known) : undefined);
}

function nameOwner(entry: unknown): string {
  return JSON.stringify((entry as { id?: unknown }).id);
}

/** The digest that keys are stored and compared by, 32 bytes. */
export function sha256(key: string): Buffer {
  return hash("sha256", key, "buffer");
}

/**
 * All client keys; with an empty list nobody may call. Several keys may share an id, and so its counters: that is how a
 * key is rotated.
 */
export const clientKeys = z.array(clientKey);

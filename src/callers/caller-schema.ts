// The zod schemas of what an operator configures about callers: client keys (CLIENT_KEYS, CLIENT_KEYS_FILE) and JWT_LIMITS.
import { hash } from "node:crypto";
import * as z from "zod";
import { type CallerLimit, callerLimits, teamLimits } from "../schema/shared/caller-limits.ts";
import type { Team } from "./caller.ts";
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

const limitsOfTeams = Object.fromEntries(teamLimits.map((name) => [name, KINDS.count])) as {
  [Name in (typeof teamLimits)[number]]: typeof KINDS.count;
};

const keyFields = ["id", "key", "keySha256", ...Object.keys(limits), "team", "expiresAt"];

/** What an operator may call a caller or a team. */
const name = z.string().regex(/^[^\p{C}]{1,128}$/u);

const dateTime = z.iso.datetime({ offset: true });

/** A moment, in milliseconds since 1970. */
const moment = z
  .string()
  .refine((text) => dateTime.safeParse(text).success, {
    error: "must be a date and a time with their zone, such as 2027-01-31T00:00:00Z",
    abort: true,
  })
  .transform((text) => Date.parse(text));

/** The entry of a team: its limits, and no key. */
const teamEntry = z
  .strictObject({ team: name, ...limitsOfTeams }, { error: nameUnknown(["team", ...teamLimits]) })
  .transform(({ team: id, ...limits }): Team => ({ id, key: `team:${id}`, limits }));

const keyEntry = z
  .strictObject(
    {
      id: name,
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
      /** The id of a team in the same list. */
      team: name.optional(),
      expiresAt: moment.optional(),
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
  .transform(({ id, key, keySha256, team, expiresAt, ...limits }) => ({
    id,
    keySha256: key === undefined ? (keySha256 ?? "").toLowerCase() : sha256(key).toString("hex"),
    team,
    expiresAt,
    limits,
  }));

/** One client key, by its digest in hex, and its owner's limits. */
export interface ClientKey extends Omit<z.output<typeof keyEntry>, "team"> {
  readonly team: Team | undefined;
  /** How many entries before it in the list are teams. */
  readonly teamsBefore: number;
}

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
 * key is rotated. An entry that names a team and nobody's key holds the team's limits.
 */
export const clientKeys = z.array(z.unknown()).transform((entries, context): ClientKey[] => {
  const teams = new Map<string, Team>();
  const keys: (z.output<typeof keyEntry> & { place: number })[] = [];
  function read<Schema extends z.ZodType>(schema: Schema, place: number): z.output<Schema> | undefined {
    const { data, error } = schema.safeParse(entries[place]);
    for (const issue of error?.issues ?? []) {
      context.issues.push({ ...issue, path: [place, ...issue.path] } as z.core.$ZodRawIssue);
    }
    return data;
  }
  for (const [place, entry] of entries.entries()) {
    if (!isTeam(entry)) {
      const key = read(keyEntry, place);
      if (key) keys.push({ ...key, place });
      continue;
    }
    const team = read(teamEntry, place);
    if (team && teams.has(team.id)) context.addIssue({ code: "custom", path: [place, "team"], message: TWICE });
    else if (team) teams.set(team.id, team);
  }
  return keys.map(({ team: id, place, ...key }, index) => {
    const team = id === undefined ? undefined : teams.get(id);
    if (id !== undefined && !team) context.addIssue({ code: "custom", path: [place, "team"], message: NO_TEAM });
    return { ...key, team, teamsBefore: place - index };
  });
});

const TWICE = "names a team that has an entry already";
const NO_TEAM = 'names a team without an entry of its own, such as { "team": "frontend", "tokensPerDay": 100000 }';

function isTeam(entry: unknown): boolean {
  if (typeof entry !== "object" || entry === null || !Object.hasOwn(entry, "team")) return false;
  return !["id", "key", "keySha256"].some((field) => Object.hasOwn(entry, field));
}

// Who uses limits up: a caller, or the team that it is in.
import type { Caller } from "../callers/caller.ts";
import type { TeamLimits } from "../schema/shared/caller-limits.ts";

export interface Spender {
  /** As in messages. */
  readonly name: "This caller" | "This caller's team";
  /** Unique among callers and teams. */
  readonly key: string;
  readonly limits: TeamLimits;
}

/** The caller, and then its team if it is in one: the limits of both hold. */
export function spendersOf({ key, limits, team }: Caller): readonly Spender[] {
  const caller: Spender = { name: "This caller", key, limits };
  return team ? [caller, { name: "This caller's team", key: team.key, limits: team.limits }] : [caller];
}

// Every environment variable that the server reads, in the order of the documentation's table.
import type { z } from "zod";
import { callerVariables } from "./callers.ts";
import { limitVariables } from "./limits.ts";
import { serverVariables } from "./server.ts";
import { upstreamVariables } from "./upstream.ts";

/** Every variable by its name, in the order of README's table. */
export const variables = { ...serverVariables, ...upstreamVariables, ...callerVariables, ...limitVariables };

/** Every variable's own value. */
export type Values = { [Name in keyof typeof variables]: z.output<(typeof variables)[Name]["schema"]> };

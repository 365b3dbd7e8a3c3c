// The list of all environment variables that the server reads.
import type { z } from "zod";
import { callerVariables } from "./callers.ts";
import { limitVariables } from "./limits.ts";
import { serverVariables } from "./server.ts";
import { upstreamVariables } from "./upstream.ts";

/** Every variable by its name, in the order of the table of docs/configuration.md. */
export const variables = { ...serverVariables, ...upstreamVariables, ...callerVariables, ...limitVariables };

/** The value of every variable, before defaults that depend on others. */
export type Values = { [Name in keyof typeof variables]: z.output<(typeof variables)[Name]["schema"]> };

// Whose web pages may call the server, beside its own: the origins of CORS_ORIGINS, and those of this machine in development.
import { rememberByValue } from "../http/by-value.ts";

/** A page of this machine, on any port: a frontend's dev server. */
const OF_THIS_MACHINE = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;
/** What `*` stands for: one label of a host's name. */
const LABEL = /^[a-z\d_-]+$/;

/** Yields whether pages of this origin, as in the header `Origin`, may call the server. */
export type OriginTest = (origin: string) => boolean;

/**
 * Yields the test for a list of origins, in which `https://*.example.com` stands for each name of one more label. With
 * `ofThisMachine` it passes pages of localhost, 127.0.0.1 and [::1], too. `null` never passes: pages of every sandboxed frame
 * and of every file have it.
 */
export function createOriginTest(origins: readonly string[] = [], ofThisMachine = false): OriginTest {
  const exact = new Set(origins.filter((origin) => !origin.includes("*")));
  const patterns = origins.flatMap((origin) => {
    const [start = "", end] = origin.split("*");
    return end === undefined ? [] : [{ start, end }];
  });
  const isOfPattern = rememberByValue((origin: string) => patterns.some((pattern) => matches(pattern, origin)));
  return (origin) =>
    exact.has(origin) ||
    (patterns.length > 0 && isOfPattern(origin)) ||
    (ofThisMachine && OF_THIS_MACHINE.test(origin));
}

function matches({ start, end }: { start: string; end: string }, origin: string): boolean {
  if (!origin.startsWith(start) || !origin.endsWith(end)) return false;
  return LABEL.test(origin.slice(start.length, -end.length));
}

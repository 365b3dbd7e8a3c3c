// The callers of the soak's server: those of the honest clients, and one for each attack that needs a key.

/** A caller as CLIENT_KEYS lists it. */
export interface SoakCaller {
  id: string;
  key: string;
  [limit: string]: unknown;
}

/** Whoever runs all operations and compares their answers. */
export const load: SoakCaller = { id: "load", key: "key-of-the-honest-load" };

/** Whoever measures how long short operations take. */
export const measured: SoakCaller = { id: "measured", key: "key-of-the-measured-clients" };

/** The header that shows a caller's key. */
export function authorizationOf({ key }: SoakCaller): { authorization: string } {
  return { authorization: `Bearer ${key}` };
}

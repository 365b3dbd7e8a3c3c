// The keys of an identity provider, which verify callers' JWTs. They outlive the provider's outages. Knows no token.
import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import { fetchKeySet } from "./key-set.ts";
import { RETRY_AFTER_MS } from "./refusals.ts";
import { REMOTE_ALGORITHMS, type SigningKeys } from "./signing-keys.ts";

/** After this time keys are fetched again, in milliseconds: a key that was withdrawn is good no longer. */
const MAX_AGE_MS = 10 * 60_000;
/** How long keys are used whose provider is away. */
const MAX_STALE_MS = 24 * 3_600_000;
/** Shortest time between two fetches once there are keys, whatever keys tokens name. */
const COOLDOWN_MS = 10_000;
/** Longest time that a caller waits for new keys while there are old ones. */
const PATIENCE_MS = 500;
/** Shortest time between two reports of failures while there are keys. */
const REPORT_AFTER_MS = 60_000;

/**
 * The keys at `url`, fetched when a token needs them. `report` is called with failures while old keys are used; without
 * any, `find` rejects with the failure. Throws an Error for a URL with a password in it: `fetch` refuses it with a message
 * that shows the password.
 */
export function createRemoteKeys(url: URL, report: (fault: unknown) => void): SigningKeys {
  if (url.username || url.password) throw new Error("JWT_JWKS_URL must not hold a user or a password.");
  const keys = new RemoteKeys(url, report);
  return { find: keys.find, algorithms: REMOTE_ALGORITHMS, version: () => keys.version };
}

type Jose = typeof import("jose");

class RemoteKeys {
  readonly #url: URL;
  readonly #report: (fault: unknown) => void;
  // Not a static import: servers that check no JWTs start sooner without it.
  readonly #loading: Promise<Jose> = import("jose");
  #known: { find: JWTVerifyGetKey; fetchedAt: number } | undefined;
  /** The fetch under way. */
  #fetching: Promise<void> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #reportedAt = Number.NEGATIVE_INFINITY;
  /** Whether the last fetch failed or takes long: nobody waits for the next one. */
  #isInTrouble = false;

  constructor(url: URL, report: (fault: unknown) => void) {
    this.#url = url;
    this.#report = report;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    const { errors } = await this.#loading;
    const age = this.#age();
    if (age > MAX_STALE_MS) await this.#fetchFirst();
    else if (age > MAX_AGE_MS) await this.#renew();
    const used = this.#known;
    if (!used) throw new Error("There are no keys.");
    try {
      return await used.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The provider may have a new key. Tokens that name keys which nobody has cause no more fetches than others.
      await this.#renew();
      if (this.#known === used || !this.#known) throw error;
      return this.#known.find(header, token);
    }
  };

  /** The keys, unless they are due to be fetched again. */
  get version(): unknown {
    return this.#age() > MAX_AGE_MS ? undefined : this.#known;
  }

  /** Infinite without keys. */
  #age(): number {
    return performance.now() - (this.#known?.fetchedAt ?? Number.NEGATIVE_INFINITY);
  }

  /** Fetches, unless a fetch failed a moment ago. All callers wait for the same fetch. Rejects with its failure. */
  #fetchFirst(): Promise<void> {
    if (!this.#fetching && performance.now() - this.#triedAt < RETRY_AFTER_MS)
      return Promise.reject(new Error("The last fetch failed a moment ago."));
    return this.#fetch();
  }

  /**
   * Fetches, unless that was done a moment ago. Waits for it, but not long, and not at all for a provider in trouble.
   * Never rejects.
   */
  async #renew(): Promise<void> {
    if (!this.#fetching && performance.now() - this.#triedAt < COOLDOWN_MS) return;
    const fetched = this.#fetch().catch((error: unknown) => this.#reportSometimes(error));
    if (this.#isInTrouble) return;
    let timer: NodeJS.Timeout | undefined;
    const isLate = new Promise<true>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS, true);
    });
    if (await Promise.race([fetched, isLate])) this.#isInTrouble = true;
    clearTimeout(timer);
  }

  #fetch(): Promise<void> {
    this.#fetching ??= this.#replaceKeys().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #replaceKeys(): Promise<void> {
    this.#triedAt = performance.now();
    try {
      const keySet = await fetchKeySet(this.#url);
      const { createLocalJWKSet } = await this.#loading;
      this.#known = { find: createLocalJWKSet(keySet as JSONWebKeySet), fetchedAt: performance.now() };
      this.#isInTrouble = false;
    } catch (error) {
      this.#isInTrouble = true;
      throw error;
    }
  }

  #reportSometimes(error: unknown): void {
    if (performance.now() - this.#reportedAt < REPORT_AFTER_MS) return;
    this.#reportedAt = performance.now();
    const hours = Math.max(0, (MAX_STALE_MS - this.#age()) / 3_600_000).toFixed(1);
    const message = `JWT_JWKS_URL cannot be fetched: ${explainFetch(error)}. The keys fetched last are used for up to ${hours} hours more.`;
    this.#report(new Error(message, { cause: error }));
  }
}

/** The message with the system error's code, which `fetch` gives only in its error's cause. */
export function explainFetch(error: unknown): string {
  const { message, cause } = error as Error;
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === "string" ? `${message} (${code})` : message;
}

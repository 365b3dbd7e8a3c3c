// Answers that all processes on one Redis keep together, and who of them runs a mutation.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { codedError } from "../../errors/codes.ts";
import type { RedisConnection } from "../../limits/counting/redis.ts";
import type { AnswerStore, KeptAnswer } from "./kept-answer.ts";

/** How long a claim stands if its process has died, in milliseconds; while it lives, it renews it. */
const CLAIM_MS = 30_000;
const RENEW_MS = 10_000;
/** How often it is looked whether another process has an answer, in milliseconds. */
const LOOK_MS = 250;

/** Deletes or prolongs the claim if it is still the own one; a Redis that has lost it in a restart gets it again. */
const DELETE_OWN = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";
const RENEW_OWN = `local found = redis.call('get', KEYS[1])
if not found or found == ARGV[1] then return redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 0`;

/** What is stored under an id: the fingerprint alone while the mutation runs. */
type Stored = KeptAnswer | { readonly fingerprint: string; readonly claim: string };

interface Claim {
  /** What is stored. */
  readonly text: string;
  readonly renewal: NodeJS.Timeout;
}

export interface RedisAnswersOptions {
  redis: RedisConnection;
  ttlMs: number;
  /** Keeps what Redis did not take, for this process alone: it was paid for. */
  rest: AnswerStore;
  /** Whether a mutation is run although Redis does not answer. */
  runsAlone: boolean;
}

/** Answers in Redis. Who runs a mutation claims its id there. */
export class RedisAnswers implements AnswerStore {
  readonly #options: RedisAnswersOptions;
  readonly #claims = new Map<string, Claim>();

  constructor(options: RedisAnswersOptions) {
    this.#options = options;
  }

  async claim(id: string, fingerprint: string, signal: AbortSignal): Promise<KeptAnswer | undefined> {
    const { rest, runsAlone } = this.#options;
    const own = await rest.claim(id, fingerprint, signal);
    if (own) return own;
    try {
      for (;;) {
        const stored = await this.#read(id);
        if (stored && "json" in stored) return stored;
        // The fingerprint alone tells that it is another request; there is nothing to wait for.
        if (stored && stored.fingerprint !== fingerprint) return { ...NOTHING, fingerprint: stored.fingerprint };
        if (!stored && (await this.#take(id, fingerprint))) return undefined;
        await sleep(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    } catch {
      signal.throwIfAborted();
      if (runsAlone) return undefined;
      throw unreadable();
    }
  }

  async release(id: string): Promise<void> {
    const claim = this.#drop(id);
    if (claim) await this.#run(DELETE_OWN, id, claim.text).catch(() => {});
  }

  async keep(id: string, caller: string, answer: KeptAnswer): Promise<void> {
    this.#drop(id);
    const { redis, ttlMs, rest } = this.#options;
    try {
      await redis.run(() => redis.client.set(keyOf(id), JSON.stringify(answer), "PX", ttlMs));
    } catch {
      await rest.keep(id, caller, answer);
    }
  }

  /** Ends the renewals; what is claimed is free again a little later. */
  close(): void {
    for (const id of [...this.#claims.keys()]) this.#drop(id);
  }

  async #read(id: string): Promise<Stored | undefined> {
    const { redis } = this.#options;
    const text = await redis.run(() => redis.client.get(keyOf(id)));
    return text === null ? undefined : (JSON.parse(text) as Stored);
  }

  async #take(id: string, fingerprint: string): Promise<boolean> {
    const { redis } = this.#options;
    const text = JSON.stringify({ fingerprint, claim: randomUUID() });
    const set = await redis.run(
      () => redis.client.set(keyOf(id), text, "PX", CLAIM_MS, "NX"),
      (late) => late && void this.#run(DELETE_OWN, id, text).catch(() => {}),
    );
    if (set === null) return false;
    const renew = () => void this.#run(RENEW_OWN, id, text, CLAIM_MS).catch(() => {});
    this.#claims.set(id, { text, renewal: setInterval(renew, RENEW_MS).unref() });
    return true;
  }

  #drop(id: string): Claim | undefined {
    const claim = this.#claims.get(id);
    this.#claims.delete(id);
    clearInterval(claim?.renewal);
    return claim;
  }

  #run(script: string, id: string, ...parameters: (string | number)[]): Promise<unknown> {
    const { redis } = this.#options;
    return redis.run(() => redis.client.eval(script, 1, keyOf(id), ...parameters));
  }
}

const NOTHING = { files: [], json: "", hasErrors: false } as const;

function keyOf(id: string): string {
  return `idempotency:${id}`;
}

function unreadable(): Error {
  const http = { status: 503, headers: { "retry-after": "1" } };
  const problem = "The server cannot check idempotency keys at the moment.";
  return codedError("OVERLOADED", problem, { retryAfterMs: 1_000, http });
}

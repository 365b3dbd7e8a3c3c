// Runs a mutation once for all who ask for it under the same key: they get the first answer, at no charge. Whoever asks while
// it runs waits for it. It runs on when its client has gone: a client that asks again after a broken connection shall not pay
// again. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
import { setMaxListeners } from "node:events";
import type { Source } from "graphql";
import { codedError } from "../../errors/codes.ts";
import { CallerGone } from "../../openai/cancellable.ts";
import { type AnswerStore, type GivenResult, giveAgain, type KeptAnswer, keepable, REPLAYED } from "./kept-answer.ts";
import { compareFiles, conflict, digestFiles, type KeyedMutation } from "./keyed-mutation.ts";

/** One request for a mutation under a key. */
export interface KeyedRequest extends KeyedMutation {
  /** The caller's name. */
  readonly caller: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Aborted when the time is up that the client has given it. */
  readonly timeout?: AbortSignal | undefined;
  /** Whether the result may be JSON already. */
  readonly asJson: boolean;
  /** The document. */
  readonly source: Source | undefined;
  /** Runs the mutation. Never throws. */
  execute(signal: AbortSignal): Promise<Executed>;
  /** To be called with what the mutation's bytes are held for, beyond the request itself. */
  holdUntil(end: Promise<unknown>): void;
}

/** What a run has come to. */
export interface Executed {
  /** With errors as clients may see them. */
  readonly result: GivenResult;
  /** Whether it may have cost something: see mayHaveCost. */
  readonly isPaid: boolean;
}

/** Its own result with the digests of its files, or an answer that was there already. */
type Outcome = (Executed & Pick<KeptAnswer, "files">) | { readonly kept: KeptAnswer };

/** A run that has not ended, or whose answer is not kept yet. */
interface Run {
  readonly fingerprint: string;
  /** Aborted when its client waits no more. */
  readonly left: AbortSignal;
  readonly outcome: Promise<Outcome>;
}

/** The mutations of one process that have a key. */
export class Replays {
  readonly #store: AnswerStore;
  readonly #runs = new Map<string, Run>();
  readonly #ends = new Set<Promise<void>>();
  readonly #controllers = new Set<AbortController>();

  constructor(store: AnswerStore) {
    this.#store = store;
  }

  /**
   * Runs the mutation, or yields what it came to before. Throws IDEMPOTENCY_CONFLICT if the key was another request's, OVERLOADED
   * if it cannot be known what it was, and the signal's reason once the client has gone.
   */
  async run(request: KeyedRequest): Promise<GivenResult> {
    const { id, signal } = request;
    const running = this.#runs.get(id);
    if (running) return this.#join(request, running);
    const outcome = await until(signal, this.#begin(request).outcome);
    if ("result" in outcome) return outcome.result;
    if (outcome.kept.fingerprint !== request.fingerprint) throw conflict();
    return replay(request, outcome.kept, await digestFiles(request));
  }

  async #join(request: KeyedRequest, run: Run): Promise<GivenResult> {
    const { asJson, source } = request;
    const left = leftSignal(request);
    if (run.fingerprint !== request.fingerprint) throw conflict();
    // Its files are read at once: they may not stand still.
    const files = await digestFiles(request);
    let outcome: Outcome;
    try {
      outcome = await until(left, run.outcome);
    } catch (error) {
      // Whoever was to run it has gone before it began.
      if (error === run.left.reason && !left.aborted) return this.run(request);
      throw error;
    }
    if ("kept" in outcome) return replay(request, outcome.kept, files);
    compareFiles(files, outcome.files);
    const { json, ...result } = outcome.result;
    return json === undefined ? { ...result, ...REPLAYED } : giveAgain({ json, hasErrors: false }, asJson, source);
  }

  /** Ends all runs with SHUTTING_DOWN, those whose clients have gone among them; resolves when they have ended. */
  async end(): Promise<void> {
    for (const controller of this.#controllers)
      controller.abort(codedError("SHUTTING_DOWN", "The server is stopping."));
    await Promise.allSettled(this.#ends);
  }

  #begin(request: KeyedRequest): Run {
    const { id, fingerprint } = request;
    const left = leftSignal(request);
    const run: Run = { fingerprint, left, outcome: this.#find(request, left) };
    this.#runs.set(id, run);
    const end = this.#keep(request, run).finally(() => {
      this.#runs.delete(id);
      this.#ends.delete(end);
    });
    this.#ends.add(end);
    request.holdUntil(end);
    return run;
  }

  /** The answer that there is, or the result of running the mutation. */
  async #find(request: KeyedRequest, left: AbortSignal): Promise<Outcome> {
    const { id, fingerprint, files, execute } = request;
    const kept = await this.#store.claim(id, fingerprint, left);
    if (kept) return { kept };
    const digests = files.map((file) => file.digest());
    const controller = this.#follow(request);
    try {
      left.throwIfAborted();
      const executed = await execute(controller.signal);
      // Nobody reads the rest of a file once there is an answer: its digest may never come.
      return { ...executed, files: await Promise.all(digests.map((digest) => Promise.race([digest, undefined]))) };
    } catch (error) {
      await this.#store.release(id);
      throw error;
    } finally {
      this.#controllers.delete(controller);
    }
  }

  /** Keeps the answer once there is one. Never rejects. */
  async #keep({ id, caller, fingerprint }: KeyedRequest, run: Run): Promise<void> {
    const outcome = await run.outcome.catch(() => undefined);
    if (!outcome || !("result" in outcome)) return;
    const json = outcome.isPaid ? keepable(outcome.result) : undefined;
    if (json === undefined) return this.#store.release(id);
    const hasErrors = outcome.result.errors !== undefined;
    await this.#store.keep(id, caller, { fingerprint, files: outcome.files, json, hasErrors });
  }

  /** A signal that follows the client's and its time, but not its leaving. */
  #follow({ signal, timeout }: KeyedRequest): AbortController {
    const controller = new AbortController();
    // Each field of an operation listens.
    setMaxListeners(0, controller.signal);
    this.#controllers.add(controller);
    for (const source of [signal, timeout]) {
      const follow = () => {
        if (!(source?.reason instanceof CallerGone)) controller.abort(source?.reason);
      };
      source?.addEventListener("abort", follow, { once: true, signal: controller.signal });
    }
    return controller;
  }
}

function replay({ asJson, source }: KeyedRequest, kept: KeptAnswer, files: readonly string[]): GivenResult {
  compareFiles(files, kept.files);
  return giveAgain(kept, asJson, source);
}

/** Aborted when the client waits no more for what another request has begun. */
function leftSignal({ signal, timeout }: KeyedRequest): AbortSignal {
  return timeout ? AbortSignal.any([signal, timeout]) : signal;
}

/** Waits for `promise`; throws the reason as soon as the signal is aborted. */
async function until<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  signal.throwIfAborted();
  let leave = () => {};
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([promise, left]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

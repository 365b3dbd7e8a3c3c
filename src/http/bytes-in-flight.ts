// The one account of the bytes that this process holds for others: request bodies, WebSocket messages, files, upstream
// answers, and answers that clients have not taken yet. Each caller may hold a quarter of them, and a little in any case.
import { codedError, requestError } from "../errors/codes.ts";
import { type Account, HeldBytes } from "./held-bytes.ts";

/** A caller's share of all bytes. */
const SHARE_OF_CALLER = 1 / 4;
/** What a caller may hold even if the others hold all there is, as a part of it: some common requests. */
const LEAST_OF_CALLER = 1 / 1024;
/** When a refused client may try again, in milliseconds: bytes are given back all the time. */
const RETRY_AFTER_MS = 1_000;

/** Somebody who waits for bytes. */
interface Waiting {
  readonly held: HeldBytes;
  readonly bytes: number;
  readonly grant: () => void;
}

/** The account of a process. */
export class BytesInFlight implements Account {
  readonly #most: number;
  readonly #mostOfCaller: number;
  readonly #leastOfCaller: number;
  readonly #byCaller = new Map<string, number>();
  #total = 0;
  #waiting: Waiting[] = [];
  /** Who may take more than there is, so that what is half made can end: one of each caller, and one of all (undefined). */
  readonly #overdrawing = new Map<string | undefined, HeldBytes>();

  /** At most `most` bytes are held, but for what is owed to callers: see HeldBytes. */
  constructor(most: number) {
    this.#most = most;
    this.#mostOfCaller = Math.floor(most * SHARE_OF_CALLER);
    this.#leastOfCaller = Math.floor(most * LEAST_OF_CALLER);
  }

  /** The bytes that are held now. */
  get total(): number {
    return this.#total;
  }

  /** Opens an empty entry for one request or operation. Callers that are not told apart (undefined) have no share. */
  open(caller: string | undefined): HeldBytes {
    return new HeldBytes(this, caller);
  }

  findProblem(held: HeldBytes, bytes: number): Error | undefined {
    const { caller } = held;
    const most = caller === undefined ? this.#most : this.#mostOfCaller;
    if (held.bytes + bytes > most) {
      return requestError(
        "PAYLOAD_TOO_LARGE",
        413,
        `One request may hold at most ${most} bytes in the server at once.`,
      );
    }
    const ofCaller = caller === undefined ? Number.POSITIVE_INFINITY : this.#heldBy(caller) + bytes;
    if (caller !== undefined && ofCaller > most) return overloaded("This caller's requests", most);
    if (ofCaller <= this.#leastOfCaller) return undefined;
    return this.#total + bytes > this.#most ? overloaded("All requests", this.#most) : undefined;
  }

  change(caller: string | undefined, bytes: number): void {
    this.#total += bytes;
    if (caller !== undefined) {
      const left = this.#heldBy(caller) + bytes;
      if (left > 0) this.#byCaller.set(caller, left);
      else this.#byCaller.delete(caller);
    }
    if (bytes < 0 && this.#waiting.length > 0) this.#grant();
  }

  takeInTurn(held: HeldBytes, bytes: number): Promise<void> | undefined {
    if (this.#mayTake(held, bytes)) {
      held.add(bytes);
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waiting.push({ held, bytes, grant: resolve });
    });
  }

  reconsider(): void {
    if (this.#waiting.length > 0) this.#grant();
  }

  forget(held: HeldBytes): void {
    for (const whose of [held.caller, undefined]) {
      if (this.#overdrawing.get(whose) === held) this.#overdrawing.delete(whose);
    }
    if (this.#waiting.length === 0) return;
    const own = this.#waiting.filter((waiting) => waiting.held === held);
    this.#waiting = this.#waiting.filter((waiting) => waiting.held !== held);
    for (const { grant } of own) grant();
    this.#grant();
  }

  #heldBy(caller: string): number {
    return this.#byCaller.get(caller) ?? 0;
  }

  #grant(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting) {
      if (!this.#mayTake(entry.held, entry.bytes)) this.#waiting.push(entry);
      else {
        entry.held.add(entry.bytes);
        entry.grant();
      }
    }
  }

  /** Whether the bytes fit. One entry at a time gets what does not: nothing else may be about to be given back. */
  #mayTake(held: HeldBytes, bytes: number): boolean {
    const { caller } = held;
    const ofCaller = caller === undefined ? undefined : this.#heldBy(caller) + bytes;
    if (ofCaller !== undefined && ofCaller <= this.#leastOfCaller) return true;
    const fitsShare = ofCaller === undefined || ofCaller <= this.#mostOfCaller;
    if (!fitsShare && !this.#mayOverdraw(caller, held)) return false;
    return this.#total + bytes <= this.#most || this.#mayOverdraw(undefined, held);
  }

  #mayOverdraw(whose: string | undefined, held: HeldBytes): boolean {
    if (!held.isBehind && !this.#overdrawing.has(whose)) this.#overdrawing.set(whose, held);
    return this.#overdrawing.get(whose) === held;
  }
}

function overloaded(whose: string, most: number): Error {
  const problem = `${whose} hold ${most} bytes in the server, as many as it allows at once.`;
  const http = { status: 503, headers: { "retry-after": String(RETRY_AFTER_MS / 1_000) } };
  return codedError("OVERLOADED", problem, { retryAfterMs: RETRY_AFTER_MS, http });
}

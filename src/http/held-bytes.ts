// What one request or operation holds of the bytes in flight: taken by those who read and make them, and given back at its end.

/** The account of all entries: see BytesInFlight. */
export interface Account {
  /** Opens an empty entry. */
  open(caller: string | undefined): HeldBytes;
  /** What keeps `held` from taking `bytes` more. */
  findProblem(held: HeldBytes, bytes: number): Error | undefined;
  /** Moves `bytes`, which may be negative, to or from the entry of `caller`. */
  change(caller: string | undefined, bytes: number): void;
  /** Gives `held` the bytes. Undefined: it has them; otherwise when it has. */
  takeInTurn(held: HeldBytes, bytes: number): Promise<void> | undefined;
  /** To be called when an entry may do what it might not before. */
  reconsider(): void;
  /** Takes `held` out of the account; it gets what it waits for without being counted. */
  forget(held: HeldBytes): void;
}

/** The bytes that are held for one request or operation. */
export class HeldBytes {
  readonly caller: string | undefined;
  readonly #account: Account;
  #bytes = 0;
  #isBehind = false;
  #isReleased = false;
  #keptUntil: Promise<unknown> | undefined;

  /** See BytesInFlight.open. */
  constructor(account: Account, caller: string | undefined) {
    this.#account = account;
    this.caller = caller;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Opens an entry for what others wait for as well: it has no share of this one's caller. */
  openShared(): HeldBytes {
    return this.#account.open(undefined);
  }

  /** Whether the answer must wait for others. It then takes no more than there is: they may wait for what it holds. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  set isBehind(isBehind: boolean) {
    this.#isBehind = isBehind;
    if (!isBehind) this.#account.reconsider();
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** Throws what `take` would; takes nothing. */
  check(bytes: number): void {
    const problem = this.#isReleased ? undefined : this.#account.findProblem(this, bytes);
    if (problem) throw problem;
  }

  /**
   * Counts bytes that a client sends. Throws OVERLOADED if all or the caller's are used up, and PAYLOAD_TOO_LARGE if the
   * request alone needs more than that.
   */
  take(bytes: number): void {
    this.check(bytes);
    this.add(bytes);
  }

  /** Counts bytes of an answer: waits until there is room for them, and never fails. Undefined: there is room. */
  takeInTurn(bytes: number): Promise<void> | undefined {
    return this.#isReleased ? undefined : this.#account.takeInTurn(this, bytes);
  }

  /** Counts bytes that are there already and owed to the client: never fails. */
  add(bytes: number): void {
    if (this.#isReleased) return;
    this.#bytes += bytes;
    this.#account.change(this.caller, bytes);
  }

  /** Gives some of them back, or all if there are no more. */
  giveBack(bytes: number): void {
    this.add(-Math.min(bytes, this.#bytes));
  }

  /** Puts `release` off until `end` has settled. */
  keepUntil(end: Promise<unknown>): void {
    this.#keptUntil = end;
  }

  /** Gives all of them back; the entry counts nothing after that. */
  release(): void {
    if (this.#keptUntil) {
      const release = () => this.release();
      this.#keptUntil.then(release, release);
      this.#keptUntil = undefined;
      return;
    }
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (this.#bytes > 0) this.#account.change(this.caller, -this.#bytes);
    this.#account.forget(this);
  }
}

// Gives each of many members its turn in every period, spread evenly over it: no moment has more work than another.

export class Turns {
  #take;
  /** The members by the millisecond of the period. */
  #slots;
  #slotOf = new Map();
  #added = 0;
  #done = 0;
  #timer = undefined;

  /** @param {number} periodMs @param {(member: object) => void} take */
  constructor(periodMs, take) {
    this.#take = take;
    this.#slots = Array.from({ length: periodMs }, () => new Set());
  }

  add(member) {
    const slot = this.#slots[this.#added++ % this.#slots.length];
    slot.add(member);
    this.#slotOf.set(member, slot);
    if (this.#timer) return;
    const startedAt = performance.now();
    this.#done = 0;
    this.#timer = setInterval(() => this.#catchUp(performance.now() - startedAt), 1);
  }

  remove(member) {
    this.#slotOf.get(member)?.delete(member);
    this.#slotOf.delete(member);
    if (this.#slotOf.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Does the turns that are due; several if the timer was late. */
  #catchUp(elapsedMs) {
    while (this.#done < elapsedMs) {
      for (const member of this.#slots[this.#done++ % this.#slots.length]) this.#take(member);
    }
  }
}

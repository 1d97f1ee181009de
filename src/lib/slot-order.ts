/**
 * Small whole numbers ("slots") in an order that is kept: a change costs a search per slot and the copying of what lies between, not
 * another sort. `compare` looks at what the slots hold now and never answers 0 for two of them.
 */
export class SlotOrder {
  /** Changed in place: a copy for each change would be megabytes of rubbish while a list is read in slices. */
  #slots = new Uint32Array(0);
  #length = 0;
  /** By slot: its place. */
  #ranks = new Uint32Array(0);

  constructor(private readonly compare: (left: number, right: number) => number) {}

  /** As they are until the next change. */
  get slots(): Uint32Array {
    return this.#slots.subarray(0, this.#length);
  }

  /** By slot; of slots that are not in it they mean nothing. */
  get ranks(): Uint32Array {
    return this.#ranks;
  }

  /** A slot whose contents stand elsewhere now goes and comes. What went is found by where it stood. */
  change(gone: readonly number[], added: readonly number[]): void {
    const holes = gone.map((slot) => this.#ranks[slot]!).sort((left, right) => left - right);
    this.#close(holes);
    const comers = [...added].sort(this.compare);
    const places = this.#placesOf(comers);
    this.#insert(comers, places);
    this.#rank(Math.min(holes[0] ?? Infinity, places[0] ?? Infinity));
  }

  /** How many come before the first for which this is false; it is true of all before that one. */
  countWhile(isBefore: (slot: number) => boolean): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#slots[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #close(holes: readonly number[]): void {
    let passed = 0;
    for (let place = holes[0] ?? this.#length; place < this.#length; place++) {
      if (place === holes[passed]) passed++;
      else this.#slots[place - passed] = this.#slots[place]!;
    }
    this.#length -= passed;
  }

  /** Where each would stand between those that are there. */
  #placesOf(comers: readonly number[]): number[] {
    const [first] = comers;
    // Mostly what comes last stands last: ids grow with time.
    const isTail =
      first !== undefined && (this.#length === 0 || this.compare(this.#slots[this.#length - 1]!, first) < 0);
    if (isTail) return comers.map(() => this.#length);
    return comers.map((slot) => this.countWhile((other) => this.compare(other, slot) < 0));
  }

  /** From the end, so that nothing is written over before it has moved. */
  #insert(comers: readonly number[], places: readonly number[]): void {
    const length = this.#length + comers.length;
    if (length > this.#slots.length) this.#slots = enlarged(this.#slots, length);
    const slots = this.#slots;
    let from = this.#length - 1;
    let to = length - 1;
    for (let index = comers.length - 1; index >= 0; index--) {
      while (from >= places[index]!) slots[to--] = slots[from--]!;
      slots[to--] = comers[index]!;
    }
    this.#length = length;
  }

  #rank(from: number): void {
    for (let place = from; place < this.#length; place++) {
      const slot = this.#slots[place]!;
      if (slot >= this.#ranks.length) this.#ranks = enlarged(this.#ranks, slot + 1);
      this.#ranks[slot] = place;
    }
  }
}

/** Twice as long at least, so that growing one by one costs little. */
function enlarged(numbers: Uint32Array, least: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(least, numbers.length * 2));
  larger.set(numbers);
  return larger;
}

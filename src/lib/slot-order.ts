/**
 * Small whole numbers ("slots") in an order that is kept: a change costs a search per slot and the copying of what lies between, not
 * another sort. `compare` looks at what the slots hold now and never answers 0 for two of them.
 */
export class SlotOrder {
  #slots = new Uint32Array(0);
  /** By slot: its place. */
  #ranks = new Uint32Array(0);

  constructor(private readonly compare: (left: number, right: number) => number) {}

  get slots(): Uint32Array {
    return this.#slots;
  }

  /** By slot; of slots that are not in it they mean nothing. */
  get ranks(): Uint32Array {
    return this.#ranks;
  }

  /** A slot whose contents stand elsewhere now goes and comes. What went is found by where it stood. */
  change(gone: readonly number[], added: readonly number[]): void {
    if (gone.length === 0 && added.length === 0) return;
    const holes = gone.map((slot) => this.#ranks[slot]!).sort((left, right) => left - right);
    const kept = holes.length === 0 ? this.#slots : without(this.#slots, holes);
    const comers = [...added].sort(this.compare);
    const places = comers.map((slot) => countWhile(kept, (other) => this.compare(other, slot) < 0));
    this.#slots = comers.length === 0 ? kept : withComers(kept, comers, places);
    this.#rank(Math.min(holes[0] ?? Infinity, places[0] ?? Infinity));
  }

  /** How many come before the first for which this is false; it is true of all before that one. */
  countWhile(isBefore: (slot: number) => boolean): number {
    return countWhile(this.#slots, isBefore);
  }

  #rank(from: number): void {
    const slots = this.#slots;
    for (let place = from; place < slots.length; place++) {
      const slot = slots[place]!;
      if (slot >= this.#ranks.length) this.#ranks = enlarged(this.#ranks, slot);
      this.#ranks[slot] = place;
    }
  }
}

function without(slots: Uint32Array, holes: readonly number[]): Uint32Array<ArrayBuffer> {
  const left = new Uint32Array(slots.length - holes.length);
  let passed = 0;
  for (let place = 0; place < slots.length; place++) {
    if (place === holes[passed]) passed++;
    else left[place - passed] = slots[place]!;
  }
  return left;
}

function withComers(
  slots: Uint32Array,
  comers: readonly number[],
  places: readonly number[],
): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(slots.length + comers.length);
  let passed = 0;
  for (let place = 0; place <= slots.length; place++) {
    while (place === places[passed]) all[place + passed] = comers[passed++]!;
    if (place < slots.length) all[place + passed] = slots[place]!;
  }
  return all;
}

function countWhile(slots: Uint32Array, isBefore: (slot: number) => boolean): number {
  let low = 0;
  let high = slots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(slots[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Twice as long at least, so that growing one by one costs little. */
function enlarged(ranks: Uint32Array, slot: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(slot + 1, ranks.length * 2));
  larger.set(ranks);
  return larger;
}

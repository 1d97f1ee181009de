/** Keeps those that come first of all that were offered: by value, then by rank; the greatest first when `direction` is -1. */
export class NearestSlots {
  readonly #limit: number;
  readonly #direction: 1 | -1;
  /** A heap: the farthest of those that are kept stands at the top. */
  readonly #slots: Uint32Array;
  readonly #values: Float64Array;
  readonly #ranks: Float64Array;
  #size = 0;

  constructor(limit: number, direction: 1 | -1) {
    this.#limit = limit;
    this.#direction = direction;
    this.#slots = new Uint32Array(limit);
    this.#values = new Float64Array(limit);
    this.#ranks = new Float64Array(limit);
  }

  offer(slot: number, value: number, rank: number): void {
    if (this.#size < this.#limit) this.#rise(this.#size++, slot, value, rank);
    else if (this.#limit > 0 && this.#isFarther(this.#values[0]!, this.#ranks[0]!, value, rank)) {
      this.#sink(slot, value, rank);
    }
  }

  inOrder(): number[] {
    const places = Array.from({ length: this.#size }, (_, place) => place);
    const [values, ranks] = [this.#values, this.#ranks];
    places.sort((a, b) => (this.#isFarther(values[a]!, ranks[a]!, values[b]!, ranks[b]!) ? 1 : -1));
    return places.map((place) => this.#slots[place]!);
  }

  #isFarther(value: number, rank: number, otherValue: number, otherRank: number): boolean {
    if (value !== otherValue) return value > otherValue === this.#direction > 0;
    return rank > otherRank === this.#direction > 0;
  }

  #rise(from: number, slot: number, value: number, rank: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      if (!this.#isFarther(value, rank, this.#values[above]!, this.#ranks[above]!)) break;
      this.#move(above, at);
      at = above;
    }
    this.#put(at, slot, value, rank);
  }

  /** In place of the farthest. */
  #sink(slot: number, value: number, rank: number): void {
    const [values, ranks, size] = [this.#values, this.#ranks, this.#size];
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= size) break;
      const other = below + 1;
      if (other < size && this.#isFarther(values[other]!, ranks[other]!, values[below]!, ranks[below]!)) below = other;
      if (!this.#isFarther(values[below]!, ranks[below]!, value, rank)) break;
      this.#move(below, at);
      at = below;
    }
    this.#put(at, slot, value, rank);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#slots[from]!, this.#values[from]!, this.#ranks[from]!);
  }

  #put(at: number, slot: number, value: number, rank: number): void {
    this.#slots[at] = slot;
    this.#values[at] = value;
    this.#ranks[at] = rank;
  }
}

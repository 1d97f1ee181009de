/** Values under small numbers, each for as long as somebody uses it: a column of numbers instead of one of words. */
export class Interned<Value> {
  readonly #numbers = new Map<string, number>();
  readonly #entries: { name: string; value: Value; uses: number }[] = [];
  readonly #free: number[] = [];

  /** `name` tells equal values from others. To be given back as often as it was taken. */
  take(name: string, value: Value): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) {
      this.#entries[known]!.uses++;
      return known;
    }
    const number = this.#free.pop() ?? this.#entries.length;
    this.#entries[number] = { name, value, uses: 1 };
    this.#numbers.set(name, number);
    return number;
  }

  giveBack(number: number): void {
    const entry = this.#entries[number]!;
    if (--entry.uses > 0) return;
    this.#numbers.delete(entry.name);
    this.#free.push(number);
  }

  /** By number: 1 for the values that pass. */
  select(passes: (value: Value) => boolean): Uint8Array {
    const selected = new Uint8Array(this.#entries.length);
    for (const [number, { value, uses }] of this.#entries.entries())
      if (uses > 0 && passes(value)) selected[number] = 1;
    return selected;
  }
}

/** Gives out names that nobody has: "team", "team 2", "team 3". */
export class KeyNames {
  readonly #taken: Set<string>;
  readonly #last = new Map<string, number>();

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  take(wanted: string): string {
    let name = wanted;
    for (let number = this.#last.get(wanted) ?? 2; this.#taken.has(name); number++) {
      name = `${wanted.slice(0, 90)} ${number}`;
      this.#last.set(wanted, number + 1);
    }
    this.#taken.add(name);
    return name;
  }
}

import type { Store } from "./types.ts";

/** How many rows are read before other work gets its turn: about 3 ms. */
const SLICE = 250;

/** The ids of the provider keys that were written since somebody last looked, for whoever keeps something made from their rows. */
export class WrittenKeys {
  readonly stop: () => void;
  #ids = new Set<string>();

  constructor(store: Pick<Store, "onKeysWritten">) {
    this.stop = store.onKeysWritten((ids) => {
      for (const id of ids) this.#ids.add(id);
    });
  }

  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  /**
   * Hands over what was written, slice by slice, until there is no more: what the caller reads in the same turn afterwards is of one
   * state with it. After a failure what was not handed over comes again.
   */
  async read<Row>(
    load: (ids: readonly string[]) => Promise<readonly Row[]>,
    take: (ids: readonly string[], found: readonly Row[]) => void,
  ): Promise<void> {
    while (this.#ids.size > 0) {
      const ids = this.#ids.values().take(SLICE).toArray();
      for (const id of ids) this.#ids.delete(id);
      try {
        take(ids, await load(ids));
      } catch (error) {
        for (const id of ids) this.#ids.add(id);
        throw error;
      }
      if (this.#ids.size > 0) await Bun.sleep(0);
    }
  }
}

/** What is in a bag carries its place there: the bag's to read and to write. */
export interface Bagged {
  place: number;
}

/**
 * Things that come and go, in no order. Not a Set: one from which entries come and go is copied every hundred changes or so, in
 * JavaScriptCore an old copy refers to the new one, and one that the collector of young objects takes for alive then keeps everything that
 * has been in them since, until the next full collection: thousands of requests that are over.
 */
export class Bag<Item extends Bagged> {
  #items: Item[] = [];

  /** To be looked at, not to be kept: the next removal moves them about. */
  get items(): readonly Item[] {
    return this.#items;
  }

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): void {
    item.place = this.#items.push(item) - 1;
  }

  /** The last one takes its place. Nothing happens when it is not there. */
  remove(item: Item): void {
    const items = this.#items;
    const { place } = item;
    if (items[place] !== item) return;
    const last = items.pop()!;
    if (last === item) return;
    items[place] = last;
    last.place = place;
  }

  /** Takes all of them out. */
  empty(): readonly Item[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }
}

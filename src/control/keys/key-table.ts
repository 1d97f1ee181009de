import { SlotOrder } from "../../lib/slot-order.ts";
import type { ProviderKeyRow, Store } from "../../store/types.ts";
import { WrittenKeys } from "../../store/written-keys.ts";
import { KeyColumns, type KeyWitnesses } from "./key-columns.ts";
import { SearchText } from "./search-text.ts";

/** How many rows are read before other work gets its turn: about 5 ms. */
const SLICE = 500;

/**
 * The provider keys as lists go through them, kept up with what is written and what is observed. A key has a slot for as long as it is
 * there; rows, columns and orders speak of slots. Rows are read once, and again when they are written; of what is observed, what was
 * touched since the last look is looked at when somebody asks (`current`).
 */
export class KeyTable {
  readonly columns = new KeyColumns();
  readonly byId = new SlotOrder((left, right) => this.#compareIds(left, right));
  /** As people read names: upper and lower case are one; equal names by id. */
  readonly byName = new SlotOrder((left, right) => this.#compareNames(left, right));
  readonly text = new SearchText((slot) => this.wordsOf(slot));
  readonly #store: Store;
  readonly #witnesses: KeyWitnesses;
  readonly #written: WrittenKeys;
  readonly #rows = new Map<string, ProviderKeyRow>();
  readonly #slots = new Map<string, number>();
  readonly #rowAt: (ProviderKeyRow | undefined)[] = [];
  readonly #sortNames: string[] = [];
  /** Grows when slots are given to other keys. */
  generation = 0;
  /** How far the first reading has come. */
  #lastRead = "";
  #isRead = false;
  #reading: Promise<void> | null = null;

  constructor(store: Store, witnesses: KeyWitnesses) {
    this.#store = store;
    this.#witnesses = witnesses;
    this.#written = new WrittenKeys(store);
  }

  /** Itself, as the store is now. */
  async current(): Promise<this> {
    while (!this.#isRead || !this.#written.isEmpty) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = null;
      });
      await this.#reading;
    }
    return this;
  }

  get rows(): ReadonlyMap<string, ProviderKeyRow> {
    return this.#rows;
  }

  slotOf(id: string): number | undefined {
    return this.#slots.get(id);
  }

  rowAt(slot: number): ProviderKeyRow {
    return this.#rowAt[slot]!;
  }

  sortNameAt(slot: number): string {
    return this.#sortNames[slot]!;
  }

  /** All that a search looks at, in lower case. */
  wordsOf(slot: number): string {
    const row = this.#rowAt[slot];
    if (row === undefined) return "";
    const { name, secretPreview, fingerprint, memo, tags } = row;
    return [name, secretPreview, fingerprint, memo ?? "", ...tags].join("\n").toLowerCase();
  }

  /** The columns, with what has been observed until now. In the same turn they are exact. */
  observed(): KeyColumns {
    for (const touched of this.#takeTouched()) {
      for (const id of touched) {
        const slot = this.#slots.get(id);
        if (slot !== undefined) this.columns.observe(slot, this.rowAt(slot), this.#witnesses);
      }
    }
    return this.columns;
  }

  close(): void {
    this.#written.stop();
  }

  #takeTouched(): readonly ReadonlySet<string>[] {
    return [this.#witnesses.pool.touched.take(), this.#witnesses.balances.touched.take()];
  }

  async #read(): Promise<void> {
    // Before the first key is looked at: what is touched afterwards is noted.
    if (!this.#isRead) this.#takeTouched();
    while (!this.#isRead) {
      const found = await this.#store.providerKeys.listAfter(this.#lastRead, SLICE);
      this.#change([], found);
      this.#lastRead = found.at(-1)?.id ?? this.#lastRead;
      this.#isRead = found.length < SLICE;
      if (!this.#isRead) await Bun.sleep(0);
    }
    await this.#written.read(
      (ids) => this.#store.providerKeys.listSome(ids),
      (ids, found) => this.#change(ids, found),
    );
  }

  /** `ids`: what may have changed; `found`: those of them that are there, as they are now. */
  #change(ids: readonly string[], found: readonly ProviderKeyRow[]): void {
    const present = new Set(found.map(({ id }) => id));
    const gone = ids.filter((id) => !present.has(id)).flatMap((id) => this.#slots.get(id) ?? []);
    const added: number[] = [];
    const renamed: number[] = [];
    for (const row of found) {
      const known = this.#slots.get(row.id);
      if (known === undefined) added.push(this.#add(row));
      else if (this.#put(known, row)) renamed.push(known);
    }
    this.byId.change(gone, added);
    this.byName.change([...gone, ...renamed], [...added, ...renamed]);
    for (const slot of gone) this.#remove(slot);
    if (gone.length > 0 || added.length > 0) this.generation++;
  }

  #add(row: ProviderKeyRow): number {
    const slot = this.columns.take();
    this.#slots.set(row.id, slot);
    this.#put(slot, row);
    return slot;
  }

  /** True when it has another name to be sorted by. */
  #put(slot: number, row: ProviderKeyRow): boolean {
    const before = this.#sortNames[slot];
    this.#rows.set(row.id, row);
    this.#rowAt[slot] = row;
    this.#sortNames[slot] = row.name.toLowerCase();
    this.columns.setRow(slot, row);
    this.columns.observe(slot, row, this.#witnesses);
    this.text.forget(slot);
    return this.#sortNames[slot] !== before;
  }

  #remove(slot: number): void {
    const { id } = this.rowAt(slot);
    this.#rows.delete(id);
    this.#slots.delete(id);
    this.#rowAt[slot] = undefined;
    this.#sortNames[slot] = "";
    this.columns.free(slot);
    this.text.forget(slot);
  }

  #compareIds(left: number, right: number): number {
    return compareTexts(this.rowAt(left).id, this.rowAt(right).id);
  }

  #compareNames(left: number, right: number): number {
    return compareTexts(this.sortNameAt(left), this.sortNameAt(right)) || this.#compareIds(left, right);
  }
}

function compareTexts(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

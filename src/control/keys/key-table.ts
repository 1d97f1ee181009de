import { type Compare, changeSorted } from "../../lib/sorted.ts";
import type { ProviderKeyRow, Store } from "../../store/types.ts";
import { WrittenKeys } from "../../store/written-keys.ts";

/** How many rows are read before other work gets its turn: about 5 ms. */
const SLICE = 500;

/** What a list sorts by and that moves only with a write. */
export type KeptOrder = "id" | "name" | "priority" | "createdAt";

/** A row with what lists compare, made once. */
export class ListedKey {
  readonly id: string;
  /** As lists sort it. */
  readonly sortName: string;
  #text: string | null = null;

  constructor(readonly row: ProviderKeyRow) {
    this.id = row.id;
    this.sortName = row.name.toLowerCase();
  }

  /** All that a search looks at, in lower case. */
  get text(): string {
    this.#text ??= textOf(this.row);
    return this.#text;
  }
}

/** The provider keys' rows and the orders in which lists show them, kept up with what is written. */
export class KeyTable {
  readonly #store: Store;
  readonly #written: WrittenKeys;
  readonly #rows = new Map<string, ProviderKeyRow>();
  readonly #listed = new Map<string, ListedKey>();
  /** Those that somebody has asked for. */
  readonly #orders = new Map<KeptOrder, readonly ListedKey[]>();
  /** How far the first reading has come. */
  #lastRead = "";
  #isRead = false;
  #reading: Promise<void> | null = null;

  constructor(store: Store) {
    this.#store = store;
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

  get(id: string): ListedKey | undefined {
    return this.#listed.get(id);
  }

  /** Ascending; equal ones by id. */
  inOrder(order: KeptOrder): readonly ListedKey[] {
    let sorted = this.#orders.get(order);
    if (sorted === undefined) {
      sorted = [...this.#listed.values()].sort(COMPARE[order]);
      this.#orders.set(order, sorted);
    }
    return sorted;
  }

  close(): void {
    this.#written.stop();
  }

  async #read(): Promise<void> {
    while (!this.#isRead) {
      const found = await this.#store.providerKeys.listAfter(this.#lastRead, SLICE);
      for (const row of found) this.#put(row);
      this.#lastRead = found.at(-1)?.id ?? this.#lastRead;
      this.#isRead = found.length < SLICE;
      if (!this.#isRead) await Bun.sleep(0);
    }
    await this.#written.read(
      (ids) => this.#store.providerKeys.listSome(ids),
      (ids, found) => this.#change(ids, found),
    );
  }

  #put(row: ProviderKeyRow): ListedKey {
    const listed = new ListedKey(row);
    this.#rows.set(row.id, row);
    this.#listed.set(row.id, listed);
    return listed;
  }

  #change(ids: readonly string[], found: readonly ProviderKeyRow[]): void {
    const gone = ids.flatMap((id) => this.#listed.get(id) ?? []);
    const added = found.map((row) => this.#put(row));
    const present = new Set(found.map(({ id }) => id));
    for (const { id } of gone) {
      if (present.has(id)) continue;
      this.#rows.delete(id);
      this.#listed.delete(id);
    }
    for (const [order, sorted] of this.#orders) {
      this.#orders.set(order, changeSorted(sorted, gone, added, COMPARE[order]));
    }
  }
}

const COMPARE: Readonly<Record<KeptOrder, Compare<ListedKey>>> = {
  id: compareIds,
  name: (left, right) =>
    left.sortName === right.sortName ? compareIds(left, right) : left.sortName < right.sortName ? -1 : 1,
  priority: (left, right) => left.row.priority - right.row.priority || compareIds(left, right),
  createdAt: (left, right) => left.row.createdAt - right.row.createdAt || compareIds(left, right),
};

function compareIds(left: ListedKey, right: ListedKey): number {
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}

function textOf({ name, secretPreview, fingerprint, memo, tags }: ProviderKeyRow): string {
  return [name, secretPreview, fingerprint, memo ?? "", ...tags].join("\n").toLowerCase();
}

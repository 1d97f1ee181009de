import type { ClientKeyRow, ModelRow, ProviderKeyRow, ProviderRow, Store } from "../store/types.ts";
import type { ControlDeps } from "./deps.ts";
import type { KeyBalances } from "./keys/key-balances.ts";
import { KeyTable } from "./keys/key-table.ts";

const CLIENT_KEYS_KEPT_MS = 500;

type ById<Row> = ReadonlyMap<string, Row>;

/**
 * The configuration's rows as people see them (names, memos, tags), read once and kept until something is written; of the
 * provider keys only those are read again that were written. A page over 100,000 keys must not make the thread that carries the
 * streams read 100,000 rows each time.
 */
export class ConfigRows {
  readonly #store: Store;
  readonly #stops: (() => void)[];
  readonly #keyTable: KeyTable;
  #providers: Promise<ById<ProviderRow>> | null = null;
  #models: Promise<ById<ModelRow>> | null = null;
  #lastNames: Promise<ReadonlyMap<string, string>> | null = null;
  #clientKeys: { readonly readAtMs: number; readonly rows: Promise<ById<ClientKeyRow>> } | null = null;

  constructor({ store, events, pool }: Pick<ControlDeps, "store" | "events" | "pool">, balances: KeyBalances) {
    this.#store = store;
    this.#keyTable = new KeyTable(store, { pool, balances });
    this.#stops = [
      events.on("config", () => this.#forget()),
      // The keys of a new provider are seen at once: it must be, too.
      store.onKeysWritten(() => {
        this.#providers = null;
      }),
    ];
  }

  providers(): Promise<ById<ProviderRow>> {
    this.#providers ??= this.#load(this.#store.providers);
    return this.#providers;
  }

  async providerKeys(): Promise<ById<ProviderKeyRow>> {
    return (await this.#keyTable.current()).rows;
  }

  /** The same, prepared for lists. */
  keyTable(): Promise<KeyTable> {
    return this.#keyTable.current();
  }

  models(): Promise<ById<ModelRow>> {
    this.#models ??= this.#load(this.#store.models);
    return this.#models;
  }

  /** Kept for a moment only: `lastUsedAt` moves without a configuration change. */
  clientKeys(): Promise<ById<ClientKeyRow>> {
    const nowMs = performance.now();
    if (this.#clientKeys === null || nowMs - this.#clientKeys.readAtMs > CLIENT_KEYS_KEPT_MS) {
      this.#clientKeys = { readAtMs: nowMs, rows: this.#load(this.#store.clientKeys) };
    }
    return this.#clientKeys.rows;
  }

  /** What something that has been deleted was called; its id, when nobody knows any more. */
  async lastName(id: string): Promise<string> {
    return (await this.lastNames()).get(id) ?? id;
  }

  async lastNames(): Promise<ReadonlyMap<string, string>> {
    this.#lastNames ??= this.#store.history.lastNames();
    const names = await this.#lastNames.catch(() => null);
    if (names === null) this.#lastNames = null; // A failed read is not remembered.
    return names ?? new Map();
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#keyTable.close();
    this.#forget();
  }

  #forget(): void {
    this.#providers = null;
    this.#models = null;
    this.#clientKeys = null;
    this.#lastNames = null;
  }

  async #load<Row extends { readonly id: string }>(noun: { list(): Promise<Row[]> }): Promise<ById<Row>> {
    try {
      return new Map((await noun.list()).map((row) => [row.id, row]));
    } catch (error) {
      this.#forget(); // A failed read is not remembered.
      throw error;
    }
  }
}

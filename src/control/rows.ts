import type { Events } from "../events.ts";
import type { ClientKeyRow, ModelRow, ProviderKeyRow, ProviderRow, Store } from "../store/types.ts";

const CLIENT_KEYS_KEPT_MS = 500;

type ById<Row> = ReadonlyMap<string, Row>;

/**
 * The configuration's rows as people see them (names, memos, tags), read once and kept until something is written. A page
 * over 10,000 keys must not make the thread that carries the streams read 10,000 rows each time.
 */
export class ConfigRows {
  readonly #store: Store;
  readonly #stop: () => void;
  #providers: Promise<ById<ProviderRow>> | null = null;
  #providerKeys: Promise<ById<ProviderKeyRow>> | null = null;
  #models: Promise<ById<ModelRow>> | null = null;
  #clientKeys: { readonly readAtMs: number; readonly rows: Promise<ById<ClientKeyRow>> } | null = null;

  constructor(store: Store, events: Events) {
    this.#store = store;
    this.#stop = events.on("config", () => this.#forget());
  }

  providers(): Promise<ById<ProviderRow>> {
    this.#providers ??= this.#load(this.#store.providers);
    return this.#providers;
  }

  providerKeys(): Promise<ById<ProviderKeyRow>> {
    this.#providerKeys ??= this.#load(this.#store.providerKeys);
    return this.#providerKeys;
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

  close(): void {
    this.#stop();
    this.#forget();
  }

  #forget(): void {
    this.#providers = null;
    this.#providerKeys = null;
    this.#models = null;
    this.#clientKeys = null;
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

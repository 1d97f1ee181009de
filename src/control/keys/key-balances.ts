import { Touched } from "../../lib/touched.ts";
import type { RequestRecord } from "../../record.ts";
import type { KeyBalanceRow } from "../../store/types.ts";
import type { ControlDeps } from "../deps.ts";

/** What requests burn of a person's figure is written down together. */
const WRITE_AFTER_MS = 5000;

/**
 * What is known of the keys' money, in memory for the table's sake. A figure that a person gave is burned down by what each settled
 * request cost; a vendor's own stays as it was answered.
 */
export class KeyBalances {
  readonly #deps: Pick<ControlDeps, "store" | "events" | "now">;
  readonly #stop: () => void;
  #rows: Map<string, KeyBalanceRow> = new Map();
  readonly #burned = new Set<string>();
  readonly touched = new Touched();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(deps: Pick<ControlDeps, "store" | "events" | "now">) {
    this.#deps = deps;
    this.#stop = deps.events.on("requestSettled", (record) => this.#burn(record));
  }

  async load(): Promise<void> {
    this.#rows = new Map((await this.#deps.store.keyBalances.all()).map((row) => [row.keyId, row]));
  }

  get(keyId: string): KeyBalanceRow | null {
    return this.#rows.get(keyId) ?? null;
  }

  /** What a vendor answered or a person said. Watchers hear of it when it is another figure. */
  async put(rows: readonly KeyBalanceRow[]): Promise<void> {
    await this.#deps.store.keyBalances.put(rows);
    const atMs = this.#deps.now();
    for (const row of rows) {
      const before = this.#rows.get(row.keyId);
      this.#rows.set(row.keyId, row);
      this.touched.note(row.keyId);
      this.#burned.delete(row.keyId);
      if (before?.remaining === row.remaining && before.total === row.total) continue;
      this.#deps.events.emit("keyNews", { kind: "balance_changed", keyId: row.keyId, atMs });
    }
  }

  async clear(keyId: string): Promise<void> {
    await this.#deps.store.keyBalances.delete(keyId);
    if (this.#rows.delete(keyId)) {
      this.touched.note(keyId);
      this.#deps.events.emit("keyNews", { kind: "balance_changed", keyId, atMs: this.#deps.now() });
    }
  }

  /** Writes what has been burned since the last time. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const rows = [...this.#burned].flatMap((id) => this.#rows.get(id) ?? []);
    this.#burned.clear();
    await this.#deps.store.keyBalances.put(rows);
  }

  close(): void {
    this.#stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #burn({ keyId, costNanoUsd }: RequestRecord): void {
    const row = keyId === null ? undefined : this.#rows.get(keyId);
    if (row?.source !== "manual" || row.remaining === null || !costNanoUsd) return;
    this.#rows.set(row.keyId, { ...row, remaining: row.remaining - costNanoUsd });
    this.#burned.add(row.keyId);
    this.touched.note(row.keyId);
    this.#timer ??= setTimeout(() => void this.flush().catch(() => {}), WRITE_AFTER_MS);
  }
}

import type { KeyHealthChange } from "../events.ts";
import type { StateChanges } from "./state-file.ts";
import type { KeyStateRow, KeyUseRow } from "./types.ts";

/** More changes than this between two saves are a storm, and the oldest say least. */
const MAX_CHANGES = 5000;

/** Observed key state that waits for the writer: the latest per key and model, so it is bounded by the number of keys. */
export class PendingStates {
  #states = new Map<string, KeyStateRow>();
  #uses = new Map<string, KeyUseRow>();
  #clientUses = new Map<string, number>();
  #forget = new Set<string>();
  #changes: KeyHealthChange[] = [];

  get isEmpty(): boolean {
    const waiting = this.#states.size + this.#uses.size + this.#clientUses.size + this.#forget.size;
    return waiting + this.#changes.length === 0;
  }

  save(states: readonly KeyStateRow[], uses: readonly KeyUseRow[], changes: readonly KeyHealthChange[]): void {
    for (const row of states) this.#states.set(`${row.keyId} ${row.model}`, row);
    for (const row of uses) this.#uses.set(row.keyId, row);
    this.#changes.push(...changes);
    if (this.#changes.length > MAX_CHANGES) this.#changes = this.#changes.slice(-MAX_CHANGES);
  }

  touchClients(lastUsed: ReadonlyMap<string, number>): void {
    for (const [id, at] of lastUsed) this.#clientUses.set(id, at);
  }

  forget(keyIds: readonly string[]): void {
    for (const id of keyIds) this.#forget.add(id);
  }

  take(): StateChanges {
    const taken = {
      states: [...this.#states.values()],
      uses: [...this.#uses.values()],
      changes: this.#changes,
      clientUses: [...this.#clientUses],
      forget: [...this.#forget],
    };
    this.#states = new Map();
    this.#uses = new Map();
    this.#clientUses = new Map();
    this.#forget = new Set();
    this.#changes = [];
    return taken;
  }
}

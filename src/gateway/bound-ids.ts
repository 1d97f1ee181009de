/**
 * Remembers which key made an id that only this key can use again (responses, conversations, containers, files, cached
 * contents). Bounded: the oldest are forgotten first.
 */
export interface KeyBinding {
  readonly providerId: string;
  readonly keyId: string;
}

const CAPACITY = 50_000;

export class BoundIds {
  readonly #bindings = new Map<string, KeyBinding>();

  get size(): number {
    return this.#bindings.size;
  }

  remember(ids: readonly string[], binding: KeyBinding): void {
    for (const id of ids) {
      this.#bindings.delete(id);
      this.#bindings.set(id, binding);
    }
    while (this.#bindings.size > CAPACITY) {
      const oldest = this.#bindings.keys().next().value;
      if (oldest === undefined) return;
      this.#bindings.delete(oldest);
    }
  }

  find(id: string): KeyBinding | null {
    return this.#bindings.get(id) ?? null;
  }
}

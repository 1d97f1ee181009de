import { type Accessor, createSignal } from "solid-js";

export interface Choice {
  /** The chosen rows, as far as they are loaded. */
  readonly ids: Accessor<ReadonlySet<string>>;
  /** Everything that the filter matches, loaded or not. */
  readonly isEverything: Accessor<boolean>;
  choose(ids: readonly string[], chosen: boolean): void;
  chooseEverything(): void;
  clear(): void;
}

/** Which rows an action on several is meant for. */
export function createChoice(): Choice {
  const [ids, setIds] = createSignal<ReadonlySet<string>>(new Set());
  const [isEverything, setEverything] = createSignal(false);
  return {
    ids,
    isEverything,
    choose(changed, chosen) {
      const next = new Set(ids());
      for (const id of changed) chosen ? next.add(id) : next.delete(id);
      setIds(next);
      // Everything but one is not everything.
      if (!chosen) setEverything(false);
    },
    chooseEverything: () => setEverything(true),
    clear() {
      setIds(new Set<string>());
      setEverything(false);
    },
  };
}

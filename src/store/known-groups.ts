import type { Database } from "bun:sqlite";
import type { UsageGroup } from "./usage-group.ts";

/** The groups in usage.db by number, as the reader knows them: the writer adds some, and never changes one. */
export class KnownGroups {
  readonly #groups = new Map<number, UsageGroup>();
  #last = 0;

  constructor(private readonly usage: Database) {}

  /** Reads what was added since the last call. */
  all(): ReadonlyMap<number, UsageGroup> {
    const added = this.usage
      .query<{ id: number; value: string }, [number]>("SELECT id, value FROM usage_group WHERE id > ?")
      .all(this.#last);
    for (const { id, value } of added) {
      this.#groups.set(id, JSON.parse(value));
      this.#last = Math.max(this.#last, id);
    }
    return this.#groups;
  }
}

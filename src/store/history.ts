import type { ConfigNoun, ConfigRevision, ObjectChange } from "./config-changes.ts";
import type { ConfigDatabase } from "./config-database.ts";
import {
  configVersion,
  expireRevisions,
  type HistoryPage,
  type HistoryQuery,
  lastRemoval,
  readLastNames,
  readObjectChanges,
  readRevision,
  readRevisions,
  removedSince,
  rowChangesSince,
} from "./config-history.ts";
import { raiseSettingsVersion } from "./settings.ts";

export type Reverted =
  /** What was changed by it: nothing when nothing had changed since. */
  | { readonly kind: "ok"; readonly version: number; readonly changes: readonly ObjectChange[] }
  | { readonly kind: "stale"; readonly version: number }
  /** There was no such version, or the history does not reach back to it. */
  | { readonly kind: "unknown" };

export interface Restored {
  readonly restored: readonly ObjectChange[];
  /** There again, or with a name that another has now. */
  readonly conflicting: readonly ObjectChange[];
}

export interface ConfigHistory {
  /** Of the configuration as a whole: 0 before its first change. */
  version(): Promise<number>;
  page(query: HistoryQuery): Promise<HistoryPage>;
  get(version: number): Promise<ConfigRevision | null>;
  changes(version: number, limit: number): Promise<ObjectChange[]>;
  /** What objects were called last, by id: also those that are no more, as far as the history reaches. */
  lastNames(): Promise<ReadonlyMap<string, string>>;
  /** Makes the configuration what it was at `version`, as a new revision. Deleted keys come back with their secrets. */
  revert(version: number, expectedVersion?: number): Promise<Reverted>;
  /** The revision that removed this object last. */
  removalOf(noun: ConfigNoun, id: string): Promise<ConfigRevision | null>;
  /** The ids of a noun's objects that were removed at this time or later; some may be back. */
  removedSince(noun: ConfigNoun, sinceMs: number): Promise<string[]>;
  /** Brings back what one version removed of these nouns, and nothing else of that time. */
  restore(version: number, nouns: readonly ConfigNoun[]): Promise<Restored>;
  expire(beforeMs: number): Promise<void>;
}

/** `onKeysDeleted` hears of the provider keys that a revert took away. */
export function openHistory(database: ConfigDatabase, onKeysDeleted: (ids: readonly string[]) => void): ConfigHistory {
  return {
    async version() {
      return database.read(configVersion);
    },
    async page(query) {
      return database.read((queries) => readRevisions(queries, query));
    },
    async get(version) {
      return database.read((queries) => readRevision(queries, version));
    },
    async changes(version, limit) {
      return database.read((queries) => readObjectChanges(queries, version, limit));
    },
    async lastNames() {
      return database.read(readLastNames);
    },
    async revert(version, expectedVersion) {
      let before = 0;
      let refusal: Reverted | null = null;
      await database.undo((queries) => {
        before = configVersion(queries);
        if (expectedVersion !== undefined && expectedVersion !== before) {
          refusal = { kind: "stale", version: before };
          return null;
        }
        const changes = version > before ? null : rowChangesSince(queries, version);
        if (changes === null) refusal = { kind: "unknown" };
        else if (changes.some(({ table }) => table === "setting")) raiseSettingsVersion(queries);
        return changes;
      });
      if (refusal !== null) return refusal;
      return database.read((queries) => {
        const after = configVersion(queries);
        const changes = after > before ? readObjectChanges(queries, after, Number.MAX_SAFE_INTEGER) : [];
        const keys = changes.filter(({ noun, kind }) => noun === "providerKey" && kind === "remove");
        if (keys.length > 0) onKeysDeleted(keys.map(({ objectId }) => objectId));
        return { kind: "ok", version: after, changes };
      });
    },
    async removalOf(noun, id) {
      return database.read((queries) => lastRemoval(queries, noun, id));
    },
    async removedSince(noun, sinceMs) {
      return database.read((queries) => removedSince(queries, noun, sinceMs));
    },
    async restore(version, nouns) {
      let removed: ObjectChange[] = [];
      const away = await database.restore((queries) => {
        const changes = readObjectChanges(queries, version, Number.MAX_SAFE_INTEGER);
        removed = changes.filter(({ noun, kind }) => kind === "remove" && nouns.includes(noun));
        return removed;
      });
      const isBack = ({ objectId }: ObjectChange) => !away.includes(objectId);
      return { restored: removed.filter(isBack), conflicting: removed.filter((change) => !isBack(change)) };
    },
    expire(beforeMs) {
      return database.write((queries) => expireRevisions(queries, beforeMs));
    },
  };
}

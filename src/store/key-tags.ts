import type { Database } from "bun:sqlite";
import { LAST_ITEMS } from "./config-history.ts";
import { openForReading } from "./day-reader.ts";

/** Whose tags: those of a dimension of the roll-ups. */
export type TaggedDimension = "client" | "key";
/** The tags of a key; none for one that nobody knows. */
export type TagsOf = (of: TaggedDimension, keyId: string) => readonly string[];

const NO_TAGS: readonly string[] = [];

/**
 * The tags that keys have now or, once they are deleted, had at last, as far as the newest changes of the configuration tell. Read
 * from the configuration where reports are made, when a report asks for them: 100,000 keys' tags need not cross between threads.
 */
export class KeyTags {
  #database: Database | null = null;
  readonly #nouns = {
    client: new NounTags("client_key", "clientKey"),
    key: new NounTags("provider_key", "providerKey"),
  };

  constructor(private readonly path: string) {}

  /** For one question: all that it asks for is of the same moment, that of its first look. */
  forQuestion(): TagsOf {
    const fresh = new Set<TaggedDimension>();
    return (of, keyId) => {
      if (!fresh.has(of)) {
        this.#database ??= openForReading(this.path);
        this.#nouns[of].refresh(this.#database);
        fresh.add(of);
      }
      return this.#nouns[of].of(keyId);
    };
  }

  close(): void {
    this.#database?.close();
  }
}

class NounTags {
  #version = -1;
  #present: ReadonlyMap<string, readonly string[]> = new Map();
  readonly #gone = new Map<string, readonly string[]>();

  constructor(
    private readonly table: string,
    private readonly noun: string,
  ) {}

  of(keyId: string): readonly string[] {
    return this.#present.get(keyId) ?? this.#gone.get(keyId) ?? NO_TAGS;
  }

  /** Every write of a tag raises the configuration's version. */
  refresh(database: Database): void {
    database.transaction(() => {
      const version = database
        .query<{ version: number }, []>("SELECT coalesce(max(version), 0) AS version FROM config_revision")
        .get()!.version;
      if (version === this.#version) return;
      this.#readPresent(database);
      this.#readGone(database);
      this.#version = version;
    })();
  }

  #readPresent(database: Database): void {
    const rows = database.query<TaggedRow, []>(`SELECT id, tags FROM ${this.table}`).all();
    this.#present = readTags(rows);
  }

  #readGone(database: Database): void {
    const removed = database
      .query<TaggedRow, [number, number, string]>(
        `SELECT object_id AS id, json_extract(rows, '$[0].before.tags') AS tags FROM config_revision_item
         WHERE version > max(?, coalesce((SELECT version FROM config_revision_item ORDER BY version DESC LIMIT 1 OFFSET ?), 0))
           AND noun = ? AND kind = 'remove' ORDER BY version`,
      )
      .all(this.#version, LAST_ITEMS, this.noun);
    for (const [id, tags] of readTags(removed)) this.#gone.set(id, tags);
  }
}

interface TaggedRow {
  readonly id: string;
  /** JSON; null: of before there were any. */
  readonly tags: string | null;
}

/** Equal lists are one: most keys share theirs with others. */
function readTags(rows: readonly TaggedRow[]): Map<string, readonly string[]> {
  const lists = new Map<string | null, readonly string[]>([[null, NO_TAGS]]);
  return new Map(
    rows.map(({ id, tags }) => {
      const list = lists.get(tags) ?? (JSON.parse(tags!) as readonly string[]);
      lists.set(tags, list);
      return [id, list];
    }),
  );
}

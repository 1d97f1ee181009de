import { Database } from "bun:sqlite";
import { isSealed, type Seal } from "../lib/seal.ts";
import { makePrivate } from "./data-directory.ts";
import { openSynced } from "./new-file.ts";
import { openSchema, schemaVersion } from "./open-schema.ts";
import type { ResponseChanges } from "./pending-responses.ts";
import { setPragmas } from "./pragmas.ts";
import { contentPlace, sealContent } from "./response-content.ts";

const RESPONSE_VERSION = 3;
/** As 3, but rows of version 1 are among the others, compressed and not sealed. */
const MIXED_VERSION = 2;
const UNSEALED_VERSION = 1;

const SCHEMA = `
  CREATE TABLE response (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, root TEXT NOT NULL, previous_id TEXT,
    created_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, content BLOB NOT NULL
  );
  CREATE INDEX response_root ON response (root, created_ms, bytes);
  CREATE INDEX response_owner ON response (owner, root);
`;

export interface ResponseRetention {
  /** The client keys that there are: what others had goes. */
  readonly owners: readonly string[];
  readonly beforeMs: number;
  readonly maxBytes: number;
}

/** Responses kept for their clients (responses.db), as the writer sees them. */
export class ResponseFile {
  readonly #database: Database;

  constructor(
    path: string,
    private readonly seal: Seal,
  ) {
    this.#database = new Database(path, { create: true, readwrite: true });
    makePrivate(path);
    const pragmas = [
      ["busy_timeout", 200], // the lane tries again
      ["auto_vacuum", 2], // incremental; only before the first page is made
      ["journal_mode", "wal"],
      ["secure_delete", 1], // what a client deletes is gone from the file, too
    ] as const;
    openSynced(this.#database, path, 1, () => {
      setPragmas(this.#database, pragmas, path);
      if (schemaVersion(this.#database) === UNSEALED_VERSION) this.#adopt();
      if (!this.hasUnsealed()) openSchema(this.#database, path, RESPONSE_VERSION, SCHEMA);
    });
  }

  /** Are there, perhaps, rows of an older program? */
  hasUnsealed(): boolean {
    return schemaVersion(this.#database) === MIXED_VERSION;
  }

  /** Seals what an older program left in clear among so many rows after this one. Returns where to go on; null when all is sealed. */
  sealOld(afterRow: number, count: number): number | null {
    const rows = this.#database
      .query<{ row: number; id: string; owner: string; content: Uint8Array }, [number, number]>(
        "SELECT row, id, owner, content FROM response WHERE row > ? ORDER BY row LIMIT ?",
      )
      .all(afterRow, count);
    this.#database
      .transaction(() => {
        for (const { row, content, ...place } of rows) {
          if (isSealed(content)) continue;
          const sealed = this.seal.seal(content, contentPlace(place));
          this.#database
            .query("UPDATE response SET content = ?, bytes = ? WHERE row = ?")
            .run(sealed, sealed.length, row);
        }
        if (rows.length < count) this.#setVersion(RESPONSE_VERSION);
      })
      .immediate();
    if (rows.length === count) return rows.at(-1)!.row;
    // What stood there in clear is in the old pages of the log, too.
    this.#database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    return null;
  }

  save({ saves, removals }: ResponseChanges): void {
    this.#database
      .transaction(() => {
        const insert = this.#database.query(
          `INSERT OR REPLACE INTO response (id, owner, root, previous_id, created_ms, bytes, content)
             VALUES (?, ?, ?, ?, ?, ?, ?)`,
        );
        for (const save of saves) {
          const { id, owner, root, previousId, createdAtMs } = save;
          const content = sealContent(this.seal, save);
          insert.run(id, owner, root, previousId, createdAtMs, content.length, content);
        }
        for (const id of removals) this.#database.query("DELETE FROM response WHERE id = ?").run(id);
      })
      .immediate();
  }

  /**
   * The roots of the conversations to let go: their client is not among `owners`, nothing was added since `beforeMs`, or all together
   * are larger than `maxBytes`.
   */
  expired({ owners, beforeMs, maxBytes }: ResponseRetention): string[] {
    const orphans = this.#database
      .query<{ root: string }, [string]>(
        "SELECT DISTINCT root FROM response WHERE owner NOT IN (SELECT value FROM json_each(?))",
      )
      .all(JSON.stringify(owners));
    const conversations = this.#database
      .query<{ root: string; last: number; bytes: number }, []>(
        "SELECT root, max(created_ms) AS last, sum(bytes) AS bytes FROM response GROUP BY root ORDER BY last",
      )
      .all();
    let excess = conversations.reduce((sum, { bytes }) => sum + bytes, -maxBytes);
    const roots = new Set(orphans.map(({ root }) => root));
    for (const { root, last, bytes } of conversations) {
      if (last >= beforeMs && excess <= 0) break;
      roots.add(root);
      excess -= bytes;
    }
    return [...roots];
  }

  removeConversations(roots: readonly string[]): void {
    this.#database
      .transaction(() => {
        for (const root of roots) this.#database.query("DELETE FROM response WHERE root = ?").run(root);
      })
      .immediate();
    this.#database.run("PRAGMA incremental_vacuum(1000)");
  }

  close(): void {
    this.#database.close();
  }

  /** A file of the first version: what it holds stays readable and is sealed bit by bit. */
  #adopt(): void {
    this.#database
      .transaction(() => {
        this.#database.run("CREATE INDEX response_owner ON response (owner, root)");
        this.#setVersion(MIXED_VERSION);
      })
      .immediate();
  }

  #setVersion(version: number): void {
    this.#database.run(`PRAGMA user_version = ${version}`);
  }
}

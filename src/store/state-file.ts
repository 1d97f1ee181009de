import { Database } from "bun:sqlite";
import type { KeyHealthChange } from "../events.ts";
import { makePrivate } from "./data-directory.ts";
import { openSynced } from "./new-file.ts";
import { openSchema } from "./open-schema.ts";
import { setPragmas } from "./pragmas.ts";
import type { KeyStateRow, KeyUseRow } from "./types.ts";

const STATE_VERSION = 1;
const HISTORY_PER_KEY = 200;

const SCHEMA = `
  CREATE TABLE key_state (
    key_id TEXT NOT NULL, model TEXT NOT NULL, state TEXT NOT NULL, until_ms INTEGER, failures INTEGER NOT NULL,
    since_ms INTEGER NOT NULL, error_class TEXT, http_status INTEGER, message TEXT, PRIMARY KEY (key_id, model)
  ) WITHOUT ROWID;
  CREATE TABLE key_use (key_id TEXT PRIMARY KEY, last_used_at INTEGER NOT NULL, use_count INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE key_history (id INTEGER PRIMARY KEY, key_id TEXT NOT NULL, change TEXT NOT NULL);
  CREATE INDEX key_history_key ON key_history (key_id, id);
  CREATE TABLE client_use (client_key_id TEXT PRIMARY KEY, last_used_at INTEGER NOT NULL) WITHOUT ROWID;
`;

/** What one save carries; plain data, it crosses to the writer. */
export interface StateChanges {
  readonly states: readonly KeyStateRow[];
  readonly uses: readonly KeyUseRow[];
  readonly changes: readonly KeyHealthChange[];
  readonly clientUses: readonly (readonly [clientKeyId: string, lastUsedAt: number])[];
  /** Provider keys that are no more. */
  readonly forget: readonly string[];
}

/** What was observed about keys (state.db), as the writer sees it. Apart from the configuration, so that neither waits for the other. */
export class StateFile {
  readonly #database: Database;

  constructor(path: string) {
    this.#database = new Database(path, { create: true, readwrite: true });
    makePrivate(path);
    const pragmas = [
      ["busy_timeout", 200], // the lane tries again
      ["journal_mode", "wal"],
    ] as const;
    openSynced(this.#database, path, 1, () => {
      setPragmas(this.#database, pragmas, path);
      openSchema(this.#database, path, STATE_VERSION, SCHEMA);
    });
  }

  save(save: StateChanges): void {
    this.#database
      .transaction(() => {
        for (const row of save.states) this.#saveState(row);
        for (const { keyId, lastUsedAt, useCount } of save.uses) {
          this.#database.query("INSERT OR REPLACE INTO key_use VALUES (?, ?, ?)").run(keyId, lastUsedAt, useCount);
        }
        for (const change of save.changes) {
          this.#database
            .query("INSERT INTO key_history (key_id, change) VALUES (?, ?)")
            .run(change.keyId, JSON.stringify(change));
        }
        for (const keyId of new Set(save.changes.map((change) => change.keyId))) this.#trimHistory(keyId);
        for (const [id, lastUsedAt] of save.clientUses) {
          this.#database.query("INSERT OR REPLACE INTO client_use VALUES (?, ?)").run(id, lastUsedAt);
        }
        for (const keyId of save.forget) {
          for (const table of ["key_state", "key_use", "key_history"]) {
            this.#database.query(`DELETE FROM ${table} WHERE key_id = ?`).run(keyId);
          }
        }
      })
      .immediate();
  }

  close(): void {
    this.#database.close();
  }

  #saveState(row: KeyStateRow): void {
    if (row.model !== "" && row.state === "active" && row.failures === 0) {
      this.#database.query("DELETE FROM key_state WHERE key_id = ? AND model = ?").run(row.keyId, row.model);
      return;
    }
    this.#database
      .query("INSERT OR REPLACE INTO key_state VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(
        row.keyId,
        row.model,
        row.state,
        row.untilMs,
        row.failures,
        row.sinceMs,
        row.errorClass,
        row.httpStatus,
        row.message,
      );
  }

  #trimHistory(keyId: string): void {
    this.#database
      .query(
        "DELETE FROM key_history WHERE key_id = ?1 AND id <= (SELECT id FROM key_history WHERE key_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
      )
      .run(keyId, HISTORY_PER_KEY);
  }
}

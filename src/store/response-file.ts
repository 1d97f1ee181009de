import { Database } from "bun:sqlite";
import type { StoredResponse } from "../stored-response.ts";
import { makePrivate } from "./data-directory.ts";
import { openSchema } from "./open-schema.ts";
import type { ResponseChanges } from "./pending-responses.ts";
import { setPragmas } from "./pragmas.ts";

const RESPONSE_VERSION = 1;

const SCHEMA = `
  CREATE TABLE response (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, root TEXT NOT NULL, previous_id TEXT,
    created_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, content BLOB NOT NULL
  );
  CREATE INDEX response_root ON response (root, created_ms, bytes);
`;

/** What `content` holds, compressed: both texts together, since they are much alike. */
export type ResponseContent = Pick<StoredResponse, "input" | "response">;

/** Responses kept for their clients (responses.db), as the writer sees them. */
export class ResponseFile {
  readonly #database: Database;

  constructor(path: string) {
    this.#database = new Database(path, { create: true, readwrite: true });
    makePrivate(path);
    const pragmas = [
      ["busy_timeout", 200], // the lane tries again
      ["auto_vacuum", 2], // incremental; only before the first page is made
      ["journal_mode", "wal"],
      ["synchronous", 1],
      ["secure_delete", 1], // what a client deletes is gone from the file, too
    ] as const;
    setPragmas(this.#database, pragmas, path);
    openSchema(this.#database, path, RESPONSE_VERSION, SCHEMA);
  }

  save({ saves, removals }: ResponseChanges): void {
    this.#database
      .transaction(() => {
        const insert = this.#database.query(
          `INSERT OR REPLACE INTO response (id, owner, root, previous_id, created_ms, bytes, content)
             VALUES (?, ?, ?, ?, ?, ?, ?)`,
        );
        for (const { id, owner, root, previousId, createdAtMs, input, response } of saves) {
          const content = Bun.zstdCompressSync(JSON.stringify({ input, response } satisfies ResponseContent));
          insert.run(id, owner, root, previousId, createdAtMs, content.length, content);
        }
        for (const id of removals) this.#database.query("DELETE FROM response WHERE id = ?").run(id);
      })
      .immediate();
  }

  /** The roots of the conversations to let go: nothing was added since `beforeMs`, or all together are larger than `maxBytes`. */
  expired(beforeMs: number, maxBytes: number): string[] {
    const conversations = this.#database
      .query<{ root: string; last: number; bytes: number }, []>(
        "SELECT root, max(created_ms) AS last, sum(bytes) AS bytes FROM response GROUP BY root ORDER BY last",
      )
      .all();
    let excess = conversations.reduce((sum, { bytes }) => sum + bytes, -maxBytes);
    const roots: string[] = [];
    for (const { root, last, bytes } of conversations) {
      if (last >= beforeMs && excess <= 0) break;
      roots.push(root);
      excess -= bytes;
    }
    return roots;
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
}

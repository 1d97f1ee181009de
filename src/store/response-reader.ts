import type { Database } from "bun:sqlite";
import type { Seal } from "../lib/seal.ts";
import type { StoredResponse } from "../stored-response.ts";
import { openContent } from "./response-content.ts";

type Row = Omit<StoredResponse, "input" | "response"> & { readonly content: Uint8Array };

/** Reads what ResponseFile writes. */
export class ResponseReader {
  constructor(
    private readonly database: Database,
    private readonly seal: Seal,
  ) {}

  /** A response and those it goes on from, newest first, as far as they are there. */
  chain(id: string): StoredResponse[] {
    const find = this.database.query<Row, [string]>(
      `SELECT id, owner, root, previous_id AS previousId, created_ms AS createdAtMs, content FROM response WHERE id = ?`,
    );
    const found: StoredResponse[] = [];
    for (let next: string | null = id; next !== null; ) {
      const row: Row | null = find.get(next);
      if (row === null) break;
      const { content, ...rest } = row;
      found.push({ ...rest, ...openContent(this.seal, content, row) });
      next = row.previousId;
    }
    return found;
  }

  close(): void {
    this.database.close();
  }
}

import type { Database } from "bun:sqlite";
import type { StoredResponse } from "../stored-response.ts";
import type { ResponseContent } from "./response-file.ts";

type Row = Omit<StoredResponse, keyof ResponseContent> & { readonly content: Uint8Array };

/** Reads what ResponseFile writes. */
export class ResponseReader {
  constructor(private readonly database: Database) {}

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
      const texts = JSON.parse(Bun.zstdDecompressSync(content).toString("utf8")) as ResponseContent;
      found.push({ ...rest, ...texts });
      next = row.previousId;
    }
    return found;
  }

  close(): void {
    this.database.close();
  }
}

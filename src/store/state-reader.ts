import type { Database } from "bun:sqlite";
import type { KeyHealthChange } from "../events.ts";
import { openForReading } from "./day-reader.ts";
import type { KeyHistoryPage, KeyHistoryQuery, KeyStateRow, KeyUseRow } from "./types.ts";

/** One look into the file, on the calling thread. */
export function readState<T>(path: string, look: (state: StateReader) => T): T {
  const state = new StateReader(openForReading(path));
  try {
    return look(state);
  } finally {
    state.close();
  }
}

/** Reads what StateFile writes. */
export class StateReader {
  constructor(private readonly database: Database) {}

  keyStates(): { states: KeyStateRow[]; uses: KeyUseRow[] } {
    const states = this.database.query<KeyStateRow, []>(
      `SELECT key_id AS keyId, model, state, until_ms AS untilMs, failures, since_ms AS sinceMs, error_class AS errorClass,
         http_status AS httpStatus, message FROM key_state`,
    );
    const uses = this.database.query<KeyUseRow, []>(
      "SELECT key_id AS keyId, last_used_at AS lastUsedAt, use_count AS useCount FROM key_use",
    );
    return { states: states.all(), uses: uses.all() };
  }

  keyHistory({ keyId, limit, after, before, backward }: KeyHistoryQuery): KeyHistoryPage {
    const found = this.database
      .query<{ id: number; change: string }, [string, number, number, number]>(
        `SELECT id, change FROM key_history WHERE key_id = ? AND id > ? AND id < ?
         ORDER BY id ${backward ? "ASC" : "DESC"} LIMIT ?`,
      )
      .all(keyId, before ?? 0, after ?? Number.MAX_SAFE_INTEGER, limit + 1);
    const rows = found
      .slice(0, limit)
      .map(({ id, change }) => ({ ...(JSON.parse(change) as KeyHealthChange), place: id }));
    const total = this.database
      .query<{ count: number }, [string]>("SELECT count(*) AS count FROM key_history WHERE key_id = ?")
      .get(keyId);
    return { rows: backward ? rows.reverse() : rows, hasMore: found.length > limit, totalCount: total?.count ?? 0 };
  }

  clientUses(): [string, number][] {
    return this.database
      .query<{ id: string; at: number }, []>("SELECT client_key_id AS id, last_used_at AS at FROM client_use")
      .all()
      .map(({ id, at }) => [id, at]);
  }

  close(): void {
    this.database.close();
  }
}

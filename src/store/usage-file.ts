import { Database, type Statement } from "bun:sqlite";
import { makePrivate } from "./data-directory.ts";
import { openSchema } from "./open-schema.ts";
import { setPragmas } from "./pragmas.ts";
import { SPANS_MS, SUMS, UsageCell } from "./usage-cell.ts";
import type { UsageDeltas } from "./usage-deltas.ts";
import { VIEWS, viewOf, withWholes } from "./usage-group.ts";

/** Columns of the sums, as SQL names. */
export const SUM_COLUMNS = SUMS.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
const USAGE_VERSION = 1;
const DAY_MS = 86_400_000;

const SCHEMA = `
  CREATE TABLE usage_group (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE);
  CREATE TABLE usage (
    span INTEGER NOT NULL, view INTEGER NOT NULL, start INTEGER NOT NULL, usage_group INTEGER NOT NULL,
    ${SUM_COLUMNS.map((name) => `${name} INTEGER NOT NULL`).join(", ")},
    latency_min_us INTEGER, latency_max_us INTEGER, latency BLOB NOT NULL, first_token BLOB NOT NULL,
    PRIMARY KEY (span, view, start, usage_group)
  ) WITHOUT ROWID;
  CREATE TABLE progress (day INTEGER PRIMARY KEY, batch INTEGER NOT NULL);
`;

type StoredCell = Record<(typeof SUM_COLUMNS)[number], number> & {
  readonly latency_min_us: number | null;
  readonly latency_max_us: number;
  readonly latency: Uint8Array;
  readonly first_token: Uint8Array;
};

/**
 * The roll-ups (usage.db), as the writer sees them. `span` and `start` are minutes, `view` and
 * the group are explained in usage-group.ts. Every row is written whole: read, added to,
 * replaced. `progress` says up to which batch of each day file they count.
 */
export class UsageFile {
  readonly #database: Database;
  readonly #groups = new Map<string, number>();
  readonly #findGroup: Statement<{ id: number }, [string]>;
  readonly #addGroup: Statement<{ id: number }, [string]>;
  readonly #find: Statement<StoredCell, [number, number, number, number]>;
  readonly #put: Statement<unknown, (number | null | Uint8Array)[]>;
  readonly #setProgress: Statement<unknown, [number, number]>;

  constructor(path: string) {
    this.#database = new Database(path, { create: true, readwrite: true });
    makePrivate(path);
    const pragmas = [
      ["busy_timeout", 200], // the lane tries again
      ["journal_mode", "wal"],
      ["synchronous", 1],
    ] as const;
    setPragmas(this.#database, pragmas, path);
    openSchema(this.#database, path, USAGE_VERSION, SCHEMA);
    const columns = [
      "span",
      "view",
      "start",
      "usage_group",
      ...SUM_COLUMNS,
      "latency_min_us",
      "latency_max_us",
      "latency",
      "first_token",
    ];
    this.#findGroup = this.#database.query("SELECT id FROM usage_group WHERE value = ?");
    this.#addGroup = this.#database.query("INSERT INTO usage_group (value) VALUES (?) RETURNING id");
    this.#find = this.#database.query(
      "SELECT * FROM usage WHERE span = ? AND view = ? AND start = ? AND usage_group = ?",
    );
    this.#put = this.#database.query(
      `INSERT OR REPLACE INTO usage (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
    );
    this.#setProgress = this.#database.query("INSERT OR REPLACE INTO progress (day, batch) VALUES (?, ?)");
  }

  progressOf(day: number): number {
    return (
      this.#database.query<{ batch: number }, [number]>("SELECT batch FROM progress WHERE day = ?").get(day)?.batch ?? 0
    );
  }

  /** Adds the deltas and notes how far each day is counted: one transaction. */
  commit(deltas: UsageDeltas, progress: ReadonlyMap<number, number>): void {
    this.#transaction(() => {
      this.#add(deltas);
      for (const [day, batch] of progress) this.#setProgress.run(day, batch);
    });
  }

  /** Puts `deltas` in the place of everything between two instants (multiples of the longest span). */
  replace(fromMs: number, toMs: number, deltas: UsageDeltas): void {
    this.#transaction(() => {
      const remove = this.#database.query("DELETE FROM usage WHERE span = ? AND view = ? AND start >= ? AND start < ?");
      for (const span of SPANS_MS) {
        for (const view of VIEWS) remove.run(minutes(span), view, minutes(fromMs), minutes(toMs));
      }
      this.#add(deltas);
    });
  }

  /** Notes that the day is counted up to this batch. */
  setProgress(day: number, batch: number): void {
    this.#setProgress.run(day, batch);
  }

  /** Deletes a slice of the cells that ended before an instant; false when nothing is left to delete. */
  expireSlice(beforeMs: number, sliceRows: number): boolean {
    let deleted = 0;
    this.#transaction(() => {
      const remove = this.#database.query(
        `DELETE FROM usage WHERE (span, view, start, usage_group) IN
           (SELECT span, view, start, usage_group FROM usage WHERE span = ? AND view = ? AND start <= ? LIMIT ?)`,
      );
      for (const span of SPANS_MS) {
        for (const view of VIEWS) {
          if (deleted >= sliceRows) return;
          deleted += remove.run(minutes(span), view, minutes(beforeMs - span), sliceRows - deleted).changes;
        }
      }
      this.#database.query("DELETE FROM progress WHERE day < ?").run(Math.floor(beforeMs / DAY_MS) - 1);
    });
    return deleted > 0;
  }

  close(): void {
    this.#database.close();
  }

  #add(deltas: UsageDeltas): void {
    for (const [quarter, groups] of deltas.quarters) {
      for (const [group, cell] of withWholes(groups)) {
        const id = this.#groupId(group);
        const view = viewOf(JSON.parse(group));
        for (const span of SPANS_MS) this.#addCell(minutes(span), view, minutes(quarter - (quarter % span)), id, cell);
      }
    }
  }

  #addCell(span: number, view: number, start: number, group: number, delta: UsageCell): void {
    const stored = this.#find.get(span, view, start, group);
    let cell = delta;
    if (stored !== null) {
      cell = readCell(stored);
      cell.merge(delta);
    }
    const none = cell.latency.count === 0;
    this.#put.run(
      span,
      view,
      start,
      group,
      ...SUMS.map((sum) => cell[sum]),
      none ? null : cell.latencyMinUs,
      none ? null : cell.latencyMaxUs,
      cell.latency.encode(),
      cell.firstToken.encode(),
    );
  }

  #groupId(value: string): number {
    let id = this.#groups.get(value);
    if (id === undefined) {
      id = (this.#findGroup.get(value) ?? this.#addGroup.get(value)!).id;
      if (this.#groups.size > 100_000) this.#groups.clear();
      this.#groups.set(value, id);
    }
    return id;
  }

  #transaction(work: () => void): void {
    try {
      this.#database.transaction(work).immediate();
    } catch (error) {
      this.#groups.clear(); // ids made inside it are gone
      throw error;
    }
  }
}

export function minutes(ms: number): number {
  return Math.floor(ms / 60_000);
}

function readCell(stored: StoredCell): UsageCell {
  const cell = new UsageCell();
  for (const [index, sum] of SUMS.entries()) cell[sum] = stored[SUM_COLUMNS[index]!]!;
  cell.latencyMinUs = stored.latency_min_us ?? Number.POSITIVE_INFINITY;
  cell.latencyMaxUs = stored.latency_max_us ?? 0;
  cell.latency.mergeEncoded(stored.latency);
  cell.firstToken.mergeEncoded(stored.first_token);
  return cell;
}

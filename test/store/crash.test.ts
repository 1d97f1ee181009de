import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rowAt } from "../../src/lib/id.ts";
import type { CostPlan } from "../../src/store/cost-types.ts";
import { prepareDataDirectory } from "../../src/store/data-directory.ts";
import { DayFile, dayFilePath, dayOfFile } from "../../src/store/day-file.ts";
import { purgeRows } from "../../src/store/day-purge.ts";
import { repriceQuarter } from "../../src/store/day-reprice.ts";
import { LogWriter } from "../../src/store/log-writer.ts";
import { cellOf, mergeCells, packCells } from "../../src/store/packed-cells.ts";
import { countRows } from "../../src/store/recount.ts";
import type { UsageCell } from "../../src/store/usage-cell.ts";
import { UsageDeltas } from "../../src/store/usage-deltas.ts";
import { UsageFile } from "../../src/store/usage-file.ts";
import { quarterKey, startOfQuarterKey } from "../../src/store/usage-tables.ts";
import { seededRandom } from "../support/random.ts";
import { Batches } from "./batches.ts";
import { cleanUp, makeFailure, makeRecord, NOON, onCleanup, openTestStore, temporaryDirectory } from "./fixtures.ts";
import { TestLog } from "./test-log.ts";

afterEach(cleanUp);

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;

/** What usage.db holds of the quarter hours, and what it must hold by the raw rows of all day files. */
function rollups(dataDir: string): { stored: unknown; counted: unknown; total: number } {
  const usage = new Database(join(dataDir, "usage.db"));
  const names = new Map(
    usage
      .query<{ id: number; value: string }, []>("SELECT id, value FROM usage_group")
      .all()
      .map(({ id, value }) => [id, value]),
  );
  const stored = new Map<string, UsageCell>();
  for (const { id, cells } of usage
    .query<{ id: number; cells: Uint8Array }, []>("SELECT id, cells FROM quarter")
    .all()) {
    const start = startOfQuarterKey(id);
    mergeCells(cells, (group) => cellOf(stored, `${start} ${names.get(group)}`));
  }
  usage.close();
  const deltas = new UsageDeltas();
  for (const name of readdirSync(join(dataDir, "logs"))) {
    const day = dayOfFile(name);
    if (day === null) continue;
    const database = new Database(join(dataDir, "logs", name));
    countRows(database, day, day * DAY_MS, (day + 1) * DAY_MS, deltas);
    database.close();
  }
  const counted = new Map<string, UsageCell>();
  for (const [quarter, groups] of deltas.quarters) {
    for (const [value, cell] of groups) counted.set(`${quarter} ${value}`, cell);
  }
  const total = [...counted.values()].reduce((sum, cell) => sum + cell.requests, 0);
  return { stored: inOrder(stored), counted: inOrder(counted), total };
}

function inOrder(cells: ReadonlyMap<string, UsageCell>): unknown {
  const keys = [...cells.keys()].sort();
  return keys.map((key) => [key, Buffer.from(packCells(new Map([[1, cells.get(key)!]]))).toString("hex")]);
}

const quarterOf = (atMs: number) => Math.floor((atMs % DAY_MS) / QUARTER_MS);

/** The price of a token of input, in USD per million; those of the other parts follow. A record of `makeRecord` has 100, 50, 5 and 40. */
function planOf(input: number): CostPlan {
  const price = { input, output: 0, cacheRead: 0, cacheWrite: 0, source: "manual", ref: "manual" } as const;
  const tariff = { spans: [{ fromMs: 0, tiers: [{ above: null, price }] }] };
  const route = { requestedModel: "gpt-4.1", servedModel: "gpt-4.1-2025-04-14", providerId: "prv_a" };
  return { fromMs: 0, toMs: 2 * NOON, onlyUnknown: false, routes: [{ ...route, tariff }] };
}

/** Rows and roll-ups under the test's control: `write` and `count` are the two commits, and there is nothing else. */
class Steps {
  readonly directory = prepareDataDirectory(temporaryDirectory());
  readonly #batches = new Batches();
  #usage = new UsageFile(this.directory.usage);
  #logs = new LogWriter(this.directory.logs, this.#usage);

  constructor() {
    onCleanup(() => this.#usage.close());
  }

  write(...atMs: number[]): void {
    const records = atMs.map((at, index) => (index % 2 === 0 ? makeRecord(at) : makeFailure(at)));
    this.#logs.write(this.#logs.prepare(this.#batches.of(records)));
  }

  count(): void {
    this.#logs.count();
  }

  /** Takes out the row that was received at this millisecond, if it is there. */
  purge(atMs: number): void {
    this.#logs.purge(Math.floor(atMs / DAY_MS), this.#rowsAt(atMs));
  }

  /** As far as a kill lets it come: the rows are gone, the roll-ups have not heard of it. */
  purgeHalf(atMs: number): void {
    const day = Math.floor(atMs / DAY_MS);
    this.#logs.count();
    const file = new DayFile(dayFilePath(this.directory.logs, day), day, this.#usage.progressOf(day));
    purgeRows(file, this.#rowsAt(atMs));
    file.close();
    this.crash();
  }

  /** Gives every request of the quarter hour another price. */
  reprice(atMs: number, input: number): void {
    this.#logs.reprice(Math.floor(atMs / DAY_MS), quarterOf(atMs), planOf(input));
  }

  /** As far as a kill lets it come. */
  repriceHalf(atMs: number, input: number): void {
    const day = Math.floor(atMs / DAY_MS);
    this.#logs.count();
    const file = new DayFile(dayFilePath(this.directory.logs, day), day, this.#usage.progressOf(day));
    repriceQuarter(file, quarterOf(atMs), planOf(input));
    file.close();
    this.crash();
  }

  costs(): number[] {
    using database = new Database(dayFilePath(this.directory.logs, Math.floor(NOON / DAY_MS)));
    const found = database.query<{ cost: number }, []>(
      "SELECT cost_nano_usd AS cost FROM request WHERE cost_nano_usd > 0",
    );
    return found.all().map(({ cost }) => cost);
  }

  /** As another program's transaction does; answers what ends it. */
  lockUsage(): () => void {
    const other = new Database(this.directory.usage);
    other.run("BEGIN IMMEDIATE");
    return () => other.close();
  }

  rows(): number {
    const counts = readdirSync(this.directory.logs)
      .filter((name) => dayOfFile(name) !== null)
      .map((name) => {
        using database = new Database(join(this.directory.logs, name));
        return database.query<{ rows: number }, []>("SELECT count(*) AS rows FROM request").get()!.rows;
      });
    return counts.reduce((sum, count) => sum + count, 0);
  }

  #rowsAt(atMs: number): number[] {
    using database = new Database(dayFilePath(this.directory.logs, Math.floor(atMs / DAY_MS)));
    const found = database.query<{ row: number }, [number, number]>(
      "SELECT row FROM request WHERE row >= ? AND row < ?",
    );
    return found.all(rowAt(atMs % DAY_MS), rowAt((atMs % DAY_MS) + 1)).map(({ row }) => row);
  }

  /** What a kill leaves: the files as they are, everything in memory gone. The old handles stay as they were. */
  crash(): void {
    this.#batches.toAnother();
    this.#usage = new UsageFile(this.directory.usage);
    this.#logs = new LogWriter(this.directory.logs, this.#usage);
    this.#logs.reconcileAll();
  }

  check(rows: number): void {
    const { stored, counted, total } = rollups(this.directory.root);
    expect(stored).toEqual(counted);
    expect(total).toBe(rows);
  }
}

describe("a crash between the rows and the roll-ups is repaired at the next start", () => {
  test("before the first count", () => {
    const steps = new Steps();
    steps.write(NOON, NOON + 1);
    steps.crash();
    steps.check(2);
  });

  test("with several batches and hours uncounted, over midnight", () => {
    const steps = new Steps();
    steps.write(NOON, NOON + 1, NOON + 7_200_000);
    steps.count();
    steps.write(NOON + 5, NOON + 40_000_000, NOON + 60_000_000);
    steps.write(NOON + 41_000_000);
    steps.crash();
    steps.check(7);
  });

  test("again and again, with work in between", () => {
    const steps = new Steps();
    let rows = 0;
    for (let round = 0; round < 6; round++) {
      steps.write(NOON + round * 10_000_000, NOON + round);
      rows += 2;
      if (round % 3 === 1) steps.count();
      if (round % 2 === 0) steps.crash();
    }
    steps.count();
    steps.check(rows);
  });

  test("nothing is counted again when nothing was lost", () => {
    const steps = new Steps();
    steps.write(NOON);
    steps.count();
    steps.crash();
    steps.write(NOON + 1);
    steps.count();
    steps.check(2);
  });

  test("a power cut that set the roll-ups further back counts the whole day", () => {
    const steps = new Steps();
    steps.write(NOON);
    steps.count();
    steps.write(NOON - 20_000_000);
    steps.count();
    const usage = new Database(steps.directory.usage);
    usage.run("DELETE FROM quarter WHERE id < ?", [quarterKey(NOON)]);
    usage.run("UPDATE progress SET batch = 1");
    usage.close();
    steps.write(NOON + 1);
    steps.crash();
    steps.check(3);
  });

  test("a power cut that set the rows back takes them out of the roll-ups", () => {
    const steps = new Steps();
    steps.write(NOON);
    steps.count();
    steps.write(NOON + 1, NOON + 2);
    steps.count();
    const day = new Database(dayFilePath(steps.directory.logs, Math.floor(NOON / DAY_MS)));
    day.run("DELETE FROM request WHERE row IN (SELECT row FROM request ORDER BY row DESC LIMIT 2)");
    day.run("UPDATE progress SET batch = 1");
    day.close();
    steps.crash();
    steps.check(1);
  });
});

describe("what was purged stays counted", () => {
  test("when the process is killed between the rows and the roll-ups", () => {
    const steps = new Steps();
    steps.write(NOON, NOON + 1, NOON + 2);
    steps.purgeHalf(NOON + 1);
    steps.check(3);
    expect(steps.rows()).toBe(2);
  });

  test("when its quarter hour is counted again from the rows, after a later kill", () => {
    const steps = new Steps();
    steps.write(NOON, NOON + 1, NOON + 2);
    steps.purge(NOON);
    steps.purge(NOON + 1);
    steps.write(NOON + 3);
    steps.crash();
    steps.check(4);
    expect(steps.rows()).toBe(2);
  });

  test("when the roll-ups are lost", () => {
    const steps = new Steps();
    steps.write(NOON, NOON + 1, NOON + 2);
    steps.purge(NOON + 2);
    const usage = new Database(steps.directory.usage);
    for (const table of ["quarter", "slot", "progress"]) usage.run(`DELETE FROM ${table}`);
    usage.close();
    steps.write(NOON + 5);
    steps.crash();
    steps.check(4);
  });

  test("whatever happens in whatever order", () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = seededRandom(seed);
      const steps = new Steps();
      const kept: number[] = [];
      let written = 0;
      for (let step = 0; step < 40; step++) {
        const at = NOON + step * 5 + Math.floor(random() * 4) * QUARTER_MS;
        const victim = kept[Math.floor(random() * kept.length)];
        const dice = random();
        if (dice < 0.45 || victim === undefined) {
          steps.write(at);
          kept.push(at);
          written++;
        } else if (dice < 0.6) {
          steps.count();
        } else if (dice < 0.75) {
          steps.crash();
        } else {
          if (dice < 0.88) steps.purge(victim);
          else steps.purgeHalf(victim);
          kept.splice(kept.indexOf(victim), 1);
        }
      }
      steps.crash();
      steps.check(written);
      expect(steps.rows()).toBe(kept.length);
    }
  });
});

describe("costs that are computed again", () => {
  test("are in rows and roll-ups alike, and the rest of both stays", () => {
    const steps = new Steps();
    steps.write(NOON, NOON + 1, NOON + 2, NOON + QUARTER_MS);
    steps.write(NOON + 5);
    steps.reprice(NOON, 7);
    steps.check(5);
    expect(steps.costs()).toEqual([700_000, 700_000, 700_000]); // the failures have no tokens
    steps.write(NOON + 6);
    steps.count();
    steps.check(6);
  });

  test("are finished by the next start when the process was killed between the two", () => {
    const steps = new Steps();
    steps.write(NOON, NOON + 1);
    steps.repriceHalf(NOON, 7);
    steps.check(2);
    expect(steps.costs()).toEqual([700_000]);
    steps.reprice(NOON, 7);
    steps.check(2);
  });

  test("are in the roll-ups before the next batch of that day, when these could not be written", () => {
    const steps = new Steps();
    steps.write(NOON, NOON + 1);
    steps.count();
    const release = steps.lockUsage();
    expect(() => steps.reprice(NOON, 7)).toThrow();
    expect(steps.costs()).toEqual([700_000]);
    expect(() => steps.write(NOON + 2)).toThrow();
    release();
    steps.write(NOON + 2);
    steps.count();
    steps.check(3);
  });

  test("in any order with batches, purges and kills", () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = seededRandom(seed);
      const steps = new Steps();
      const kept: number[] = [];
      let written = 0;
      for (let step = 0; step < 40; step++) {
        const at = NOON + step * 5 + Math.floor(random() * 3) * QUARTER_MS;
        const victim = kept[Math.floor(random() * kept.length)];
        const dice = random();
        if (dice < 0.4 || victim === undefined) {
          steps.write(at);
          kept.push(at);
          written++;
        } else if (dice < 0.5) steps.crash();
        else if (dice < 0.7) steps.reprice(victim, 1 + step);
        else if (dice < 0.85) steps.repriceHalf(victim, 1 + step);
        else {
          steps.purge(victim);
          kept.splice(kept.indexOf(victim), 1);
        }
      }
      for (let quarter = 0; quarter < 3; quarter++) steps.reprice(NOON + quarter * QUARTER_MS, 3);
      steps.crash();
      steps.check(written);
      expect(new Set(steps.costs())).toEqual(new Set([300_000]));
    }
  });
});

test("a batch that is sent twice counts once", async () => {
  const log = new TestLog();
  const records = [makeRecord(NOON), makeRecord(NOON + 1)];
  await log.write(records);
  await log.write([...records, makeRecord(NOON + 2)]);
  expect(log.page().totalCount).toBe(3);
  const { stored, counted } = rollups(log.directory.root);
  expect(stored).toEqual(counted);
});

/** Spoils a page of a database: the root of one table, or all of it. */
function spoil(path: string, table: string | null): void {
  const database = new Database(path);
  const page = database
    .query<{ rootpage: number }, [string | null]>("SELECT rootpage FROM sqlite_master WHERE name = ?")
    .get(table)?.rootpage;
  database.close();
  const bytes = readFileSync(path);
  if (page === undefined) bytes.fill(0x64);
  else bytes.fill(0xff, (page - 1) * 4096, page * 4096);
  writeFileSync(path, bytes);
}

describe("a damaged day file is set aside, and the day goes on", () => {
  test.each([null, "progress", "request"])("found at %p", async (table) => {
    const log = new TestLog();
    await log.write([makeRecord(NOON)]);
    await log.close();
    spoil(dayFilePath(log.directory.logs, Math.floor(NOON / DAY_MS)), table);
    const again = new TestLog(log.directory.root);
    const second = makeRecord(NOON + 1);
    await again.write([second]);
    expect(again.ids()).toEqual([second.id]);
    expect(again.report({ fromMs: NOON, toMs: NOON + 1 }).totals.requests).toBe(2); // what was counted stays counted
    expect(readdirSync(log.directory.logs).filter((name) => name.includes(".damaged-"))).toHaveLength(1);
    expect(again.replies.filter((reply) => reply.kind === "fault").at(-1)?.message ?? null).toBeNull();
  });
});

test("a list leaves out what is damaged until the writer has set it aside", async () => {
  const log = new TestLog();
  const older = makeRecord(NOON - DAY_MS);
  await log.write([makeRecord(NOON), older]);
  await log.close();
  spoil(dayFilePath(log.directory.logs, Math.floor(NOON / DAY_MS)), "request");
  const again = new TestLog(log.directory.root);
  expect(again.page()).toMatchObject({ rows: [{ id: older.id }], totalCount: 1, hasMore: false });
});

test("a day file that is moved away while it is written is made anew after the next start", async () => {
  const log = new TestLog();
  await log.write([makeRecord(NOON)]);
  await log.close();
  const path = dayFilePath(log.directory.logs, Math.floor(NOON / DAY_MS));
  renameSync(path, `${path}.archived`);
  const again = new TestLog(log.directory.root);
  await again.write([makeRecord(NOON + 1)]);
  expect(again.page().totalCount).toBe(1);
  expect(again.report({ fromMs: NOON, toMs: NOON + 1 }).totals.requests).toBe(2);
});

describe("kill -9 under load", () => {
  test("loses at most 250 ms, opens clean, and the roll-ups equal the rows", async () => {
    const dataDir = temporaryDirectory();
    let killed = 0;
    const lostMs: number[] = [];
    for (const killAfterLines of [3, 25, 60, 90]) {
      const child = Bun.spawn([process.execPath, join(import.meta.dir, "child-writer.ts"), dataDir, "3000"], {
        stdout: "pipe",
        stderr: "inherit",
      });
      const handed: { id: string; atMs: number }[] = [];
      let rest = "";
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        for (const line of lines) {
          const [, id = "", atMs] = line.split(" ");
          if (atMs !== undefined) handed.push({ id, atMs: Number(atMs) });
        }
        if (handed.length >= killAfterLines && !child.killed) child.kill("SIGKILL");
      }
      await child.exited;
      killed += handed.length;

      const store = await openTestStore(dataDir);
      await store.flush();
      const endedAtMs = handed.at(-1)!.atMs;
      let oldestMs = 0;
      for (const { id, atMs } of handed) {
        if ((await store.logs.get(id)) === null) oldestMs = Math.max(oldestMs, endedAtMs - atMs);
      }
      lostMs.push(oldestMs);
      await store.close();
      expect(existsSync(join(dataDir, "usage.db-wal"))).toBe(false);
      for (const name of [
        "sluice.db",
        "state.db",
        "usage.db",
        ...readdirSync(join(dataDir, "logs")).map((log) => `logs/${log}`),
      ]) {
        const database = new Database(join(dataDir, name));
        expect(database.query("PRAGMA quick_check").all()).toEqual([{ quick_check: "ok" }]);
        database.close();
      }
      const { stored, counted } = rollups(dataDir);
      expect(stored).toEqual(counted);
    }
    expect(killed).toBeGreaterThan(100);
    // A busy machine may delay any one write; a writer that waits would show in all of them.
    expect(Math.min(...lostMs)).toBeLessThanOrEqual(250);
    expect(Math.max(...lostMs)).toBeLessThanOrEqual(2500);
  }, 60_000);
});

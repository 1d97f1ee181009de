import type { Database } from "bun:sqlite";
import { bucketStarts } from "./calendar.ts";
import { type Grid, gridsOfPhase, LOCAL_GRIDS, phaseOfDay } from "./usage-spans.ts";

const DAY_MS = 86_400_000;
/** Zones whose clocks change have two. Each takes a fifteenth of the roll-ups' room, with hours of its own half as much as these. */
const MOST_PHASES = 8;
const KEPT_UNASKED_MS = 30 * DAY_MS;
/** Clock changes come once a year. */
const MOST_DAYS = 400;

/**
 * Which zones' days have slots of their own, beside UTC's: of those that somebody asks charts for. What nobody asked for in a month goes
 * again; while there are as many as may be, others are put together from UTC's hours at each question.
 */
export class UsagePhases {
  constructor(private readonly database: Database) {}

  wanted(): number[] {
    return this.#phases(false);
  }

  /** Each once, in the order in which they are made. */
  grids(): Grid[] {
    const grids = new Set(this.wanted().flatMap(gridsOfPhase));
    return LOCAL_GRIDS.filter((grid) => grids.has(grid));
  }

  /** Notes that the days of these phases are asked for. True when some are new. */
  want(phases: Iterable<number>, nowMs: number): boolean {
    let isNew = false;
    for (const phase of phases) {
      const known = this.wanted();
      if (known.includes(phase)) {
        this.database.query("UPDATE phase SET asked_at = ? WHERE phase = ?").run(nowMs, phase);
      } else if (known.length < MOST_PHASES && !this.#phases(true).includes(phase)) {
        this.database.query("INSERT INTO phase (phase, asked_at, leaves) VALUES (?, ?, 0)").run(phase, nowMs);
        isNew = true;
      }
    }
    return isNew;
  }

  /** From now on those are left alone that nobody asked for in a long time: their slots may be deleted bit by bit. */
  leave(nowMs: number): void {
    this.database.query("UPDATE phase SET leaves = 1 WHERE asked_at < ?").run(nowMs - KEPT_UNASKED_MS);
  }

  /** The grids whose slots are to be deleted. */
  leaving(): Grid[] {
    const wanted = new Set(this.grids());
    const leaving = new Set(this.#phases(true).flatMap(gridsOfPhase));
    return [...leaving].filter((grid) => !wanted.has(grid));
  }

  /** The slots of those that leave are gone. */
  forgetLeft(): void {
    this.database.run("DELETE FROM phase WHERE leaves = 1");
  }

  #phases(leaves: boolean): number[] {
    const rows = this.database.query<{ phase: number }, [number]>("SELECT phase FROM phase WHERE leaves = ?");
    return rows.all(leaves ? 1 : 0).map(({ phase }) => phase);
  }
}

/** The phases that a zone's days had from an instant to another, without UTC's. */
export function phasesOf(timeZone: string, fromMs: number, toMs: number): ReadonlySet<number> {
  const range = { fromMs: Math.max(fromMs, toMs - MOST_DAYS * DAY_MS), toMs };
  const phases = new Set(bucketStarts({ ...range, timeZone, interval: "day" }).map(phaseOfDay));
  phases.delete(0);
  return phases;
}

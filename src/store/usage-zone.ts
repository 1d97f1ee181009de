import type { Database } from "bun:sqlite";
import { bucketStarts } from "./calendar.ts";
import { UsagePhases } from "./usage-phases.ts";
import { daysOfPhase, type Grid, hoursOfPhase, phaseOfDay } from "./usage-spans.ts";

const DAY_MS = 86_400_000;
/** Longer reports are by weeks or months, and of UTC's days in the midst of them. */
const MOST_DAYS = 2000;

export interface ZoneTime {
  readonly timeZone: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Days of a zone that follow one another in a grid that has slots, as that of their hours has. */
export interface DayRun {
  readonly days: Grid;
  readonly hours: Grid;
  readonly startMs: number;
  readonly endMs: number;
}

/** The days of the question's zone that may be read as they are. A day of 23 or 25 hours is none of them. */
export function localDayRuns(database: Database, asked: ZoneTime): readonly DayRun[] {
  if (asked.timeZone === "UTC" || asked.toMs - asked.fromMs > MOST_DAYS * DAY_MS) return [];
  const phases = new Set(new UsagePhases(database).wanted());
  if (phases.size === 0) return [];
  const runs: DayRun[] = [];
  const starts = bucketStarts({ ...asked, interval: "day" });
  for (const [index, startMs] of starts.slice(0, -1).entries()) {
    const endMs = starts[index + 1]!;
    const phase = phaseOfDay(startMs);
    if (endMs - startMs !== DAY_MS || !phases.has(phase)) continue;
    const days = daysOfPhase(phase);
    const run = runs.at(-1);
    if (run?.days === days && run.endMs === startMs) runs[runs.length - 1] = { ...run, endMs };
    else runs.push({ days, hours: hoursOfPhase(phase), startMs, endMs });
  }
  return runs;
}

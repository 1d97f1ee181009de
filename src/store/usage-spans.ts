import { QUARTER_MS } from "./usage-cell.ts";

const HOUR_MS = 4 * QUARTER_MS;
const DAY_MS = 24 * HOUR_MS;
const QUARTERS_PER_HOUR = 4;
const QUARTERS_PER_DAY = 96;

/** Spans of the roll-ups that follow one another, all of one length. */
export interface Grid {
  /** Part of the ids of its slots: never another one. */
  readonly number: number;
  readonly spanMs: number;
  /** So much after those of UTC its spans begin. */
  readonly phaseMs: number;
  /** What its spans are put together from, longest first, with quarter hours at the edges; none: of these alone. */
  readonly parts: readonly Grid[];
}

const HOURS: Grid = { number: 1, spanMs: HOUR_MS, phaseMs: 0, parts: [] };
const SIX_HOURS: Grid = { number: 2, spanMs: 6 * HOUR_MS, phaseMs: 0, parts: [HOURS] };
const DAYS: Grid = { number: 3, spanMs: DAY_MS, phaseMs: 0, parts: [SIX_HOURS] };

/**
 * The grids that are always there, shortest first. A quarter of an hour fits every time zone's offset, longer spans spare a long report
 * most of its cells; the longest is the UTC day.
 */
export const UTC_GRIDS: readonly Grid[] = [HOURS, SIX_HOURS, DAYS];

/** By the phase of the hours: 0 to 3 quarter hours after UTC's. In zones like India's not even the hours are UTC's. */
const LOCAL_HOURS = Array.from({ length: QUARTERS_PER_HOUR }, (_, phase): Grid => {
  return phase === 0 ? HOURS : { number: 3 + phase, spanMs: HOUR_MS, phaseMs: phase * QUARTER_MS, parts: [] };
});
const LOCAL_DAYS = Array.from({ length: QUARTERS_PER_DAY }, (_, phase): Grid => {
  if (phase === 0) return DAYS;
  return { number: 7 + phase, spanMs: DAY_MS, phaseMs: phase * QUARTER_MS, parts: [SIX_HOURS, HOURS] };
});

/** A zone's days begin so many quarter hours after UTC's: 0 to 95. Where the clock changes there are two such phases in a year. */
export function phaseOfDay(startMs: number): number {
  return (((startMs / QUARTER_MS) % QUARTERS_PER_DAY) + QUARTERS_PER_DAY) % QUARTERS_PER_DAY;
}

export function daysOfPhase(phase: number): Grid {
  return LOCAL_DAYS[phase]!;
}

export function hoursOfPhase(phase: number): Grid {
  return LOCAL_HOURS[phase % QUARTERS_PER_HOUR]!;
}

/** What is made for a phase beside the grids of UTC: its days first, of these most charts are made. */
export function gridsOfPhase(phase: number): readonly Grid[] {
  return [daysOfPhase(phase), hoursOfPhase(phase)].filter((grid) => !UTC_GRIDS.includes(grid));
}

/** All but UTC's, whether they are made or not, in the order in which they are. */
export const LOCAL_GRIDS: readonly Grid[] = [...LOCAL_DAYS.slice(1), ...LOCAL_HOURS.slice(1)];

/** The start of the span that holds this instant. */
export function spanStart({ spanMs, phaseMs }: Grid, ms: number): number {
  return Math.floor((ms - phaseMs) / spanMs) * spanMs + phaseMs;
}

/** The first start of a span at this instant or after it. */
export function nextSpanStart({ spanMs, phaseMs }: Grid, ms: number): number {
  return Math.ceil((ms - phaseMs) / spanMs) * spanMs + phaseMs;
}

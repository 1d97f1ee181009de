import { msOfRow } from "../lib/id.ts";
import { DAY_MS, QUARTERS_PER_DAY } from "./day-file.ts";
import { DaySearch } from "./log-search.ts";
import type { LogView } from "./log-view.ts";
import type { HistogramQuery, LogHistogram } from "./reports.ts";
import type { Outcome } from "./shape.ts";

const QUARTER_MS = DAY_MS / QUARTERS_PER_DAY;
/** The first is by far the most frequent: DaySearch.tally counts on it. */
const NAMES = ["success", "clientError", "upstreamError", "cancelled"] as const;

/** When what a filter finds happened, and how it ended. */
export function makeHistogram(view: LogView, query: HistogramQuery): LogHistogram {
  const { startsAtMs, stepMs, count } = bucketsOf(view, query);
  const histogram = {
    startsAtMs,
    stepMs,
    success: new Array<number>(count).fill(0),
    clientError: new Array<number>(count).fill(0),
    upstreamError: new Array<number>(count).fill(0),
    cancelled: new Array<number>(count).fill(0),
  };
  const add = (atMs: number, kind: number, times: number) => {
    const bucket = Math.floor((atMs - startsAtMs) / stepMs);
    if (bucket >= 0 && bucket < count) histogram[NAMES[kind]!][bucket]! += times;
  };
  const { outcomes } = view.shapes;
  let kinds = new Uint8Array(0);
  for (const index of view.indexed()) {
    if (kinds.length < outcomes.values.length) kinds = Uint8Array.from(outcomes.values, kindOf);
    const classes = new Uint8Array(index.outcomes.length);
    for (let at = 0; at < classes.length; at++) classes[at] = kinds[index.outcomes[at]!]!;
    const search = new DaySearch(index, view.filter, view.filter.rangeOf(index.day));
    const dayMs = index.day * DAY_MS;
    if (stepMs % QUARTER_MS === 0) {
      search.tally(classes, (quarter, kind, times) => add(dayMs + quarter * QUARTER_MS, kind, times));
    } else {
      const { rows, combinations } = index.columns;
      search.each(true, (ordinal) => {
        add(dayMs + msOfRow(rows[ordinal]!), classes[combinations[ordinal]!]!, 1);
        return false;
      });
    }
  }
  return { ...histogram, isPartial: view.isPartial };
}

/** Whole quarter hours where a bucket is longer than one: these are counted at once. */
function bucketsOf(view: LogView, { filter, buckets, nowMs }: HistogramQuery) {
  const toMs = filter.toMs ?? nowMs;
  const fromMs = Math.min(filter.fromMs ?? firstOf(view) ?? toMs - QUARTER_MS, toMs - 1);
  const step = Math.ceil((toMs - fromMs) / buckets);
  if (step <= QUARTER_MS) return { startsAtMs: fromMs, stepMs: step, count: buckets };
  const startsAtMs = Math.floor(fromMs / QUARTER_MS) * QUARTER_MS;
  const stepMs = Math.ceil((toMs - startsAtMs) / buckets / QUARTER_MS) * QUARTER_MS;
  return { startsAtMs, stepMs, count: Math.ceil((toMs - startsAtMs) / stepMs) };
}

function firstOf(view: LogView): number | undefined {
  for (const { day, columns } of view.indexed(false)) {
    if (columns.rows.length > 0) return day * DAY_MS + msOfRow(columns.rows[0]!);
  }
  return view.oldestDay === undefined ? undefined : view.oldestDay * DAY_MS;
}

function kindOf([status, httpStatus]: Outcome): number {
  if (status === "success") return 0;
  if (status === "cancelled") return 3;
  return httpStatus < 500 && httpStatus !== 429 && httpStatus !== 402 ? 1 : 2;
}

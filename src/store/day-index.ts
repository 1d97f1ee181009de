import type { ErrorPrint } from "./error-fingerprint.ts";
import type { Shape } from "./shape.ts";

/**
 * An index of one day of the log: what filters ask about, as columns in the order of the rows. A filter on ten million requests reads
 * a few bytes of each day that cannot be ruled out, instead of the rows. It can be made anew from the day file at any time.
 *
 * Rows have an *ordinal*, their position in the day. What they share (route, caller, outcome) is one *combination*.
 */
export interface DayIndex {
  readonly day: number;
  /** The last batch of the day file that is in it. */
  readonly batch: number;
  readonly columns: DayColumns;
  /** By combination: the interned numbers of its shapes (shape-table.ts). */
  readonly routes: Uint32Array;
  readonly callers: Uint32Array;
  readonly outcomes: Uint32Array;
  readonly prints: readonly ErrorPrint[];
}

/** Arrays by ordinal unless they say otherwise. */
export interface DayColumns {
  readonly rows: Float64Array;
  readonly combinations: Uint32Array;
  /** Saturates at 71 minutes. */
  readonly durationsUs: Uint32Array;
  /** `NO_TOKENS` when they are unknown. */
  readonly tokens: Uint32Array;
  /** Nano-USD, NaN when unknown. */
  readonly costs: Float64Array;
  readonly attempts: Uint8Array;
  /** By quarter hour: its first ordinal; one more than there are quarters. */
  readonly quarters: Uint32Array;
  /** By quarter hour: lowest and highest of duration, tokens and cost; most attempts. */
  readonly extremes: Float64Array;
  /** By combination: where its ordinals stand in `postings`; one more than there are combinations. */
  readonly postingStarts: Uint32Array;
  readonly postings: Uint32Array;
  /** Ordinals of the rows with that number, by it, ascending. Empty while the day is being written: then it is soon looked through. */
  readonly byCost: Uint32Array;
  readonly byTokens: Uint32Array;
  readonly byDuration: Uint32Array;
  /** Ordinals of the rows with more than one attempt. */
  readonly retried: Uint32Array;
  readonly retriedCombinations: Uint32Array;
  /** The rows with an error text: ordinals, which of the prints, and where in `errorText` (lower case) their text begins. */
  readonly errors: Uint32Array;
  /** Their rows and combinations again, to be read from one end to the other. */
  readonly errorRows: Float64Array;
  readonly errorCombinations: Uint32Array;
  readonly errorPrints: Uint32Array;
  readonly errorStarts: Uint32Array;
  readonly errorText: Uint8Array;
  /** Three by combination: ids of route, caller and outcome in the day file. */
  readonly shapeIds: Uint32Array;
}

export const NO_TOKENS = 2 ** 32 - 1;
/** Numbers a quarter hour has in `extremes`. */
export const EXTREME = { count: 7, duration: 0, tokens: 2, cost: 4, attempts: 6 } as const;

/** What belongs to the columns and is no column. */
export interface DayIndexHead {
  readonly day: number;
  readonly batch: number;
  readonly shapes: readonly (Shape & { readonly id: number })[];
  readonly prints: readonly ErrorPrint[];
}

/** The first ordinal whose row is not below `row`. */
export function ordinalAt({ rows }: DayColumns, row: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

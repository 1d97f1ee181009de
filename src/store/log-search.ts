import { QUARTERS_PER_DAY } from "./day-file.ts";
import { type DayColumns, type DayIndex, EXTREME, NO_TOKENS, ordinalAt } from "./day-index.ts";
import type { Bounds, CompiledFilter, RowRange } from "./log-filter.ts";

/** What so small a share of a day's rows pass is gathered from where it is listed; the rest is looked through in order. */
const FEW = 8;
/** Classes that rows are added up by. */
const KINDS = 4;

/** Of the day that is tallied. Kept from day to day: fresh memory costs more than what it is for. */
let quarterByOrdinal = new Uint8Array(0);

/** Ordinals among which is everything that is asked for. */
interface Few {
  readonly ordinals: Uint32Array;
  /** Theirs, where the index has them side by side: anywhere else each is a jump through the day. */
  readonly combinations: Uint32Array | null;
  /** There is nothing else among them. */
  readonly isExact: boolean;
}

/** What a filter finds in one day. */
export class DaySearch {
  readonly #columns: DayColumns;
  /** By combination: 0 out, 1 in when its error text holds what is searched for, 2 in. */
  readonly #verdicts: Uint8Array;
  /** Rows of the combinations that are in, without looking at numbers or texts. */
  readonly #candidates: number;
  /** Ordinals whose error text holds what is searched for, ascending. */
  readonly #hits: readonly number[];
  readonly #first: number;
  readonly #end: number;
  /** What passes of the few, ascending: looked for once, listed and counted. */
  #found: Uint32Array | null = null;

  constructor(
    index: DayIndex,
    private readonly filter: CompiledFilter,
    range: RowRange,
  ) {
    const { columns } = index;
    this.#columns = columns;
    this.#first = ordinalAt(columns, range.low);
    this.#end = range.low < range.high ? ordinalAt(columns, range.high) : this.#first;
    const { verdicts, candidates, mayHit } = judge(index, filter);
    this.#verdicts = verdicts;
    this.#candidates = candidates;
    this.#hits = mayHit && this.#first < this.#end ? hitsOf(columns, filter.text!) : [];
  }

  /** Calls `visit` with the ordinals that are found, until it answers true. */
  each(newestFirst: boolean, visit: (ordinal: number) => boolean): void {
    if (this.#isNothing()) return;
    const few = this.#fewest();
    if (few === null) this.#eachOfMany(newestFirst, visit);
    else this.#eachOf(this.#foundIn(few), newestFirst, visit);
  }

  /** Stops counting at `limit`. */
  count(limit: number): number {
    if (this.#isNothing()) return 0;
    if (this.#isWhole() && !this.#hasBounds() && this.#hits.length === 0) return Math.min(limit, this.#candidates);
    const few = this.#fewest();
    if (few !== null) return Math.min(limit, (few.isExact ? few.ordinals : this.#foundIn(few)).length);
    let count = 0;
    this.#eachOfMany(true, () => ++count >= limit);
    return count;
  }

  /** Adds up the rows by the class that `classes` gives each combination, and by quarter hour: `add(quarter, class, count)`. */
  tally(classes: Uint8Array, add: (quarter: number, kind: number, count: number) => void): void {
    const { combinations, quarters, postings, postingStarts } = this.#columns;
    const counts = new Int32Array(QUARTERS_PER_DAY * KINDS);
    const quarterOf = this.#quarterByOrdinal();
    if (this.#isEverything()) {
      // Most are of the first class: only the others are looked at.
      for (let quarter = 0; quarter < QUARTERS_PER_DAY; quarter++) {
        counts[quarter * KINDS] = quarters[quarter + 1]! - quarters[quarter]!;
      }
      for (let kind = 0; kind < classes.length; kind++) {
        if (classes[kind] === 0) continue;
        for (let at = postingStarts[kind]!; at < postingStarts[kind + 1]!; at++) {
          const first = quarterOf[postings[at]!]! * KINDS;
          counts[first] = counts[first]! - 1;
          counts[first + classes[kind]!] = counts[first + classes[kind]!]! + 1;
        }
      }
    } else {
      this.#eachInAnyOrder((ordinal) => {
        const at = quarterOf[ordinal]! * KINDS + classes[combinations[ordinal]!]!;
        counts[at] = counts[at]! + 1;
      });
    }
    for (let at = 0; at < counts.length; at++) {
      if (counts[at]! > 0) add(Math.floor(at / KINDS), at % KINDS, counts[at]!);
    }
  }

  /** The rows with an error text that are found, as positions in the columns of errors. */
  eachError(visit: (position: number) => void): void {
    const { errors, errorCombinations } = this.#columns;
    const hits = this.#hits.length === 0 ? null : new Set(this.#hits);
    for (let position = 0; position < errors.length; position++) {
      const ordinal = errors[position]!;
      if (this.#isInRange(ordinal) && this.#passes(ordinal, hits, errorCombinations[position]!)) visit(position);
    }
  }

  #isEverything(): boolean {
    const { length } = this.#columns.rows;
    return this.#isWhole() && this.#candidates === length && !this.#hasBounds();
  }

  #isWhole(): boolean {
    return this.#first === 0 && this.#end === this.#columns.rows.length;
  }

  #isNothing(): boolean {
    return this.#first >= this.#end || this.#candidates + this.#hits.length === 0;
  }

  /** Small enough to stay in the processor's cache, where the rows are not: they are asked for in the order of something else. */
  #quarterByOrdinal(): Uint8Array {
    const { quarters, rows } = this.#columns;
    if (quarterByOrdinal.length < rows.length) quarterByOrdinal = new Uint8Array(rows.length * 2);
    for (let quarter = 0; quarter < QUARTERS_PER_DAY; quarter++) {
      quarterByOrdinal.fill(quarter, quarters[quarter]!, quarters[quarter + 1]!);
    }
    return quarterByOrdinal;
  }

  #isInRange(ordinal: number): boolean {
    return ordinal >= this.#first && ordinal < this.#end;
  }

  #eachInAnyOrder(visit: (ordinal: number) => void): void {
    if (this.#isNothing()) return;
    const few = this.#fewest();
    if (few === null) {
      this.#eachOfMany(false, (ordinal) => {
        visit(ordinal);
        return false;
      });
      return;
    }
    const hits = this.#hits.length === 0 ? null : new Set(this.#hits);
    const { ordinals, combinations, isExact } = few;
    for (let at = 0; at < ordinals.length; at++) {
      const ordinal = ordinals[at]!;
      if (isExact || (this.#isInRange(ordinal) && this.#passes(ordinal, hits, combinations?.[at]))) visit(ordinal);
    }
  }

  /** The ordinals of the condition that rules out the most; null when none rules out enough. */
  #fewest(): Few | null {
    const { byCost, byTokens, byDuration, retried, retriedCombinations, costs, tokens, durationsUs, rows } =
      this.#columns;
    const { cost, tokens: tokenBounds, durationUs, attempts } = this.filter;
    const slices = [
      slice(byCost, costs, cost),
      slice(byTokens, tokens, tokenBounds),
      slice(byDuration, durationsUs, durationUs),
      attempts !== null && attempts.from > 1 ? retried : null,
    ].filter((found) => found !== null);
    const shortest = slices.sort((a, b) => a.length - b.length)[0];
    const ofShapes = this.#candidates + this.#hits.length;
    const bounds = [cost, tokenBounds, durationUs, attempts].filter((bound) => bound !== null).length;
    if (shortest !== undefined && shortest.length < ofShapes) {
      if (shortest.length >= rows.length / FEW) return null;
      const isExact = bounds === 1 && this.#candidates === rows.length && this.#isWhole();
      return { ordinals: shortest, combinations: shortest === retried ? retriedCombinations : null, isExact };
    }
    if (ofShapes >= rows.length / FEW) return null;
    return { ordinals: this.#ofShapes(), combinations: null, isExact: bounds === 0 && this.#isWhole() };
  }

  #ofShapes(): Uint32Array {
    const { postings, postingStarts, combinations } = this.#columns;
    const found = new Uint32Array(this.#candidates + this.#hits.length);
    let count = 0;
    for (let kind = 0; kind < this.#verdicts.length; kind++) {
      if (this.#verdicts[kind] !== 2) continue;
      for (let at = postingStarts[kind]!; at < postingStarts[kind + 1]!; at++) found[count++] = postings[at]!;
    }
    for (const ordinal of this.#hits) if (this.#verdicts[combinations[ordinal]!] === 1) found[count++] = ordinal;
    return found.subarray(0, count);
  }

  #foundIn({ ordinals, combinations, isExact }: Few): Uint32Array {
    if (this.#found !== null) return this.#found;
    const hits = this.#hits.length === 0 ? null : new Set(this.#hits);
    const passes = (ordinal: number, at: number) =>
      this.#isInRange(ordinal) && this.#passes(ordinal, hits, combinations?.[at]);
    this.#found = (isExact ? ordinals.slice() : ordinals.filter(passes)).sort();
    return this.#found;
  }

  #eachOf(found: Uint32Array, newestFirst: boolean, visit: (ordinal: number) => boolean): void {
    for (let step = 0; step < found.length; step++) {
      if (visit(found[newestFirst ? found.length - 1 - step : step]!)) return;
    }
  }

  #eachOfMany(newestFirst: boolean, visit: (ordinal: number) => boolean): void {
    const { quarters } = this.#columns;
    const hits = this.#hits.length === 0 ? null : new Set(this.#hits);
    for (let step = 0; step < QUARTERS_PER_DAY; step++) {
      const quarter = newestFirst ? QUARTERS_PER_DAY - 1 - step : step;
      const first = Math.max(this.#first, quarters[quarter]!);
      const end = Math.min(this.#end, quarters[quarter + 1]!);
      if (first >= end || this.#isRuledOut(quarter)) continue;
      if (newestFirst) {
        for (let at = end - 1; at >= first; at--) if (this.#passes(at, hits) && visit(at)) return;
      } else {
        for (let at = first; at < end; at++) if (this.#passes(at, hits) && visit(at)) return;
      }
    }
  }

  #passes(
    ordinal: number,
    hits: ReadonlySet<number> | null,
    combination = this.#columns.combinations[ordinal]!,
  ): boolean {
    const verdict = this.#verdicts[combination]!;
    if (verdict === 0 || (verdict === 1 && (hits === null || !hits.has(ordinal)))) return false;
    return this.#passesBounds(ordinal);
  }

  #passesBounds(ordinal: number): boolean {
    const { durationUs, tokens, cost, attempts } = this.filter;
    const columns = this.#columns;
    return (
      (cost === null || isWithin(cost, columns.costs[ordinal]!)) &&
      (durationUs === null || isWithin(durationUs, columns.durationsUs[ordinal]!)) &&
      (tokens === null || (columns.tokens[ordinal] !== NO_TOKENS && isWithin(tokens, columns.tokens[ordinal]!))) &&
      (attempts === null || isWithin(attempts, columns.attempts[ordinal]!))
    );
  }

  #hasBounds(): boolean {
    const { durationUs, tokens, cost, attempts } = this.filter;
    return (durationUs ?? tokens ?? cost ?? attempts) !== null;
  }

  /** True when no number of that quarter hour can be within the bounds. */
  #isRuledOut(quarter: number): boolean {
    const { extremes } = this.#columns;
    const at = quarter * EXTREME.count;
    const { durationUs, tokens, cost, attempts } = this.filter;
    const isOutside = (bounds: Bounds | null, offset: number) =>
      bounds !== null && (extremes[at + offset]! > bounds.to || extremes[at + offset + 1]! < bounds.from);
    return (
      isOutside(cost, EXTREME.cost) ||
      isOutside(durationUs, EXTREME.duration) ||
      isOutside(tokens, EXTREME.tokens) ||
      (attempts !== null && extremes[at + EXTREME.attempts]! < attempts.from)
    );
  }
}

/** The part of a sorted column that is within the bounds; null when they ask nothing or the column is not sorted (yet). */
function slice(order: Uint32Array, column: Float64Array | Uint32Array, bounds: Bounds | null): Uint32Array | null {
  if (bounds === null || order.length === 0) return null;
  const below = (isBelow: (value: number) => boolean) => {
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBelow(column[order[middle]!]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const first = below((value) => value < bounds.from);
  const end = below((value) => value <= bounds.to);
  return order.subarray(first, Math.max(first, end));
}

function isWithin({ from, to }: Bounds, value: number): boolean {
  return value >= from && value <= to; // never true of NaN
}

function judge({ routes, callers, outcomes, columns }: DayIndex, filter: CompiledFilter) {
  const verdicts = new Uint8Array(routes.length);
  const { postingStarts } = columns;
  let candidates = 0;
  let mayHit = false;
  for (let kind = 0; kind < verdicts.length; kind++) {
    const route = filter.routes[routes[kind]!]!;
    if (route === 0) continue;
    const caller = filter.callers[callers[kind]!]!;
    if (caller === 0) continue;
    const outcome = filter.outcomes[outcomes[kind]!]!;
    if (outcome === 0) continue;
    if (route === 2 || caller === 2 || outcome === 2) {
      verdicts[kind] = 2;
      candidates += postingStarts[kind + 1]! - postingStarts[kind]!;
    } else {
      verdicts[kind] = 1;
      mayHit = true;
    }
  }
  return { verdicts, candidates, mayHit };
}

/** Where the text stands in the day's error texts, which follow one another without a gap: a find over an edge is none. */
function hitsOf({ errors, errorStarts, errorText }: DayColumns, text: string): number[] {
  const bytes = Buffer.from(errorText.buffer, errorText.byteOffset, errorText.byteLength);
  const wanted = Buffer.from(text);
  const hits: number[] = [];
  let error = 0;
  for (let at = bytes.indexOf(wanted); at >= 0; ) {
    while (errorStarts[error + 1]! <= at) error++;
    const end = errorStarts[error + 1]!;
    if (at + wanted.length <= end) {
      hits.push(errors[error]!);
      at = bytes.indexOf(wanted, end);
    } else {
      at = bytes.indexOf(wanted, at + 1);
    }
  }
  return hits;
}

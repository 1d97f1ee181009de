import type { DayIndex } from "./day-index.ts";
import { type DayIndexes, LATER } from "./day-indexes.ts";
import { type CompiledFilter, compileFilter } from "./log-filter.ts";
import type { LogFilter } from "./reports.ts";
import { isDamage } from "./store-error.ts";

/**
 * The log as one question sees it: each day is read once, when it is first needed, and stays as it was then. So a page and its total
 * agree, and the newest page opens no older days. Indexes that are missing (after an upgrade) are made for a while; then what is
 * read ends, and the answer is partial.
 */
export class LogView {
  readonly #read = new Map<number, DayIndex | null | typeof LATER>();
  #filter: { readonly shapes: number; readonly compiled: CompiledFilter } | null = null;

  constructor(
    private readonly indexes: DayIndexes,
    private readonly days: readonly number[],
    private readonly asked: LogFilter,
    /** As performance.now() counts. */
    private readonly untilMs: number,
  ) {}

  /** Those days only that are wanted: the others are not read. */
  *indexed(newestFirst = true, isWanted: (day: number) => boolean = () => true): Generator<DayIndex> {
    for (const day of newestFirst ? this.days : [...this.days].reverse()) {
      if (!isWanted(day)) continue;
      let index = this.#read.get(day);
      if (index === undefined) {
        index = unlessDamaged(() => this.indexes.get(day, this.untilMs), null);
        this.#read.set(day, index);
      }
      if (index === LATER) return;
      if (index !== null) yield index;
    }
  }

  /** A day that was asked for has no index yet: what comes after it was not read. */
  get isPartial(): boolean {
    return this.#read.values().some((index) => index === LATER);
  }

  get oldestDay(): number | undefined {
    return this.days.at(-1);
  }

  get shapes() {
    return this.indexes.shapes;
  }

  /** For the days that were read so far: another one may bring shapes that the filter has not looked at. */
  get filter(): CompiledFilter {
    const { shapes } = this;
    if (this.#filter?.shapes !== shapes.count) {
      this.#filter = { shapes: shapes.count, compiled: compileFilter(this.asked, shapes) };
    }
    return this.#filter.compiled;
  }
}

/** A day that cannot be read must not hide the others: it counts as empty here. The writer sets it aside when it next writes it. */
export function unlessDamaged<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (isDamage(error)) return otherwise;
    throw error;
  }
}

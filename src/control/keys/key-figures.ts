import type { UsageByKey } from "../../store/reports.ts";
import type { ControlDeps } from "../deps.ts";
import type { KeyTable } from "./key-table.ts";

const DAY_MS = 86_400_000;
/** So old figures are shown while newer ones are read for the next page. */
const FRESH_MS = 5000;
/** Older ones are not shown. */
const OLDEST_MS = 60_000;

export type DayFigure = "requests_24h" | "errorRate_24h" | "cost_24h";

/** What the keys did in the last day, for lists that are sorted by it: read for all of them together, and kept for a moment. */
export class KeyFigures {
  readonly #deps: Pick<ControlDeps, "store" | "now">;
  #kept: { readonly atMs: number; readonly figures: DayFigures } | null = null;
  #reading: Promise<DayFigures> | null = null;

  constructor(deps: Pick<ControlDeps, "store" | "now">) {
    this.#deps = deps;
  }

  async read(): Promise<DayFigures> {
    const ageMs = this.#kept === null ? Infinity : Math.abs(this.#deps.now() - this.#kept.atMs);
    if (this.#kept === null || ageMs > OLDEST_MS) return this.#load();
    if (ageMs > FRESH_MS) this.#load().catch(() => {}); // Whoever waits for it the next time is told.
    return this.#kept.figures;
  }

  #load(): Promise<DayFigures> {
    this.#reading ??= this.#loadNow().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #loadNow(): Promise<DayFigures> {
    const toMs = this.#deps.now();
    const figures = new DayFigures(await this.#deps.store.usage.byKey({ fromMs: toMs - DAY_MS, toMs }));
    this.#kept = { atMs: toMs, figures };
    return figures;
  }
}

/** One reading. Columns are made when somebody sorts by them. */
export class DayFigures {
  readonly #usage: UsageByKey;
  readonly #columns = new Map<DayFigure, { readonly generation: number; readonly values: Float64Array }>();

  constructor(usage: UsageByKey) {
    this.#usage = usage;
  }

  /** By slot; 0 for keys that did nothing. */
  column(figure: DayFigure, table: KeyTable): Float64Array {
    const known = this.#columns.get(figure);
    if (known?.generation === table.generation) return known.values;
    const { keyIds, requests, errors, costNanoUsd } = this.#usage;
    const values = new Float64Array(table.columns.end);
    if (keyIds === "") return values;
    for (const [place, id] of keyIds.split("\n").entries()) {
      const slot = table.slotOf(id);
      if (slot === undefined) continue;
      if (figure === "requests_24h") values[slot] = requests[place]!;
      else if (figure === "cost_24h") values[slot] = costNanoUsd[place]!;
      else values[slot] = requests[place] === 0 ? 0 : errors[place]! / requests[place]!;
    }
    this.#columns.set(figure, { generation: table.generation, values });
    return values;
  }
}

import type { Caller, Outcome, Route } from "./shape.ts";
import { type CountedRow, QUARTER_MS, UsageCell } from "./usage-cell.ts";
import { groupOf } from "./usage-group.ts";

/** The quarter hours of one day that were touched, as Unix ms of their starts. */
export interface QuarterRange {
  first: number;
  last: number;
}

/** What happened since the last commit of the roll-ups: a cell per quarter hour and group. */
export class UsageDeltas {
  /** By start (Unix ms), then by the group's JSON. */
  readonly quarters = new Map<number, Map<string, UsageCell>>();
  /** Requests come in runs of the same quarter: their cells are found by shape numbers, without building a group. */
  readonly #byPair = new Map<number, UsageCell>();
  #pairQuarter = -1;

  /** `pair` tells (route, caller) apart while `forgetPairs` is not called. */
  add(atMs: number, pair: number, route: Route, caller: Caller, outcome: Outcome, row: CountedRow): void {
    const quarter = atMs - (atMs % QUARTER_MS);
    if (quarter !== this.#pairQuarter) {
      this.#byPair.clear();
      this.#pairQuarter = quarter;
    }
    let cell = this.#byPair.get(pair);
    if (cell === undefined) {
      cell = this.#cellAt(quarter, JSON.stringify(groupOf(route, caller)));
      this.#byPair.set(pair, cell);
    }
    cell.add(row, outcome);
  }

  /** The numbers of shapes have a new meaning from here on. */
  forgetPairs(): void {
    this.#byPair.clear();
  }

  clear(): void {
    this.quarters.clear();
    this.#byPair.clear();
  }

  #cellAt(quarter: number, group: string): UsageCell {
    let groups = this.quarters.get(quarter);
    if (groups === undefined) {
      groups = new Map();
      this.quarters.set(quarter, groups);
    }
    let cell = groups.get(group);
    if (cell === undefined) {
      cell = new UsageCell();
      groups.set(group, cell);
    }
    return cell;
  }
}

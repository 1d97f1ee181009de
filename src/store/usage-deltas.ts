import { cellOf } from "./packed-cells.ts";
import type { Caller, Outcome, Route } from "./shape.ts";
import { type CountedRow, QUARTER_MS, type UsageCell } from "./usage-cell.ts";
import { groupOf } from "./usage-group.ts";

/** The quarter hours of one day that were touched, as Unix ms of their starts. */
export interface QuarterRange {
  first: number;
  last: number;
}

/** The numbers of a row's shapes, and what they stand for. */
export interface RowShapes {
  readonly routeNumber: number;
  readonly callerNumber: number;
  readonly outcomeNumber: number;
  readonly route: Route;
  readonly caller: Caller;
  readonly outcome: Outcome;
}

/** What happened since the last commit of the roll-ups: a cell per quarter hour and group. */
export class UsageDeltas {
  /** By start (Unix ms), then by the group's JSON. */
  readonly quarters = new Map<number, Map<string, UsageCell>>();
  /** Requests come in runs of the same quarter: their cells are found by shape numbers, without building a group. */
  readonly #byShapes = new Map<number, Map<number, UsageCell>>();
  #quarterOfShapes = -1;

  /** The numbers tell shapes apart while `forgetShapes` is not called. */
  add(atMs: number, shapes: RowShapes, row: CountedRow): void {
    const quarter = atMs - (atMs % QUARTER_MS);
    if (quarter !== this.#quarterOfShapes) {
      this.#byShapes.clear();
      this.#quarterOfShapes = quarter;
    }
    const pair = shapes.routeNumber * 2 ** 24 + shapes.callerNumber;
    let byOutcome = this.#byShapes.get(pair);
    if (byOutcome === undefined) {
      byOutcome = new Map();
      this.#byShapes.set(pair, byOutcome);
    }
    let cell = byOutcome.get(shapes.outcomeNumber);
    if (cell === undefined) {
      cell = this.cellAt(quarter, JSON.stringify(groupOf(shapes.route, shapes.caller, shapes.outcome)));
      byOutcome.set(shapes.outcomeNumber, cell);
    }
    cell.add(row, shapes.outcome);
  }

  /** The numbers of shapes have a new meaning from here on. */
  forgetShapes(): void {
    this.#byShapes.clear();
  }

  clear(): void {
    this.quarters.clear();
    this.#byShapes.clear();
  }

  /** Finds or makes it. */
  cellAt(quarter: number, group: string): UsageCell {
    let groups = this.quarters.get(quarter);
    if (groups === undefined) {
      groups = new Map();
      this.quarters.set(quarter, groups);
    }
    return cellOf(groups, group);
  }
}

import type { DayColumns, DayIndex, DayIndexHead } from "./day-index.ts";
import type { Caller, Outcome, Route } from "./shape.ts";

/** The shapes of all days under one number each: a filter looks at a shape once, not once a day. */
export class ShapeTable {
  readonly routes = new Interned<Route>();
  readonly callers = new Interned<Caller>();
  readonly outcomes = new Interned<Outcome>();

  /** Makes an index of its columns. */
  attach(head: DayIndexHead, columns: DayColumns): DayIndex {
    const numbers = new Map<number, number>();
    for (const { id, kind, value } of head.shapes) {
      const table = kind === "route" ? this.routes : kind === "caller" ? this.callers : this.outcomes;
      numbers.set(id, table.number(value));
    }
    const count = columns.shapeIds.length / 3;
    const numbersOf = (offset: number) =>
      Uint32Array.from({ length: count }, (_, index) => numbers.get(columns.shapeIds[index * 3 + offset]!)!);
    const [routes, callers, outcomes] = [numbersOf(0), numbersOf(1), numbersOf(2)];
    return { day: head.day, batch: head.batch, columns, routes, callers, outcomes, prints: head.prints };
  }

  get count(): number {
    return this.routes.values.length + this.callers.values.length + this.outcomes.values.length;
  }
}

class Interned<Value> {
  readonly values: Value[] = [];
  readonly #numbers = new Map<string, number>();

  number(json: string): number {
    let number = this.#numbers.get(json);
    if (number === undefined) {
      number = this.values.push(JSON.parse(json)) - 1;
      this.#numbers.set(json, number);
    }
    return number;
  }
}

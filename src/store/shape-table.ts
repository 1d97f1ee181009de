import type { DayColumns, DayIndex, DayIndexHead } from "./day-index.ts";
import type { Caller, Outcome, Route, RowShapes } from "./shape.ts";

/** The shapes of all days under one number each: a filter looks at a shape once, not once a day. */
export class ShapeTable {
  readonly routes = new Interned<Route>();
  readonly callers = new Interned<Caller>();
  readonly outcomes = new Interned<Outcome>();

  /** Makes an index of its columns. */
  attach(head: DayIndexHead, columns: DayColumns): DayIndex {
    const numbers: number[] = [];
    for (const { id, kind, value } of head.shapes) {
      const table = kind === "route" ? this.routes : kind === "caller" ? this.callers : this.outcomes;
      numbers[id] = table.number(value);
    }
    const count = columns.shapeIds.length / 3;
    const numbersOf = (offset: number) => {
      const found = new Uint32Array(count);
      for (let index = 0; index < count; index++) found[index] = numbers[columns.shapeIds[index * 3 + offset]!]!;
      return found;
    };
    const [routes, callers, outcomes] = [numbersOf(0), numbersOf(1), numbersOf(2)];
    return { day: head.day, batch: head.batch, columns, routes, callers, outcomes, prints: head.prints };
  }

  /** What a row of the index refers to. */
  of({ columns, routes, callers, outcomes }: DayIndex, ordinal: number): RowShapes {
    const combination = columns.combinations[ordinal]!;
    return {
      route: this.routes.values[routes[combination]!]!,
      caller: this.callers.values[callers[combination]!]!,
      outcome: this.outcomes.values[outcomes[combination]!]!,
    };
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

import type { Batch } from "./batch.ts";
import { keepRanges } from "./bulk-texts.ts";
import { BODY_FIELDS, BULK_FIELDS, FIELD, FIELDS_PER_ROW, TEXT_FIELDS } from "./log-fields.ts";
import type { Caller, Outcome, Route, Shape } from "./shape.ts";

/** A shape as the writer keeps it: its JSON for the files, its value for the roll-ups. */
type KnownShape = Shape & { readonly parsed: Route | Caller | Outcome };

/** The shapes of the running generation, by number. Fed by the batches in their order. */
export class KnownShapes {
  #shapes: KnownShape[] = [];
  #generation = -1;

  learn(batch: Batch): void {
    if (batch.generation !== this.#generation) {
      this.#shapes = [];
      this.#generation = batch.generation;
    }
    for (const shape of batch.shapes) this.#shapes.push({ ...shape, parsed: JSON.parse(shape.value) });
  }

  /** A view that later generations do not change. */
  get current(): readonly KnownShape[] {
    return this.#shapes;
  }
}

/** A batch, read in place: positions from 0 to `count` - 1, nothing is built that is not asked for. */
export class BatchRows {
  readonly numbers: Float64Array;
  readonly generation: number;
  readonly count: number;
  readonly #text: string;
  readonly #bodies: Uint8Array;
  readonly bulk: string;
  readonly #textStarts: Float64Array;
  readonly #bulkStarts: Float64Array;
  readonly #bodyStarts: Float64Array;

  constructor(
    batch: Batch,
    readonly shapes: readonly KnownShape[],
  ) {
    this.numbers = batch.numbers;
    this.generation = batch.generation;
    this.count = batch.count;
    this.#text = batch.text;
    this.#bodies = batch.bodies;
    this.bulk = batch.bulk;
    this.#textStarts = this.#starts(TEXT_FIELDS);
    this.#bulkStarts = this.#starts(BULK_FIELDS);
    this.#bodyStarts = this.#starts(BODY_FIELDS);
  }

  startOf(position: number): number {
    return position * FIELDS_PER_ROW;
  }

  number(position: number, field: number): number {
    return this.numbers[position * FIELDS_PER_ROW + field]!;
  }

  shape(number: number): Shape {
    return this.shapes[number]!;
  }

  route(position: number): Route {
    return this.shapes[this.number(position, FIELD.route)]!.parsed as Route;
  }

  caller(position: number): Caller {
    return this.shapes[this.number(position, FIELD.caller)]!.parsed as Caller;
  }

  outcome(position: number): Outcome {
    return this.shapes[this.number(position, FIELD.outcome)]!.parsed as Outcome;
  }

  /** One of TEXT_FIELDS. */
  text(position: number, field: number): string | null {
    const chars = this.number(position, field);
    if (Number.isNaN(chars)) return null;
    let start = this.#textStarts[position]!;
    for (const before of TEXT_FIELDS) {
      if (before === field) break;
      start += this.number(position, before) || 0;
    }
    return this.#text.slice(start, start + chars);
  }

  /** The bulky texts with those of other rows blanked: what a row's texts stand beside is not kept where the row is not. */
  bulkOf(positions: readonly number[]): string {
    if (positions.length === this.count) return this.bulk;
    const ranges = positions.map((position) => {
      const start = this.#bulkStarts[position]!;
      const chars = BULK_FIELDS.reduce((sum, field) => sum + (this.number(position, field) || 0), 0);
      return { start, chars };
    });
    return keepRanges(this.bulk, ranges);
  }

  /** Where the row's texts begin in `bulk`. */
  bulkStart(position: number): number {
    return this.#bulkStarts[position]!;
  }

  /** Null when the row has no bodies. */
  bodies(position: number): { readonly request: Uint8Array | null; readonly response: Uint8Array | null } | null {
    const requestBytes = this.number(position, FIELD.requestBodyBytes);
    const responseBytes = this.number(position, FIELD.responseBodyBytes);
    if (Number.isNaN(requestBytes) && Number.isNaN(responseBytes)) return null;
    const start = this.#bodyStarts[position]!;
    const middle = start + (requestBytes || 0);
    return {
      request: Number.isNaN(requestBytes) ? null : this.#bodies.subarray(start, middle),
      response: Number.isNaN(responseBytes) ? null : this.#bodies.subarray(middle, middle + responseBytes),
    };
  }

  /** Where each row's part begins, by the lengths of all parts before it. NaN, no part, counts nothing. */
  #starts(lengths: readonly number[]): Float64Array {
    const starts = new Float64Array(this.count);
    let at = 0;
    for (let position = 0; position < this.count; position++) {
      starts[position] = at;
      for (const field of lengths) at += this.number(position, field) || 0;
    }
    return starts;
  }
}

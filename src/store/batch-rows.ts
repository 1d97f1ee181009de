import type { RequestContent } from "../record.ts";
import type { Batch } from "./batch.ts";
import { FIELD, FIELDS_PER_ROW } from "./log-fields.ts";
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
  readonly #textStarts: Float64Array;
  readonly #bodyStarts: number[] = [];

  constructor(
    readonly batch: Batch,
    readonly shapes: readonly KnownShape[],
  ) {
    this.numbers = batch.numbers;
    this.generation = batch.generation;
    this.count = batch.count;
    this.#text = batch.text;
    this.#textStarts = new Float64Array(batch.count);
    let text = 0;
    for (let position = 0; position < batch.count; position++) {
      this.#textStarts[position] = text;
      text += this.#chars(position, FIELD.upstreamIdChars);
      text += this.#chars(position, FIELD.rawUsageChars);
      text += this.#chars(position, FIELD.detailChars);
    }
    let body = 0;
    for (const content of batch.contents) {
      this.#bodyStarts.push(body);
      body += (content.requestBodyBytes ?? 0) + (content.responseBodyBytes ?? 0);
    }
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

  upstreamId(position: number): string | null {
    return this.#slice(position, FIELD.upstreamIdChars, 0);
  }

  rawUsage(position: number): string | null {
    return this.#slice(position, FIELD.rawUsageChars, this.#chars(position, FIELD.upstreamIdChars));
  }

  detail(position: number): string | null {
    const before = this.#chars(position, FIELD.upstreamIdChars) + this.#chars(position, FIELD.rawUsageChars);
    return this.#slice(position, FIELD.detailChars, before);
  }

  content(position: number): RequestContent | null {
    const index = this.number(position, FIELD.content);
    if (Number.isNaN(index)) return null;
    const { requestBodyBytes, responseBodyBytes, ...rest } = this.batch.contents[index]!;
    const start = this.#bodyStarts[index]!;
    const middle = start + (requestBodyBytes ?? 0);
    return {
      ...rest,
      requestBody: requestBodyBytes === null ? null : this.batch.bodies.subarray(start, middle),
      responseBody: responseBodyBytes === null ? null : this.batch.bodies.subarray(middle, middle + responseBodyBytes),
    };
  }

  #chars(position: number, field: number): number {
    const chars = this.number(position, field);
    return Number.isNaN(chars) ? 0 : chars;
  }

  #slice(position: number, field: number, offset: number): string | null {
    const chars = this.number(position, field);
    if (Number.isNaN(chars)) return null;
    const start = this.#textStarts[position]! + offset;
    return this.#text.slice(start, start + chars);
  }
}

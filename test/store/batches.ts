import type { RequestRecord } from "../../src/record.ts";
import { type Batch, BatchEncoder, BatchMessages } from "../../src/store/batch.ts";

/** Records as the writer Worker gets them, without the queue. */
export class Batches {
  readonly #encoder = new BatchEncoder();
  #messages = new BatchMessages();
  #number = 1;

  of(records: readonly RequestRecord[]): Batch {
    for (const record of records) this.#encoder.add(record);
    return this.#messages.message(this.#number++, this.#encoder.seal());
  }

  /** Whoever gets the next one has not seen the others. */
  toAnother(): void {
    this.#messages = new BatchMessages();
  }
}

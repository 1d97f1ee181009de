import { MalformedError } from "./errors.ts";
import { hasHeadEnd } from "./response-head.ts";

/** How far back a head's end may begin in bytes that were looked at before. */
const END_OVERLAP = 2;

/** A head that comes in pieces. Each byte is copied and looked at a bounded number of times, whatever the pieces' size. */
export class PartialHead {
  #buffer: Uint8Array;
  #length: number;

  constructor(
    begun: Uint8Array,
    private readonly limit: number,
  ) {
    this.#buffer = begun;
    this.#length = begun.length;
    this.#refuseTooLong();
  }

  /** All bytes so far once a head ends among them, else null. Throws MalformedError when it has grown beyond the limit. */
  add(block: Uint8Array): Uint8Array | null {
    const before = this.#length;
    const length = before + block.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(length * 2);
      larger.set(this.#buffer.subarray(0, before));
      this.#buffer = larger;
    }
    this.#buffer.set(block, before);
    this.#length = length;
    const bytes = this.#buffer.subarray(0, length);
    if (hasHeadEnd(bytes, Math.max(0, before - END_OVERLAP))) return bytes;
    this.#refuseTooLong();
    return null;
  }

  #refuseTooLong(): void {
    if (this.#length > this.limit) throw new MalformedError("the head is too long");
  }
}

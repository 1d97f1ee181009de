/** Numbers as varints (7 bits a byte, low ones first): small counts take one byte. Whole numbers from 0 to 2^53. */
export class Packing {
  #bytes = new Uint8Array(1024);
  #length = 0;

  add(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** What `write` adds, behind its length in bytes. */
  addSized(write: () => void): void {
    const start = this.#length;
    write();
    const size = this.#length - start;
    const header = size < 128 ? 1 : size < 16_384 ? 2 : size < 2_097_152 ? 3 : 4;
    if (this.#length + header + 8 > this.#bytes.length) this.#grow(header + 8);
    this.#bytes.copyWithin(start + header, start, this.#length);
    this.#length = start;
    this.add(size);
    this.#length += size;
  }

  /** A copy of what was added. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads what Packing wrote. Beyond the end, zeros: damaged bytes say what can be read of them. */
export class Packed {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  next(): number {
    const { bytes } = this;
    let byte = bytes[this.at++]!;
    if (byte < 128) return byte;
    let value = 0;
    let factor = 1;
    while (byte >= 128) {
      value += (byte & 0x7f) * factor;
      factor *= 128;
      byte = bytes[this.at++]!;
    }
    return value + (byte || 0) * factor;
  }
}

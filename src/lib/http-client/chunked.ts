import { MalformedError } from "./errors.ts";

const CR = 13;
const LF = 10;
const TAB = 9;
const SPACE = 32;
const SEMICOLON = 59;

const MAX_SIZE = 2 ** 40;
const MAX_SIZE_DIGITS = 16;
const MAX_EXTENSION_BYTES = 4_096;
const MAX_TRAILER_BYTES = 16_384;

type State =
  | "size"
  | "extension"
  | "size_lf"
  | "data"
  | "data_cr"
  | "data_lf"
  | "trailer"
  | "trailer_line"
  | "trailer_lf"
  | "last_lf"
  | "done";

/**
 * The chunked transfer coding (RFC 9112, 7.1), block after block as they come from the connection, cut anywhere. Line ends are
 * CRLF and nothing else: this is where two readers that disagree are played against each other.
 */
export class ChunkedDecoder {
  #state: State = "size";
  #size = 0;
  #digits = 0;
  #skipped = 0;

  get isDone(): boolean {
    return this.#state === "done";
  }

  /**
   * The data in this block from `from` on, as one view into it, or null. The chunks of a block are moved together in place:
   * whatever sizes a peer chooses, a block costs one view. `end` is where the message ended, when `isDone`. Throws
   * MalformedError.
   */
  decode(block: Uint8Array, from: number): { readonly data: Uint8Array | null; readonly end: number } {
    let at = from;
    let dataStart = -1;
    let dataEnd = -1;
    while (at < block.length && this.#state !== "done") {
      if (this.#state !== "data") {
        this.#takeByte(block[at++]!);
        continue;
      }
      const count = Math.min(this.#size, block.length - at);
      if (dataStart < 0) {
        dataStart = at;
        dataEnd = at;
      } else {
        block.copyWithin(dataEnd, at, at + count);
      }
      dataEnd += count;
      at += count;
      this.#size -= count;
      if (this.#size === 0) this.#state = "data_cr";
    }
    return { data: dataStart < 0 ? null : block.subarray(dataStart, dataEnd), end: at };
  }

  #takeByte(byte: number): void {
    switch (this.#state) {
      case "size":
        this.#takeSize(byte);
        return;
      case "extension":
        if (byte === LF || ++this.#skipped > MAX_EXTENSION_BYTES) throw new MalformedError("a bad chunk extension");
        if (byte === CR) this.#state = "size_lf";
        return;
      case "size_lf":
        this.#expect(byte, LF);
        this.#state = this.#size === 0 ? "trailer" : "data";
        this.#skipped = 0;
        return;
      case "data_cr":
        this.#expect(byte, CR);
        this.#state = "data_lf";
        return;
      case "data_lf":
        this.#expect(byte, LF);
        this.#state = "size";
        this.#digits = 0;
        return;
      case "trailer":
        this.#skipTrailer(byte);
        this.#state = byte === CR ? "last_lf" : "trailer_line";
        return;
      case "trailer_line":
        this.#skipTrailer(byte);
        if (byte === CR) this.#state = "trailer_lf";
        return;
      case "trailer_lf":
        this.#expect(byte, LF);
        this.#state = "trailer";
        return;
      case "last_lf":
        this.#expect(byte, LF);
        this.#state = "done";
        return;
    }
  }

  #takeSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#size = this.#digits === 0 ? digit : this.#size * 16 + digit;
      if (++this.#digits > MAX_SIZE_DIGITS || this.#size > MAX_SIZE)
        throw new MalformedError("a chunk that is too large");
      return;
    }
    if (this.#digits === 0) throw new MalformedError("a chunk without a size");
    // Blanks before the line end are not allowed but were common once, and mean nothing else.
    if (byte === CR) this.#state = "size_lf";
    else if (byte === SEMICOLON || byte === SPACE || byte === TAB) this.#state = "extension";
    else throw new MalformedError("a chunk size that is no number");
  }

  #skipTrailer(byte: number): void {
    if (byte === LF || ++this.#skipped > MAX_TRAILER_BYTES) throw new MalformedError("bad trailers");
  }

  #expect(byte: number, expected: number): void {
    if (byte !== expected) throw new MalformedError("a chunk without its line end");
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

import { concat } from "../bytes.ts";
import { HttpError } from "./errors.ts";
import type { HttpBody } from "./types.ts";

/** Unread bytes beyond which the peer has to wait. One data event of Bun brings up to 512 KB, so up to three times this is held. */
const HIGH_WATER_BYTES = 262_144;
/** What a block costs beside its bytes, so that a peer who sends them one at a time is held up as soon. */
const BLOCK_OVERHEAD_BYTES = 256;
const FIRST_CAPACITY_BYTES = 65_536;
/** A length is believed up to here: whoever names a larger one has to send something first. */
const BELIEVED_BYTES = 262_144;
const EMPTY = new Uint8Array(0);

/** Who fills the body. */
export interface BodySource {
  readonly reused: boolean;
  pauseBody(): void;
  resumeBody(): void;
  abort(): void;
}

interface Reader {
  readonly resolve: (block: Uint8Array | null) => void;
  readonly reject: (error: unknown) => void;
}

/** An answer's body between the connection, which pushes, and the caller, who pulls. */
export class IncomingBody implements HttpBody {
  #first: Uint8Array | null = null;
  #more: Uint8Array[] | null = null;
  #unread = 0;
  #isPaused = false;
  #hasEnded = false;
  #failure: HttpError | null = null;
  /** Who waits: for the next block, or with `#whole` for everything. */
  #reader: Reader | null = null;
  #whole: Collector | null = null;
  #onReadable: (() => void) | null = null;

  constructor(
    private readonly source: BodySource,
    readonly length: number | null,
  ) {}

  read(): Uint8Array | null | Promise<Uint8Array | null> {
    const block = this.poll();
    if (block !== undefined) return block;
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  whenReadable(callback: () => void): void {
    this.#onReadable = callback;
  }

  poll(): Uint8Array | null | undefined {
    if (this.#reader !== null || this.#onReadable !== null) {
      throw new Error("a body has one reader, and one read at a time");
    }
    const block = this.#take();
    if (block !== null) {
      if (this.#isPaused) this.#resume();
      return block;
    }
    if (this.#failure !== null) throw this.#failure;
    return this.#hasEnded ? null : undefined;
  }

  readAll(limit: number): Uint8Array | Promise<Uint8Array> {
    if (this.#reader !== null || this.#onReadable !== null) {
      throw new Error("a body has one reader, and one read at a time");
    }
    if (this.#failure !== null) throw this.#failure;
    if (this.#unread > limit || (this.length ?? 0) > limit) throw this.#refuseSize();
    if (this.#hasEnded) return this.#take() ?? EMPTY;
    const whole = new Collector(limit, Math.min(this.length ?? FIRST_CAPACITY_BYTES, BELIEVED_BYTES));
    const begun = this.#take();
    if (begun !== null) whole.add(begun);
    this.#whole = whole;
    const result = new Promise<Uint8Array>((resolve, reject) => {
      this.#reader = { resolve: () => resolve(whole.bytes()), reject };
    });
    if (this.#isPaused) this.#resume();
    return result;
  }

  cancel(): void {
    this.source.abort();
  }

  /** The next bytes, which are the body's from now on. */
  push(block: Uint8Array): void {
    if (this.#whole !== null) {
      if (!this.#whole.add(block)) this.#refuseSize();
      return;
    }
    if (this.#reader !== null) {
      this.#settle(block);
      return;
    }
    if (this.#first === null) this.#first = block;
    else if (this.#more === null) this.#more = [block];
    else this.#more.push(block);
    this.#unread += block.length;
    if (!this.#isPaused && this.#unread + this.#blockCount() * BLOCK_OVERHEAD_BYTES > HIGH_WATER_BYTES) {
      this.#isPaused = true;
      this.source.pauseBody();
    }
    this.#wake();
  }

  /** The proper end. */
  end(): void {
    this.#hasEnded = true;
    // One block can bring more than the mark and the end too; the connection goes on to the next call.
    if (this.#isPaused) this.#resume();
    this.#settle(null);
    this.#wake();
  }

  /** The body broke off. What has come can still be read, unless the caller himself gave up. */
  fail(error: HttpError): void {
    if (this.#hasEnded || this.#failure !== null) return;
    this.#failure = error;
    if (error.code === "aborted") this.#take();
    const reader = this.#reader;
    this.#reader = null;
    this.#whole = null;
    reader?.reject(error);
    this.#wake();
  }

  #wake(): void {
    const callback = this.#onReadable;
    this.#onReadable = null;
    callback?.();
  }

  #settle(block: Uint8Array | null): void {
    const reader = this.#reader;
    this.#reader = null;
    this.#whole = null;
    reader?.resolve(block);
  }

  #take(): Uint8Array | null {
    const first = this.#first;
    if (first === null) return null;
    const more = this.#more;
    this.#first = null;
    this.#more = null;
    this.#unread = 0;
    return more === null ? first : concat([first, ...more]);
  }

  #blockCount(): number {
    return 1 + (this.#more?.length ?? 0);
  }

  #resume(): void {
    this.#isPaused = false;
    this.source.resumeBody();
  }

  #refuseSize(): HttpError {
    const error = new HttpError("too_large", "the answer is larger than allowed", this.source.reused);
    this.#take();
    this.fail(error);
    this.source.abort();
    return error;
  }
}

/** Gathers a body in one growing buffer: however small the blocks are, none of them is kept. */
class Collector {
  #buffer: Uint8Array = EMPTY;
  #length = 0;

  constructor(
    private readonly limit: number,
    private readonly firstCapacity: number,
  ) {}

  /** False when that is more than allowed. */
  add(block: Uint8Array): boolean {
    const length = this.#length + block.length;
    if (length > this.limit) return false;
    if (length > this.#buffer.length) {
      const capacity = Math.max(length, Math.min(this.limit, this.#buffer.length * 2), this.firstCapacity);
      const larger = Buffer.allocUnsafeSlow(capacity);
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(block, this.#length);
    this.#length = length;
    return true;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}

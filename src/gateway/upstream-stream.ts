import { type ByteReader, latin1, readerOf } from "../lib/bytes.ts";
import { SseFramer } from "../lib/sse.ts";
import type { StreamWatcher } from "../protocols/protocol.ts";

/** Why a stream ended otherwise than it should. */
export type StreamEnd =
  | { readonly kind: "complete" }
  | { readonly kind: "truncated"; readonly message: string }
  | { readonly kind: "error"; readonly body: string }
  | { readonly kind: "timeout" }
  | { readonly kind: "aborted" };

const NEWLINES = Buffer.from("\n\n");

/**
 * An upstream's event stream: whole, watched frames, one block at a time. Reading is pulled by the client's side, so a slow
 * client slows the upstream and nothing piles up here.
 */
export class UpstreamStream {
  readonly #reader: ByteReader;
  readonly #framer = new SseFramer();
  #timedOut = false;
  /** Since when a read is waiting; 0 while the client's side is slow and nothing is read. */
  #waitingSinceMs = 0;
  #ended: StreamEnd | null = null;
  /** Frames that came before the first content: they go out with it. */
  readonly #held: Uint8Array[] = [];

  constructor(
    body: ReadableStream<Uint8Array>,
    readonly watcher: StreamWatcher,
    private readonly options: {
      readonly abort: AbortController;
      readonly firstTokenMs: number;
      readonly idleMs: number;
      readonly maxEventBytes: number;
    },
  ) {
    this.#reader = readerOf(body);
  }

  /** How it ended; null while it runs. */
  get ended(): StreamEnd | null {
    return this.#ended;
  }

  /** Reads until the first frame with content. Null: it can be relayed; else how it ended before that. */
  async open(): Promise<StreamEnd | null> {
    while (!this.watcher.facts.hasContent) {
      const block = await this.#read();
      if (block !== null) this.#held.push(block);
      // What came with the error in one piece has still been said; a proper end without content is an answer too.
      if (this.#ended === null || this.watcher.facts.hasContent) continue;
      if (this.#ended.kind === "complete") break;
      return this.#ended;
    }
    return null;
  }

  /** The next block for the client; null at the end: then look at `ended`. */
  async next(): Promise<Uint8Array | null> {
    const held = this.#held.shift();
    if (held !== undefined) return held;
    while (this.#ended === null) {
      const block = await this.#read();
      if (block !== null) return block;
    }
    return null;
  }

  /** Ends a read that has waited too long. Called now and then. */
  check(nowMs: number): void {
    if (this.#waitingSinceMs === 0) return;
    const { firstTokenMs, idleMs, abort } = this.options;
    if (nowMs - this.#waitingSinceMs < (this.watcher.facts.hasContent ? idleMs : firstTokenMs)) return;
    this.#timedOut = true;
    abort.abort();
  }

  cancel(): void {
    this.#ended ??= { kind: "aborted" };
    this.#reader.cancel().catch(() => {});
    this.options.abort.abort();
  }

  /** One network chunk; null when it completed no frame, or at the end. */
  async #read(): Promise<Uint8Array | null> {
    let result: Awaited<ReturnType<ByteReader["read"]>>;
    this.#waitingSinceMs = Date.now();
    try {
      result = await this.#reader.read();
    } catch {
      this.#ended = this.#timedOut
        ? { kind: "timeout" }
        : this.options.abort.signal.aborted
          ? { kind: "aborted" }
          : { kind: "truncated", message: "the connection broke in the middle of the stream" };
      return null;
    }
    this.#waitingSinceMs = 0;
    if (result.done || result.value === undefined) return this.#finish();
    const block = this.#framer.push(result.value);
    if (this.#framer.pending > this.options.maxEventBytes) {
      this.#fail({ kind: "truncated", message: "an event was larger than the limit" });
      return null;
    }
    return block === null ? null : this.#watch(block);
  }

  #watch(block: Uint8Array): Uint8Array | null {
    const out = this.watcher.take(block);
    const { error } = this.watcher.facts;
    if (error !== null) this.#fail({ kind: "error", body: error });
    return out;
  }

  /** The body is over: a last frame without its empty line counts when it is whole. */
  #finish(): Uint8Array | null {
    let last: Uint8Array | null = null;
    const rest = this.#framer.rest();
    if (rest !== null && isWhole(latin1(rest))) last = this.#watch(Buffer.concat([rest, NEWLINES]));
    if (this.#ended !== null) return last;
    const tail = this.watcher.end();
    if (tail === null) {
      this.#ended = { kind: "truncated", message: "the stream ended before the answer was complete" };
      return last;
    }
    this.#ended = { kind: "complete" };
    if (tail.length === 0) return last;
    return last === null ? tail : Buffer.concat([last, tail]);
  }

  #fail(end: StreamEnd): void {
    this.#ended = end;
    this.#reader.cancel().catch(() => {});
    this.options.abort.abort();
  }
}

function isWhole(frame: string): boolean {
  const at = frame.lastIndexOf("data:");
  if (at < 0) return false;
  const data = frame.slice(at + 5).trim();
  if (data === "[DONE]") return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}

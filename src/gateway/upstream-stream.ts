import { latin1 } from "../lib/bytes.ts";
import type { HttpBody } from "../lib/http-client/types.ts";
import { SseFramer } from "../lib/sse.ts";
import type { StreamWatcher } from "../protocols/protocol.ts";
import type { Abort } from "./abort.ts";

/** Why a stream ended otherwise than it should. */
export type StreamEnd =
  | { readonly kind: "complete" }
  | { readonly kind: "truncated"; readonly message: string }
  | { readonly kind: "error"; readonly body: string }
  | { readonly kind: "timeout" }
  | { readonly kind: "aborted" };

/** Stands for a read that failed: neither bytes nor an end. */
const BROKEN = new Uint8Array();

const NEWLINES = Buffer.from("\n\n");

/**
 * An upstream's event stream: whole, watched frames, one block at a time. Reading is pulled by the client's side, so a slow
 * client slows the upstream and nothing piles up here.
 */
export class UpstreamStream {
  readonly #framer = new SseFramer();
  readonly #openedAtMs = Date.now();
  #timedOut = false;
  /** Since when a read is waiting; 0 while the client's side is slow and nothing is read. */
  #waitingSinceMs = 0;
  #ended: StreamEnd | null = null;
  /** Frames that came before the first content: they go out with it. */
  readonly #held: Uint8Array[] = [];

  constructor(
    private readonly body: HttpBody,
    readonly watcher: StreamWatcher,
    private readonly options: {
      readonly abort: Abort;
      readonly firstTokenMs: number;
      readonly idleMs: number;
      readonly maxEventBytes: number;
    },
  ) {}

  /** How it ended; null while it runs. */
  get ended(): StreamEnd | null {
    return this.#ended;
  }

  /** Reads until the first frame with content. Null: it can be relayed; else how it ended before that. */
  async open(): Promise<StreamEnd | null> {
    while (!this.watcher.facts.hasContent) {
      const read = this.read();
      const block = this.accept(read instanceof Promise ? await read : read);
      if (block !== null) this.#held.push(block);
      // What came with the error in one piece has still been said; a proper end without content is an answer too.
      if (this.#ended === null || this.watcher.facts.hasContent) continue;
      if (this.#ended.kind === "complete") break;
      return this.#ended;
    }
    return null;
  }

  /** A block that was read before it could be sent, if there is one. */
  takeHeld(): Uint8Array | null {
    return this.#held.shift() ?? null;
  }

  /** What the network has brought, for `accept`; undefined: nothing yet, `callback` is called once when it is time to ask again. */
  poll(callback: () => void): Uint8Array | null | undefined {
    try {
      const chunk = this.body.poll();
      if (chunk !== undefined) return chunk;
    } catch {
      return BROKEN;
    }
    this.#waitingSinceMs = Date.now();
    this.body.whenReadable(callback);
    return undefined;
  }

  /** Waits for what the network brings next. Never rejects; give what comes to `accept`. */
  read(): Uint8Array | null | Promise<Uint8Array | null> {
    this.#waitingSinceMs = Date.now();
    try {
      const read = this.body.read();
      return read instanceof Promise ? read.catch(() => BROKEN) : read;
    } catch {
      return BROKEN;
    }
  }

  /** Takes what was read; returns the whole frames for the client, null when there are none (look at `ended`). */
  accept(chunk: Uint8Array | null): Uint8Array | null {
    this.#waitingSinceMs = 0;
    if (chunk === null) return this.#finish();
    if (chunk === BROKEN) {
      this.#ended ??= this.#brokenEnd();
      return null;
    }
    const block = this.#framer.push(chunk);
    if (this.#framer.pending > this.options.maxEventBytes) {
      this.#fail({ kind: "truncated", message: "an event was larger than the limit" });
      return null;
    }
    return block === null ? null : this.#watch(block);
  }

  /** Ends a read that has waited too long. Called now and then. */
  check(nowMs: number): void {
    if (this.#waitingSinceMs === 0) return;
    const { firstTokenMs, idleMs, abort } = this.options;
    // Before the first content comments do not count: an upstream may send them for ever.
    const isLate = this.watcher.facts.hasContent
      ? nowMs - this.#waitingSinceMs >= idleMs
      : nowMs - this.#openedAtMs >= firstTokenMs;
    if (!isLate) return;
    this.#timedOut = true;
    abort.abort();
  }

  cancel(): void {
    this.#ended ??= { kind: "aborted" };
    this.options.abort.abort();
  }

  #brokenEnd(): StreamEnd {
    if (this.watcher.facts.isOver) return { kind: "complete" };
    if (this.#timedOut) return { kind: "timeout" };
    if (this.options.abort.aborted) return { kind: "aborted" };
    return { kind: "truncated", message: "the connection broke in the middle of the stream" };
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

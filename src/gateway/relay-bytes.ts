import { classifyUnreachable } from "../policy/failure.ts";
import type { Answer } from "./attempt-result.ts";
import type { Ending, Exchange } from "./exchange.ts";
import { stoppedError } from "./stopped.ts";

type OpenBytes = Extract<Answer, { kind: "bytes" }>;

/** Relays an answer that is no JSON (audio, subtitles) as it comes, and settles at its end. */
export function relayBytes(exchange: Exchange, answer: OpenBytes): ReadableStream<Uint8Array> {
  const relay = new BytesRelay(exchange, answer);
  return new ReadableStream<Uint8Array>(
    { pull: (controller) => relay.pull(controller), cancel: () => relay.cancel() },
    { highWaterMark: 0 },
  );
}

class BytesRelay {
  #timedOut = false;
  /** Since when a read waits; 0 while the client is the slow side. */
  #waitingSinceMs = 0;

  constructor(
    private readonly exchange: Exchange,
    private readonly answer: OpenBytes,
  ) {
    const { streamIdleTimeoutMs } = exchange.snapshot.settings;
    // From here on it is silence that is limited, not length: a recording may be long.
    exchange.stopAtMs = Number.POSITIVE_INFINITY;
    exchange.checkUpstream = (nowMs) => {
      if (this.#waitingSinceMs === 0 || nowMs - this.#waitingSinceMs < streamIdleTimeoutMs) return;
      this.#timedOut = true;
      answer.abort.abort();
    };
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { exchange, answer } = this;
    this.#waitingSinceMs = Date.now();
    try {
      const block = await answer.body.read();
      this.#waitingSinceMs = 0;
      if (block === null) {
        this.#settle({ status: "success", httpStatus: answer.status, errorClass: null, errorText: null });
        controller.close();
        return;
      }
      exchange.firstTokenAtMs ??= exchange.now();
      exchange.responseBytes += block.length;
      exchange.capture?.response(block);
      controller.enqueue(block);
    } catch {
      this.#settle(exchange.stopped === null ? this.#brokeOff() : this.#stopped());
      // The only honest end of a body without an error format: the connection breaks. Bun would print an error object.
      controller.error(undefined);
    }
  }

  cancel(): void {
    this.exchange.stop("client");
    this.answer.abort.abort();
    this.#settle(this.#stopped());
  }

  #brokeOff(): Ending {
    const cause = this.#timedOut ? "timeout" : "truncated";
    this.answer.lease.failed(classifyUnreachable({ cause, message: null }), Date.now(), this.exchange.id);
    const errorText = "the upstream broke off in the middle of its answer";
    return { status: "error", httpStatus: this.#timedOut ? 504 : 502, errorClass: cause, errorText };
  }

  #stopped(): Ending {
    const { errorClass, status, message } = stoppedError(this.exchange);
    return { status: "cancelled", httpStatus: status, errorClass, errorText: message };
  }

  #settle(ending: Ending): void {
    this.answer.lease.release();
    this.exchange.settle(ending);
  }
}

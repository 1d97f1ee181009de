import { readerOf } from "../lib/bytes.ts";
import { classifyUnreachable } from "../policy/failure.ts";
import type { Answer } from "./attempt.ts";
import type { Exchange } from "./exchange.ts";

/** Relays an answer that is no JSON (audio, subtitles) as it comes, and settles at its end. */
export function relayBytes(exchange: Exchange, answer: Extract<Answer, { kind: "bytes" }>): ReadableStream<Uint8Array> {
  const { lease, abort } = answer;
  const reader = readerOf(answer.body ?? new Blob([]).stream());
  const { streamIdleTimeoutMs } = exchange.snapshot.settings;
  let timedOut = false;
  /** Since when a read waits; 0 while the client is the slow side. */
  let waitingSinceMs = 0;
  exchange.checkUpstream = (nowMs) => {
    if (waitingSinceMs === 0 || nowMs - waitingSinceMs < streamIdleTimeoutMs) return;
    timedOut = true;
    abort.abort();
  };
  const finish = () => {
    lease.release();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        waitingSinceMs = Date.now();
        try {
          const { done, value } = await reader.read();
          if (done || value === undefined) {
            finish();
            exchange.settle({ status: "success", httpStatus: answer.status, errorClass: null, errorText: null });
            controller.close();
            return;
          }
          exchange.firstTokenAtMs ??= exchange.now();
          exchange.responseBytes += value.length;
          exchange.capture?.response(value);
          controller.enqueue(value);
        } catch {
          const left = exchange.stopped !== null;
          if (!left) {
            const cause = timedOut ? "timeout" : "truncated";
            lease.failed(classifyUnreachable({ cause, message: null }), Date.now(), exchange.id);
          }
          finish();
          exchange.settle({
            status: left ? "cancelled" : "error",
            httpStatus: left ? 499 : 502,
            errorClass: left ? "client_closed" : timedOut ? "timeout" : "truncated",
            errorText: left ? null : "the upstream broke off in the middle of its answer",
          });
          // The only honest end of a body without an error format: the connection breaks.
          controller.error(undefined); // an error object would be printed by Bun, upstream address and all
        }
        waitingSinceMs = 0;
      },
      cancel() {
        exchange.stop("client");
        reader.cancel().catch(() => {});
        finish();
        exchange.settle({ status: "cancelled", httpStatus: 499, errorClass: "client_closed", errorText: null });
      },
    },
    { highWaterMark: 0 },
  );
}

import { NO_USAGE } from "../llm/usage.ts";
import { answerHeaders, reportDropped } from "./answer-headers.ts";
import type { Answer } from "./attempt-result.ts";
import type { Exchange } from "./exchange.ts";
import { USUAL_TYPE, usualHead } from "./usual-head.ts";

/**
 * A body of this size or more leaves Bun.serve in many small writes (160 µs instead of 22, Bun 1.4.5); a one-write direct stream
 * sends it at once. It is all in memory anyway, so the direct stream's missing back-pressure does no harm. Re-test at each Bun
 * release.
 */
const UNCORKED_FROM = 16_384;

/**
 * Up to here the stream's sink gathers all of it and knows the length when it begins to send: head and body leave in one system call
 * instead of two, with `content-length` (8 of 30 µs for 20 KB). It copies them, so what is longer goes out in chunks.
 */
const GATHERED_BELOW = 262_144;

/** Sends a complete answer and settles. */
export function relayJson(exchange: Exchange, answer: Extract<Answer, { kind: "json" }>): Response {
  const { endpoint } = exchange.incoming;
  const { bytes, status } = answer;
  exchange.responseBytes = bytes.length;
  if (!endpoint.billed) {
    exchange.usage = NO_USAGE;
    exchange.usageSource = "reported";
  }
  exchange.capture?.response(bytes);
  const body = bytes.length < UNCORKED_FROM ? (bytes as BodyInit) : oneWrite(bytes);
  const response = new Response(body, headOf(exchange, answer));
  exchange.settle({ status: "success", httpStatus: status, errorClass: null, errorText: null });
  return response;
}

function headOf(exchange: Exchange, { status, headers: upstream }: Extract<Answer, { kind: "json" }>): ResponseInit {
  const { id, capture, dropped } = exchange;
  const isAnthropic = exchange.incoming.endpoint.protocol === "anthropic-messages";
  const type = upstream.get("content-type") ?? USUAL_TYPE;
  const isUsual = status === 200 && type === USUAL_TYPE && capture === null && dropped.length === 0;
  if (isUsual) return usualHead(isAnthropic).of(id, upstream);
  const headers = answerHeaders(id, upstream, type, isAnthropic);
  reportDropped(headers, dropped);
  capture?.responseHeaders(headers);
  return { status, headers };
}

function oneWrite(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const source = {
    type: "direct",
    pull(controller: { write(chunk: Uint8Array): number | Promise<number>; close(): void }) {
      // A promise: the socket has not taken everything yet. Closing now would count the connection as idle.
      const written = controller.write(bytes);
      if (!(written instanceof Promise)) return controller.close();
      return written.then(() => controller.close());
    },
  };
  const strategy = bytes.length < GATHERED_BELOW ? { highWaterMark: bytes.length + 1 } : undefined;
  // "direct" is Bun's own kind of source; the DOM's types do not know it.
  return new ReadableStream(source as unknown as UnderlyingDefaultSource<Uint8Array>, strategy);
}

import { GatewayError } from "../errors.ts";
import { decodeLatin1, utf8 } from "../lib/bytes.ts";
import type { GatewayErrorLike } from "../llm/failure.ts";
import { NO_USAGE } from "../llm/usage.ts";
import { classifyUnreachable } from "../policy/failure.ts";
import { quote } from "../policy/wording.ts";
import type { ProviderEntry } from "../snapshot.ts";
import type { Answer } from "./attempt-result.ts";
import { estimateUsage } from "./estimate.ts";
import type { Ending, Exchange } from "./exchange.ts";
import { GeminiArray } from "./gemini-array.ts";
import { maskKeys } from "./mask.ts";
import { stoppedError } from "./stopped.ts";
import { UpstreamRefusal } from "./upstream-refusal.ts";
import type { StreamEnd, UpstreamStream } from "./upstream-stream.ts";

type OpenStream = Extract<Answer, { kind: "stream" }>;

const COMPLETE: Ending = { status: "success", httpStatus: 200, errorClass: null, errorText: null };
const COMMENT = utf8(": ping\n\n");
const NOTHING_SEEN = { sequence: 0, boundIds: [] };

/**
 * Relays a stream to the client, pull by pull. `opening` may still be running: then comment frames keep the client's connection
 * alive, another target can still be tried, and an error comes inside the stream. Settles when the stream ends, whoever ends it.
 */
export function relayStream(exchange: Exchange, opening: OpenStream | Promise<Answer>): ReadableStream<Uint8Array> {
  const relay = new StreamRelay(exchange, opening);
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => relay.startPings(controller),
      pull: (controller) => relay.pull(controller),
      cancel: () => relay.cancel(),
    },
    { highWaterMark: 0 },
  );
}

class StreamRelay {
  readonly #exchange: Exchange;
  #opening: Promise<Answer> | null = null;
  #open: OpenStream | null = null;
  readonly #array: GeminiArray | null;
  readonly #ping: Uint8Array;
  /** Since when the client waits for a block; 0 while it does not. */
  #waitingSinceMs = 0;
  #done = false;
  /** Set with the client's first pull. */
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** The next block is on its way: a ping, too, makes the client pull again. */
  #isComing = false;
  readonly #arrived = () => {
    this.#isComing = false;
    this.#send();
  };

  constructor(exchange: Exchange, opening: OpenStream | Promise<Answer>) {
    this.#exchange = exchange;
    const { incoming, protocol } = exchange;
    const isArray = incoming.endpoint.id === "gemini.streamGenerateContent" && !isSse(incoming.query);
    this.#array = isArray ? new GeminiArray() : null;
    this.#ping = utf8(protocol.ping);
    if (opening instanceof Promise) this.#opening = opening;
    else this.#begin(opening);
  }

  /** The client wants a block. It goes out when it is there; no promise is made for it, which would double a stream's memory. */
  pull(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#waitingSinceMs = Date.now();
    if (this.#isComing) return;
    if (this.#open !== null) {
      this.#send();
      return;
    }
    this.#isComing = true;
    this.#opening!.then(
      (answer) => {
        if (this.#done) return;
        if (answer.kind !== "stream") {
          this.#fail(controller, new GatewayError("upstream_error", 502, "The upstream did not stream."));
          return;
        }
        this.#begin(answer);
        this.#arrived();
      },
      (error) => {
        if (!this.#done) this.#fail(controller, error);
      },
    );
  }

  #begin(open: OpenStream): void {
    this.#open = open;
    this.#opening = null;
    this.#exchange.forgetRequest();
  }

  /** Sends the next block, or waits for it and comes again. */
  #send(): void {
    if (this.#done) return; // the client left meanwhile
    const controller = this.#controller!;
    try {
      const { stream } = this.#open!;
      let block = stream.takeHeld();
      while (block === null && stream.ended === null) {
        const chunk = stream.poll(this.#arrived);
        if (chunk === undefined) {
          this.#isComing = true;
          return;
        }
        block = stream.accept(chunk);
      }
      this.#waitingSinceMs = 0;
      if (block === null) this.#finish(controller, stream);
      else this.#enqueue(controller, block);
    } catch (error) {
      this.#fail(controller, error);
    }
  }

  /** A sign of life whenever the client has waited for a ping interval. Nothing is sent to a client that does not read. */
  startPings(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const { pingIntervalMs } = this.#exchange.snapshot.settings;
    this.#exchange.checkClient = (nowMs) => {
      if (this.#done || this.#waitingSinceMs === 0 || nowMs - this.#waitingSinceMs < pingIntervalMs) return;
      this.#waitingSinceMs = nowMs;
      controller.enqueue(this.#array?.ping() ?? (this.#open === null ? COMMENT : this.#ping));
    };
  }

  /** The client left: the upstream must not go on generating. */
  cancel(): void {
    if (this.#done) return;
    this.#done = true; // stopping ends the upstream's body at once, which must not be told to a controller that is closed
    this.#exchange.stop("client");
    void this.#opening?.then(
      (answer) => answer.kind === "stream" && this.#abandon(answer),
      () => {},
    );
    if (this.#open !== null) this.#abandon(this.#open);
    else this.#settle({ status: "cancelled", httpStatus: 499, errorClass: "client_closed", errorText: null });
  }

  #abandon(open: OpenStream): void {
    open.stream.cancel();
    open.lease.release();
    this.#account(open.stream);
    // Some clients leave with the end mark, before the upstream closes.
    if (open.stream.watcher.facts.isOver) this.#settle(COMPLETE);
    else this.#settle({ status: "cancelled", httpStatus: 499, errorClass: "client_closed", errorText: null });
  }

  #enqueue(controller: ReadableStreamDefaultController<Uint8Array>, block: Uint8Array): void {
    const out = this.#array === null ? block : this.#array.write(block);
    this.#exchange.responseBytes += out.length;
    this.#exchange.capture?.response(out);
    controller.enqueue(out);
  }

  #finish(controller: ReadableStreamDefaultController<Uint8Array>, stream: UpstreamStream): void {
    const end = stream.ended!;
    this.#account(stream);
    const { lease } = this.#open!;
    if (end.kind === "complete") {
      lease.release();
      this.#close(controller, this.#array?.end());
      this.#settle(COMPLETE);
      return;
    }
    const error = errorOf(end, this.#exchange, stream.watcher.facts.failure);
    if (end.kind !== "aborted") {
      lease.failed(failureOf(end, this.#exchange), Date.now(), this.#exchange.id);
    }
    lease.release();
    this.#endWithError(controller, error, operatorText(end, this.#exchange));
  }

  #fail(controller: ReadableStreamDefaultController<Uint8Array>, error: unknown): void {
    this.#open?.stream.cancel();
    this.#open?.lease.release();
    if (error instanceof UpstreamRefusal) {
      this.#endWithError(controller, refusalError(error), error.failure.message);
      return;
    }
    if (error instanceof GatewayError) {
      this.#endWithError(controller, error, null);
      return;
    }
    this.#exchange.gateway.log.error("stream failed", {
      requestId: this.#exchange.id,
      reason: String(error).slice(0, 200),
    });
    this.#endWithError(controller, new GatewayError("internal", 500, "Something went wrong in this gateway."), null);
  }

  #endWithError(
    controller: ReadableStreamDefaultController<Uint8Array>,
    error: GatewayError,
    operator: string | null,
  ): void {
    const { protocol, id } = this.#exchange;
    const seen = this.#open?.stream.watcher.facts ?? NOTHING_SEEN;
    const frame = this.#array?.error(protocol.encodeError(error, id)) ?? protocol.encodeStreamError(error, id, seen);
    this.#close(controller, utf8(frame));
    const left = error.errorClass === "client_closed";
    this.#settle({
      status: left || error.errorClass === "cancelled" ? "cancelled" : "error",
      httpStatus: left ? 499 : error.status,
      errorClass: error.errorClass,
      errorText: operator ?? error.message,
    });
  }

  #close(controller: ReadableStreamDefaultController<Uint8Array>, last: Uint8Array | undefined): void {
    this.#done = true;
    if (last !== undefined && last.length > 0) {
      this.#exchange.capture?.response(last);
      controller.enqueue(last);
    }
    controller.close();
  }

  #account(stream: UpstreamStream): void {
    const { facts } = stream.watcher;
    const exchange = this.#exchange;
    exchange.rawUsage = facts.rawUsage;
    if (!exchange.incoming.endpoint.billed) {
      // A stored answer read again: its tokens were counted when it was made.
      exchange.usage = NO_USAGE;
      exchange.usageSource = "reported";
      exchange.rawUsage = null;
    } else if (facts.usage !== null && (facts.finished || stream.ended?.kind === "complete")) {
      exchange.usage = facts.usage;
      exchange.usageSource = "reported";
    } else {
      estimateUsage(exchange, facts);
    }
    if (facts.boundIds.length > 0 && exchange.provider !== null && exchange.key !== null) {
      exchange.gateway.boundIds.remember(facts.boundIds, {
        providerId: exchange.provider.id,
        keyId: exchange.key.id,
      });
    }
  }

  #settle(ending: Ending): void {
    this.#done = true;
    this.#exchange.settle(ending);
  }
}

function isSse(query: string): boolean {
  return /[?&]alt=sse(?:&|$)/.test(query);
}

function errorOf(end: StreamEnd, exchange: Exchange, failure?: GatewayErrorLike | null): GatewayError {
  switch (end.kind) {
    case "timeout":
      return new GatewayError("timeout", 504, "The upstream fell silent in the middle of its answer.", {
        code: "stream_timeout",
      });
    case "aborted":
      return stoppedError(exchange);
    case "error":
      if (failure) return translatedFailure(failure, exchange.provider!);
      return new GatewayError("upstream_error", 502, "The upstream broke off its answer with an error.", {
        code: "upstream_error",
      });
    default:
      return new GatewayError("truncated", 502, "The upstream's answer ended before it was complete.", {
        code: "stream_truncated",
      });
  }
}

/** The upstream's words inside a translated stream, with a status that the client's SDK understands. */
function translatedFailure({ status, message }: GatewayErrorLike, provider: ProviderEntry): GatewayError {
  const words = quote(maskKeys(message, provider)) ?? "The upstream broke off its answer with an error.";
  // A refused or empty pooled key is not the client's affair.
  const seen = status === 529 ? 503 : status === 402 || status === 429 ? 429 : status < 500 ? 502 : status;
  return new GatewayError("upstream_error", seen, words, { code: CODES[seen] ?? "upstream_error" });
}

const CODES: Readonly<Record<number, string>> = {
  429: "rate_limit_exceeded",
  503: "upstream_overloaded",
  504: "upstream_timeout",
};

function failureOf(end: StreamEnd, exchange: Exchange) {
  if (end.kind === "timeout")
    return classifyUnreachable({ cause: "timeout", message: "silent in the middle of a stream" });
  return classifyUnreachable({ cause: "truncated", message: operatorText(end, exchange) });
}

function operatorText(end: StreamEnd, exchange: Exchange): string | null {
  if (end.kind === "error") return maskKeys(decodeLatin1(end.body), exchange.provider!).slice(0, 1000);
  return end.kind === "truncated" ? end.message : null;
}

/** An error that the upstream meant for the client, after the headers have gone out. */
function refusalError({ status, body, failure }: UpstreamRefusal): GatewayError {
  const message = /"message":\s*("(?:[^"\\]|\\.)*")/.exec(body)?.[1];
  return new GatewayError(
    failure.errorClass,
    status,
    message === undefined ? "The upstream refused this request." : (JSON.parse(message) as string),
  );
}

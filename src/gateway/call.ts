import type { CheckedOrigin } from "../lib/egress.ts";
import type { HttpCall } from "../lib/http-client/call.ts";
import { HttpError } from "../lib/http-client/errors.ts";
import type { HttpAnswer, HttpRequest } from "../lib/http-client/types.ts";
import type { Abort } from "./abort.ts";
import { type CallResult, mayRepeat, refused, type UpstreamRequest, unreachable } from "./call-result.ts";
import type { Exchange } from "./exchange.ts";
import { callThroughProxy } from "./proxied-call.ts";

/**
 * Sends one call, whose answer's head is then awaited with `DirectCall.answer` or as the promise that it is. `abort` ends it at any
 * time, also while its body is read.
 */
export function callUpstream(
  exchange: Exchange,
  request: UpstreamRequest,
  abort: Abort,
): DirectCall | Promise<CallResult> {
  if (request.proxyUrl !== null) return callThroughProxy(exchange, request, request.proxyUrl, abort);
  const checked = exchange.gateway.egress.known(request.origin);
  return checked === null
    ? callWhenChecked(exchange, request, abort)
    : new DirectCall(exchange, request, checked, abort);
}

async function callWhenChecked(exchange: Exchange, request: UpstreamRequest, abort: Abort): Promise<CallResult> {
  let checked: CheckedOrigin;
  try {
    checked = await exchange.gateway.egress.check(request.origin);
  } catch (error) {
    return refused(exchange, error);
  }
  return resultOf(new DirectCall(exchange, request, checked, abort));
}

/**
 * A call by our own HTTP client. Its `answer` is awaited by whoever wants it, without an async function in between for every
 * request; when there is none, `failed` says what that means.
 */
export class DirectCall {
  readonly #startedAt = performance.now();
  readonly #http: HttpRequest;
  #running: HttpCall;

  constructor(
    private readonly exchange: Exchange,
    request: UpstreamRequest,
    { peer, host }: CheckedOrigin,
    private readonly abort: Abort,
  ) {
    request.headers.host ??= host;
    const { method, target, headers, body } = request;
    this.#http = { peer, method, target, headers, body };
    this.#running = this.#send(false);
  }

  get answer(): Promise<HttpAnswer> {
    return this.#running.answer;
  }

  /**
   * Why `answer` was rejected. A kept-alive connection that dies before any answer is tried once more on a new one: that is nobody's
   * fault. Once per request, or an upstream that resets everything would be called twice as often as `maxAttempts` allows.
   */
  failed(error: unknown): CallResult | Promise<CallResult> {
    if (this.abort.aborted) return { kind: "abandoned" };
    if (!(error instanceof HttpError)) throw error;
    const isStale =
      error.code === "closed" &&
      error.reused &&
      mayRepeat(this.exchange, this.#http.body, performance.now() - this.#startedAt);
    if (!isStale) return unreachable(CAUSES[error.code] ?? "network", error.message);
    this.exchange.hasRepeated = true;
    this.#running = this.#send(true);
    return resultOf(this);
  }

  #send(fresh: boolean): HttpCall {
    const { gateway, snapshot } = this.exchange;
    const { connectTimeoutMs } = snapshot.settings;
    const call = gateway.http.send(this.#http, { connectTimeoutMs, fresh });
    this.abort.attach(call);
    return call;
  }
}

/** What comes of a call, for those who have the time. */
export async function resultOf(call: DirectCall | Promise<CallResult>): Promise<CallResult> {
  if (call instanceof Promise) return call;
  try {
    return { kind: "answer", answer: await call.answer };
  } catch (error) {
    return call.failed(error);
  }
}

const CAUSES: Partial<Record<HttpError["code"], "connect" | "protocol">> = {
  connect_refused: "connect",
  connect_timeout: "connect",
  tls: "connect",
  protocol: "protocol",
  too_large: "protocol",
};

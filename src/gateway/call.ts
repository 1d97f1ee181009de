import { HttpError } from "../lib/http-client/errors.ts";
import type { HttpRequest } from "../lib/http-client/types.ts";
import type { Abort } from "./abort.ts";
import { type CallResult, mayRepeat, originOf, refused, type UpstreamRequest, unreachable } from "./call-result.ts";
import type { Exchange } from "./exchange.ts";
import { callThroughProxy } from "./proxied-call.ts";

/**
 * Sends one call and waits for the answer's head. `abort` ends it at any time, also while its body is read. A kept-alive
 * connection that dies before any answer is tried once more on a new one: that is nobody's fault. Once per request, or an upstream
 * that resets everything would be called twice as often as `maxAttempts` allows.
 */
export async function callUpstream(exchange: Exchange, request: UpstreamRequest, abort: Abort): Promise<CallResult> {
  if (request.proxyUrl !== null) return callThroughProxy(exchange, request, request.proxyUrl, abort);
  const { gateway } = exchange;
  const origin = originOf(request.url);
  let checked = gateway.egress.known(origin);
  if (checked === null) {
    try {
      checked = await gateway.egress.check(origin);
    } catch (error) {
      return refused(exchange, error);
    }
  }
  request.headers.host ??= checked.host;
  const { url, method, headers, body } = request;
  const http: HttpRequest = {
    peer: checked.peer,
    method,
    target: url.length === origin.length ? "/" : url.slice(origin.length),
    headers,
    body,
  };
  const { connectTimeoutMs } = exchange.snapshot.settings;
  const startedAt = performance.now();
  for (let fresh = false; ; fresh = true) {
    const call = gateway.http.send(http, { connectTimeoutMs, fresh });
    abort.attach(call);
    try {
      return { kind: "answer", answer: await call.answer };
    } catch (error) {
      if (abort.aborted) return { kind: "abandoned" };
      if (!(error instanceof HttpError)) throw error;
      const isStale =
        error.code === "closed" && error.reused && mayRepeat(exchange, body, performance.now() - startedAt);
      if (!isStale) return unreachable(CAUSES[error.code] ?? "network", error.message);
      exchange.hasRepeated = true;
    }
  }
}

const CAUSES: Partial<Record<HttpError["code"], "connect" | "protocol">> = {
  connect_refused: "connect",
  connect_timeout: "connect",
  tls: "connect",
  protocol: "protocol",
  too_large: "protocol",
};

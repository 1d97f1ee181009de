import { errorText } from "../lib/log.ts";
import { answerOf } from "../lib/stream-body.ts";
import type { Abort } from "./abort.ts";
import { type CallResult, mayRepeat, refused, type UpstreamRequest, unreachable } from "./call-result.ts";
import type { Exchange } from "./exchange.ts";

/**
 * The same call through a key's outbound proxy: Bun's fetch speaks to proxies, our client does not. The proxy resolves the
 * upstream's name itself, so the name stays in the URL; both addresses are checked.
 */
export async function callThroughProxy(
  exchange: Exchange,
  request: UpstreamRequest,
  proxyUrl: string,
  abort: Abort,
): Promise<CallResult> {
  const { gateway } = exchange;
  const { protocol, host } = new URL(proxyUrl);
  const proxy = `${protocol}//${host}`;
  try {
    await gateway.egress.check(request.origin);
    await gateway.egress.check(proxy);
  } catch (error) {
    return refused(exchange, error);
  }
  const controller = new AbortController();
  abort.attach(controller);
  const { connectTimeoutMs } = exchange.snapshot.settings;
  const reach = gateway.origins.reach(proxy, connectTimeoutMs, Date.now());
  if (reach !== null) {
    const result = await orAborted(reach, controller.signal);
    if (result === null) return { kind: "abandoned" };
    if (result !== "connected") {
      return unreachable("connect", result === "timeout" ? "connecting took too long" : "the connection was refused");
    }
  }
  const options = fetchOptions(request, proxyUrl, controller.signal);
  const startedAt = performance.now();
  for (let fresh = false; ; fresh = true) {
    try {
      const response = await fetch(request.origin + request.target, fresh ? { ...options, keepalive: false } : options);
      gateway.origins.answered(proxy, Date.now());
      return { kind: "answer", answer: answerOf(response) };
    } catch (error) {
      if (abort.aborted) return { kind: "abandoned" };
      const isStale =
        !fresh &&
        isConnectionLoss(error) &&
        gateway.origins.mayBeStale(proxy) &&
        mayRepeat(exchange, request.body, performance.now() - startedAt);
      if (!isStale) return unreachable(isProtocolError(error) ? "protocol" : "network", errorText(error));
      exchange.hasRepeated = true;
    }
  }
}

function fetchOptions(request: UpstreamRequest, proxy: string, signal: AbortSignal): BunFetchRequestInit {
  const options: BunFetchRequestInit & { timeout: false } = {
    method: request.method,
    headers: request.headers,
    proxy,
    signal,
    // A redirect would carry the key and the prompt to wherever it points.
    redirect: "manual",
    // Decoded by us, under a size limit (answer-body.ts).
    decompress: false,
    // Bun's own limit of 360 s without bytes is not ours.
    timeout: false,
  };
  if (request.body !== null) options.body = request.body as BodyInit;
  return options;
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => resolve(null), { once: true });
    work.then(resolve, reject);
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function isConnectionLoss(error: unknown): boolean {
  return /ECONNRESET|ConnectionClosed|EPIPE|ECONNABORTED|UnexpectedEOF/i.test(codeOf(error));
}

function isProtocolError(error: unknown): boolean {
  return /Malformed|InvalidHTTP|InvalidResponse|HeaderOverflow|Invalid_|HPE_/i.test(codeOf(error));
}

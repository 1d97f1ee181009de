import { EgressError } from "../lib/egress.ts";
import { errorText } from "../lib/log.ts";
import { classifyUnreachable, type Failure } from "../policy/failure.ts";
import type { Exchange } from "./exchange.ts";

/** One HTTP call to an upstream, ready to be sent. */
export interface UpstreamRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  readonly proxyUrl: string | null;
}

export type CallResult =
  | { readonly kind: "response"; readonly response: Response }
  | { readonly kind: "unreachable"; readonly failure: Failure }
  | { readonly kind: "abandoned" };

/** A connection that died this fast had probably been idle for too long (the vendor closed it just now). */
const STALE_WITHIN_MS = 1000;

/**
 * Sends one call and waits for the answer's headers. `abort` ends it at any time, also while its body is read. A connection
 * that dies before any answer, from an origin with idle connections, is tried once more on a new one: that is nobody's fault. Once
 * per request, or an upstream that resets everything would be called twice as often as `maxAttempts` allows.
 */
export async function callUpstream(
  exchange: Exchange,
  request: UpstreamRequest,
  abort: AbortController,
): Promise<CallResult> {
  const { gateway } = exchange;
  const slash = request.url.indexOf("/", request.url.indexOf("//") + 2);
  const origin = slash < 0 ? request.url : request.url.slice(0, slash);
  let checked: Checked;
  try {
    const known = request.proxyUrl === null ? gateway.egress.known(origin) : null;
    checked = known ?? (await checkAll(exchange, origin, request.proxyUrl));
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    gateway.log.warn("upstream address refused", { requestId: exchange.id, reason: error.message });
    return unreachable("connect", error.message);
  }
  // Who is connected to: behind a proxy that is the proxy, whatever it is asked for.
  const peer = request.proxyUrl === null ? checked.origin : originOf(request.proxyUrl);
  const reach = gateway.origins.reach(peer, exchange.snapshot.settings.connectTimeoutMs, Date.now());
  if (reach !== null) {
    const result = await orAborted(reach, abort.signal);
    if (result === null) return { kind: "abandoned" };
    if (result !== "connected") {
      return unreachable("connect", result === "timeout" ? "connecting took too long" : "the connection was refused");
    }
  }
  const url = checked.host === null ? request.url : checked.origin + request.url.slice(origin.length);
  if (checked.host !== null) request.headers.host = checked.host;
  const options = fetchOptions(request, checked, abort.signal);
  const startedAt = performance.now();
  for (let fresh = false; ; fresh = true) {
    try {
      const response = await fetch(url, fresh ? { ...options, keepalive: false } : options);
      gateway.origins.answered(peer, Date.now());
      return { kind: "response", response };
    } catch (error) {
      if (abort.signal.aborted) return { kind: "abandoned" };
      const stale =
        !fresh &&
        !exchange.hasRepeated &&
        !(request.body instanceof ReadableStream) &&
        isConnectionLoss(error) &&
        gateway.origins.mayBeStale(peer) &&
        performance.now() - startedAt < STALE_WITHIN_MS;
      if (stale) {
        exchange.hasRepeated = true;
        continue;
      }
      return unreachable(isProtocolError(error) ? "protocol" : "network", errorText(error));
    }
  }
}

interface Checked {
  readonly origin: string;
  readonly host: string | null;
  readonly serverName: string | null;
}

/** Through a proxy the proxy resolves the name itself, so the name stays in the URL; both addresses are checked. */
async function checkAll(exchange: Exchange, origin: string, proxyUrl: string | null): Promise<Checked> {
  const checked = await exchange.gateway.egress.check(origin);
  if (proxyUrl === null) return checked;
  await exchange.gateway.egress.check(originOf(proxyUrl));
  return { origin, host: null, serverName: null };
}

function originOf(url: string): string {
  const parsed = new URL(url);
  return `${parsed.protocol}//${parsed.host}`;
}

function fetchOptions(request: UpstreamRequest, checked: Checked, signal: AbortSignal): BunFetchRequestInit {
  const options: BunFetchRequestInit & { timeout: false } = {
    method: request.method,
    headers: request.headers,
    signal,
    // A redirect would carry the key and the prompt to wherever it points.
    redirect: "manual",
    // Decoded here, under a size limit (answer-body.ts).
    decompress: false,
    // Bun's own limit of 360 s without bytes is not ours.
    timeout: false,
  };
  if (request.body !== null) options.body = request.body as BodyInit;
  if (request.proxyUrl !== null) options.proxy = request.proxyUrl;
  if (checked.serverName !== null) options.tls = { serverName: checked.serverName };
  return options;
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => resolve(null), { once: true });
    work.then(resolve, reject);
  });
}

function unreachable(cause: "connect" | "network" | "protocol", message: string): CallResult {
  return { kind: "unreachable", failure: classifyUnreachable({ cause, message }) };
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

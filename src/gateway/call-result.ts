import { EgressError } from "../lib/egress.ts";
import type { HttpAnswer } from "../lib/http-client/types.ts";
import { classifyUnreachable, type Failure } from "../policy/failure.ts";
import type { Spoken } from "../record.ts";
import type { Exchange } from "./exchange.ts";

/** One HTTP call to an upstream, ready to be sent. */
export interface UpstreamRequest {
  readonly method: string;
  /** "https://host:port". */
  readonly origin: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  readonly proxyUrl: string | null;
}

/** One that answers the client's, and how it asks. */
export interface SpokenRequest extends UpstreamRequest {
  readonly spoken: Spoken;
}

export type CallResult =
  | { readonly kind: "answer"; readonly answer: HttpAnswer }
  | { readonly kind: "unreachable"; readonly failure: Failure }
  | { readonly kind: "abandoned" };

/** A connection that died this fast had probably been idle for too long (the vendor closed it just now). */
const STALE_WITHIN_MS = 1000;

/** Can this call, whose kept-alive connection died after so long, go out again? */
export function mayRepeat(exchange: Exchange, body: UpstreamRequest["body"], afterMs: number): boolean {
  return !exchange.hasRepeated && !(body instanceof ReadableStream) && afterMs < STALE_WITHIN_MS;
}

/** "https://host:port" of a URL that is known to be one; not `new URL`, which costs a microsecond. */
export function originOf(url: string): string {
  const slash = url.indexOf("/", url.indexOf("//") + 2);
  return slash < 0 ? url : url.slice(0, slash);
}

/** A URL in the two parts that a call is made of. */
export function placeOf(url: string): Pick<UpstreamRequest, "origin" | "target"> {
  const origin = originOf(url);
  return { origin, target: url.length === origin.length ? "/" : url.slice(origin.length) };
}

/** The operator's network policy forbids this address. Throws what is no EgressError. */
export function refused(exchange: Exchange, error: unknown): CallResult {
  if (!(error instanceof EgressError)) throw error;
  exchange.gateway.log.warn("upstream address refused", { requestId: exchange.id, reason: error.message });
  return unreachable("connect", error.message);
}

export function unreachable(cause: "connect" | "network" | "protocol", message: string): CallResult {
  return { kind: "unreachable", failure: classifyUnreachable({ cause, message }) };
}

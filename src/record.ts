import type { ContentPolicy, EndpointId, ProtocolId, UpstreamEndpoint, Wire } from "./llm/names.ts";
import type { Usage, UsageSource } from "./llm/usage.ts";

/** Why something failed, as one closed list: it decides who is to blame (policy/health) and groups the errors for people. */
export const ERROR_CLASSES = [
  "invalid_request", // the client's fault; no key is blamed
  "unauthorized", // the client's own credential
  "forbidden", // the client key may not do this
  "not_found",
  "too_large",
  "unsupported", // endpoint or format this upstream cannot serve
  "content_filter",
  "key_invalid", // the pooled key was refused
  "quota", // the pooled key has no credit or daily allowance left
  "rate_limited",
  "upstream_error", // 5xx, or an answer that is not what it should be
  "timeout",
  "network",
  "truncated", // the stream ended before its end
  "no_candidate", // nobody could be asked
  "client_closed",
  "cancelled", // an administrator stopped it
  "overloaded", // Sluice itself sheds load or is draining
  "internal",
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

export const REQUEST_ORIGINS = ["client", "chat", "test", "replay"] as const;
/** Who made a request: a client over HTTP, or Sluice itself for a person at the console. */
export type RequestOrigin = (typeof REQUEST_ORIGINS)[number];

export type AttemptOutcome = "ok" | "rejected" | "unreachable" | "abandoned";

/** How an upstream was asked. Null: nobody was, or (in logs of before) it was not noted. */
export interface Spoken {
  readonly upstreamFormat: Wire | null;
  /** Null also where one address serves everything (Coze). */
  readonly upstreamEndpoint: UpstreamEndpoint | null;
}

export const NOTHING_SPOKEN: Spoken = { upstreamFormat: null, upstreamEndpoint: null };

/** One upstream call. Times are milliseconds; `startedAtMs` is Unix time. */
export interface AttemptRecord extends Spoken {
  readonly providerId: string;
  readonly keyId: string;
  readonly upstreamModel: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly outcome: AttemptOutcome;
  readonly httpStatus: number | null;
  readonly errorClass: ErrorClass | null;
  /** The upstream's own words, secrets masked, at most 1,000 characters. */
  readonly errorText: string | null;
  /** How long this failure parks the key (or key and model). */
  readonly cooldownMs: number | null;
  readonly upstreamRequestId: string | null;
}

/** The price that was applied, kept with the row as proof: USD per million tokens. */
export interface PriceUsed {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Absent: as `output`. */
  readonly reasoning?: number;
  /** USD for each request, besides its tokens; absent: nothing. */
  readonly perRequest?: number;
  readonly source: "builtin" | "manual";
  /** Which entry of the price list, e.g. "openai/gpt-4.1". */
  readonly ref: string;
  /** Which edition of the price list; absent for a person's price. */
  readonly edition?: string;
}

/** What was kept of the bodies. Compressed by the writer, stored apart from the row. */
export interface RequestContent {
  readonly policy: ContentPolicy;
  /** Header lines that carry no credential, as JSON objects. */
  readonly requestHeaders: string | null;
  readonly responseHeaders: string | null;
  readonly requestBody: Uint8Array | null;
  readonly responseBody: Uint8Array | null;
  /** True when a body was longer than what is kept. */
  readonly truncated: boolean;
}

/** Exactly one per client request, made at settle. Times are Unix milliseconds (fractions allowed), money nano-USD. */
export interface RequestRecord extends Spoken {
  readonly id: string;
  readonly receivedAtMs: number;
  readonly firstTokenAtMs: number | null;
  readonly endedAtMs: number;
  readonly status: "success" | "error" | "cancelled";
  /** What the client saw. 499 when it left before an answer. */
  readonly httpStatus: number;
  readonly errorClass: ErrorClass | null;
  readonly errorText: string | null;
  readonly protocol: ProtocolId;
  readonly endpoint: EndpointId;
  readonly requestedModel: string;
  /** The upstream's model id, null when nobody was asked. */
  readonly servedModel: string | null;
  readonly providerId: string | null;
  readonly keyId: string | null;
  readonly clientKeyId: string | null;
  readonly origin: RequestOrigin;
  readonly usage: Usage | null;
  readonly usageSource: UsageSource;
  /** The vendor's usage object, verbatim JSON. */
  readonly rawUsage: string | null;
  /** Null when the tokens or the price are unknown: never 0 for "unknown". */
  readonly costNanoUsd: number | null;
  readonly price: PriceUsed | null;
  readonly stream: boolean;
  readonly clientAddress: string;
  readonly userAgent: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Names of request fields that the upstream could not carry. */
  readonly dropped: readonly string[];
  readonly attempts: readonly AttemptRecord[];
  readonly content: RequestContent | null;
}

/** A request that is still running, as the console and `activeRequests` show it. */
export interface ActiveRequest extends Spoken {
  readonly id: string;
  readonly receivedAtMs: number;
  readonly protocol: ProtocolId;
  readonly endpoint: EndpointId;
  readonly requestedModel: string;
  readonly servedModel: string | null;
  readonly providerId: string | null;
  readonly keyId: string | null;
  readonly clientKeyId: string | null;
  readonly origin: RequestOrigin;
  readonly stream: boolean;
  readonly firstTokenAtMs: number | null;
  readonly responseBytes: number;
  readonly attempts: number;
  readonly clientAddress: string;
  readonly userAgent: string;
}

/** The running requests, for whoever shows or stops them. */
export interface ActiveRequests {
  list(): ActiveRequest[];
  readonly size: number;
  /** Stops a request: its client gets an error in its own format. False when it is not running (any more). */
  cancel(id: string): boolean;
}

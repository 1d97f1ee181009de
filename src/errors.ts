import type { ErrorClass } from "./record.ts";

export interface GatewayErrorOptions {
  /** For the operator's log only; never shown to a client. */
  readonly cause?: unknown;
  readonly retryAfterMs?: number;
  /** The request field at fault, e.g. "messages[0].content". */
  readonly param?: string;
  /** Machine-readable code for the client, e.g. "model_not_found"; the class when absent. */
  readonly code?: string;
  /** An official SDK must not repeat this by itself (`x-should-retry: false`). */
  readonly final?: boolean;
  /** Headers of the answer, e.g. `allow`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The one error that may travel to a client. `message` is public: safe for any caller, says what to do, holds no address,
 * no SQL, no secret. Encoded in the caller's protocol at the edge.
 */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly retryAfterMs: number | undefined;
  readonly param: string | undefined;
  readonly code: string;
  readonly final: boolean;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(
    readonly errorClass: ErrorClass,
    readonly status: number,
    message: string,
    options: GatewayErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
    this.param = options.param;
    this.code = options.code ?? errorClass;
    this.final = options.final ?? false;
    this.headers = options.headers;
  }
}

/**
 * Something that Sluice stands on does not work, or not in time. `message` is for the operator's log; `publicText` may be shown to an
 * administrator (no path, no SQL), null when there is nothing to say that would help.
 */
export class Outage extends Error {
  constructor(
    message: string,
    readonly publicText: string | null,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

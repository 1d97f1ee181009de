/**
 * `closed`: the connection ended before one byte of an answer · `truncated`: in the middle of one · `request_body`: the stream
 * to be sent failed or did not keep to its content-length, nothing the peer is to blame for.
 */
export type HttpErrorCode =
  | "connect_refused"
  | "connect_timeout"
  | "tls"
  | "closed"
  | "truncated"
  | "protocol"
  | "too_large"
  | "request_body"
  | "aborted";

/** Why a call came to nothing. The message is for the operator: it names no header and no byte of the peer's. */
export class HttpError extends Error {
  override readonly name = "HttpError";

  constructor(
    readonly code: HttpErrorCode,
    message: string,
    /** The call went out on a connection that had been used before. */
    readonly reused: boolean,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** Breaks the rules of HTTP/1.1; thrown by the pure parsers, which know no call, and reported as "protocol". */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

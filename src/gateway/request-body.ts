import { GatewayError } from "../errors.ts";
import { concat, readerOf } from "../lib/bytes.ts";
import type { Exchange } from "./exchange.ts";
import { tooLarge } from "./refusals.ts";
import { stoppedError } from "./stopped.ts";

/** A body must come at 8 KB a second on average after a start of 15 s, or it is holding a connection for nothing. */
const GRACE_MS = 15_000;
const SLOWEST_BYTES_PER_MS = 8;

/**
 * Reads the whole request body; at once when all of it has come. Throws or rejects with GatewayError (413, 408, 400). With a length it
 * is read in one piece and `request.body` is never touched: that getter makes a stream of it, which costs more than everything else
 * here.
 */
export function readRequestBody(exchange: Exchange): Uint8Array | Promise<Uint8Array> {
  const { headers } = exchange.incoming.request;
  const limit = exchange.snapshot.settings.maxRequestBytes;
  const declared = headers.get("content-length");
  if (declared === null && !headers.has("transfer-encoding")) return new Uint8Array();
  const length = declared === null ? limit : Number(declared);
  if (length > limit) throw tooLarge(limit);
  if (declared === null) {
    limitBodyTime(exchange, length);
    return readChunks(exchange, limit);
  }
  const coming = exchange.incoming.request.bytes();
  const come: unknown = Bun.peek(coming);
  if (come instanceof Uint8Array) return come;
  limitBodyTime(exchange, length);
  return untilStopped(exchange, coming);
}

/** From here on the body has so long to come. */
export function limitBodyTime(exchange: Exchange, length: number): void {
  exchange.stopAtMs = exchange.receivedAtMs + GRACE_MS + length / SLOWEST_BYTES_PER_MS;
  exchange.stopAtReason = "too_slow";
}

/** Without a length the size is known only while it comes; reading stops at the limit. */
async function readChunks(exchange: Exchange, limit: number): Promise<Uint8Array> {
  const { body } = exchange.incoming.request;
  if (body === null) return new Uint8Array();
  const reader = readerOf(body);
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await untilStopped(exchange, reader.read());
    if (done || value === undefined) return parts.length === 0 ? new Uint8Array() : concat(parts);
    length += value.length;
    if (length > limit) {
      void reader.cancel().catch(() => {});
      throw tooLarge(limit);
    }
    parts.push(value);
  }
}

/** Rejects as soon as the request is stopped, whatever the body does. */
export function untilStopped<T>(exchange: Exchange, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    exchange.onStop = () => reject(new Error("stopped"));
    work.then(
      (value) => {
        exchange.onStop = null;
        resolve(value);
      },
      (error) => {
        exchange.onStop = null;
        reject(error);
      },
    );
  });
}

/** What a failed read means for the client. */
export function bodyError(exchange: Exchange, cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  if (exchange.stopped === "too_slow") return stoppedError(exchange);
  if (exchange.stopped !== null || exchange.incoming.request.signal.aborted) {
    return new GatewayError("client_closed", 499, "The client closed the connection before its request was complete.");
  }
  return new GatewayError("invalid_request", 400, "The request body could not be read.", { cause });
}

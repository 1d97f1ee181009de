import { GatewayError } from "../errors.ts";
import { concat, readerOf } from "../lib/bytes.ts";
import type { Exchange } from "./exchange.ts";

/** A body must come at 8 KB a second on average after a start of 15 s, or it is holding a connection for nothing. */
const GRACE_MS = 15_000;
const SLOWEST_BYTES_PER_MS = 8;

/**
 * Reads the whole request body. Throws GatewayError (413, 408, 400). With a length it is read in one piece and `request.body` is
 * never touched: that getter makes a stream of it, which costs more than everything else here.
 */
export async function readRequestBody(exchange: Exchange): Promise<Uint8Array> {
  const { request } = exchange.incoming;
  const limit = exchange.snapshot.settings.maxRequestBytes;
  const declared = request.headers.get("content-length");
  if (declared === null) {
    if (!request.headers.has("transfer-encoding")) return new Uint8Array();
  } else if (Number(declared) > limit) {
    throw tooLarge(limit);
  } else {
    const work = request.bytes();
    // A short body mostly came with the headers.
    if (Bun.peek.status(work) === "fulfilled") {
      const body = Bun.peek(work) as Uint8Array;
      exchange.requestBytes = body.length;
      return body;
    }
    return readSlowly(exchange, Number(declared), () => untilStopped(exchange, work));
  }
  return readSlowly(exchange, limit, () => readChunks(exchange, limit));
}

async function readSlowly(exchange: Exchange, length: number, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const { deadlines } = exchange.gateway;
  const allowedMs = GRACE_MS + length / SLOWEST_BYTES_PER_MS;
  const deadline = deadlines.add(exchange.receivedAtMs + allowedMs, () => exchange.stop("too_slow"));
  try {
    const body = await read();
    exchange.requestBytes = body.length;
    return body;
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw bodyError(exchange, error);
  } finally {
    deadlines.clear(deadline);
  }
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

function bodyError(exchange: Exchange, cause: unknown): GatewayError {
  if (exchange.stopped === "too_slow") {
    return new GatewayError("timeout", 408, "The request body came too slowly.", { headers: { connection: "close" } });
  }
  if (exchange.stopped !== null || exchange.incoming.request.signal.aborted) {
    return new GatewayError("client_closed", 499, "The client closed the connection before its request was complete.");
  }
  return new GatewayError("invalid_request", 400, "The request body could not be read.", { cause });
}

function tooLarge(limit: number): GatewayError {
  const mib = Math.floor((limit / 1_048_576) * 10) / 10;
  return new GatewayError("too_large", 413, `The request body is larger than ${mib} MiB, which is the limit here.`, {
    code: "request_too_large",
    headers: { connection: "close" },
  });
}

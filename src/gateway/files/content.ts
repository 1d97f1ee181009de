import { GatewayError } from "../../errors.ts";
import { answerAttachment } from "../../lib/attachment.ts";
import { type ByteReader, readerOf } from "../../lib/bytes.ts";
import type { StoredFile } from "../../stored-file.ts";
import type { Exchange } from "../exchange.ts";
import { stoppedError } from "../stopped.ts";

/** A file's content as an answer, read at its client's pace; settles at its end. */
export function contentAnswer(exchange: Exchange, file: StoredFile): Response {
  const { status, headers, range } = answerAttachment(file, exchange.incoming.request.headers.get("range"));
  if (range === null) {
    throw new GatewayError("invalid_request", 416, "The file is not that long.", {
      code: "range_not_satisfiable",
      headers,
    });
  }
  exchange.stopAtMs = Number.POSITIVE_INFINITY;
  const content = readerOf(exchange.gateway.files.content(file, range));
  return new Response(watched(exchange, content, status), {
    status,
    headers: { ...headers, "x-request-id": exchange.id },
  });
}

function watched(exchange: Exchange, reader: ByteReader, httpStatus: number): ReadableStream<Uint8Array> {
  const stopped = () => {
    const { errorClass, status, message } = stoppedError(exchange);
    exchange.settle({ status: "cancelled", httpStatus: status, errorClass, errorText: message });
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = exchange.stopped === null ? await reader.read() : await reader.cancel().then(broken);
          if (done || value === undefined) {
            exchange.settle({ status: "success", httpStatus, errorClass: null, errorText: null });
            controller.close();
            return;
          }
          exchange.responseBytes += value.length;
          controller.enqueue(value);
        } catch {
          if (exchange.stopped !== null) stopped();
          else
            exchange.settle({ status: "error", httpStatus: 500, errorClass: "internal", errorText: "unreadable file" });
          // The only honest end: the connection breaks.
          controller.error(undefined);
        }
      },
      async cancel() {
        exchange.stop("client");
        await reader.cancel();
        stopped();
      },
    },
    { highWaterMark: 0 },
  );
}

function broken(): never {
  throw new Error("stopped");
}

import type { ClientCodec } from "../protocols/codec.ts";
import type { JsonRecord } from "../protocols/fields.ts";
import { inputItems, storedItems } from "../protocols/openai-responses/stored-items.ts";
import { watchResponses } from "../protocols/openai-responses/watched-codec.ts";
import type { Exchange } from "./exchange.ts";

/** More than this of input is not kept: a database is no place for films. */
const KEPT_REQUEST_BYTES = 16 * 1_048_576;

/**
 * Will the answer to this Responses request be kept here, should it come from an upstream that keeps none? As at OpenAI unless the
 * client says no. A conversation of which another part lies elsewhere would be kept in pieces, so it is not.
 */
export function keepsResponse(exchange: Exchange, body: JsonRecord): boolean {
  const { protocol, snapshot, requestBytes } = exchange;
  return (
    protocol.id === "openai-responses" &&
    (body.store ?? true) === true &&
    (body.conversation ?? null) === null &&
    (body.previous_response_id ?? null) === null &&
    snapshot.settings.storedResponseDays > 0 &&
    requestBytes <= KEPT_REQUEST_BYTES
  );
}

/** What the answer repeats of the request: whether it is kept, and what it goes on from, which the body no longer names. */
export function bodyToRepeat(exchange: Exchange, body: JsonRecord, isKept: boolean): JsonRecord {
  if (exchange.protocol.id !== "openai-responses") return body;
  const previous = exchange.continuation?.previous ?? null;
  return { ...body, store: isKept, ...(previous && { previous_response_id: previous.id }) };
}

/** The codec that keeps each answer that it has written to its end. */
export function keepingCodec(codec: ClientCodec, exchange: Exchange, body: JsonRecord): ClientCodec {
  return watchResponses(codec, (response) => {
    const id = String(response.id);
    const { gateway, client, continuation, receivedAtMs } = exchange;
    const own = inputItems((exchange.bodyWithFileIds ?? body).input).slice(continuation?.items ?? 0);
    gateway.responses.save({
      id,
      owner: client!.id,
      root: continuation?.previous?.root ?? id,
      previousId: continuation?.previous?.id ?? null,
      createdAtMs: receivedAtMs,
      input: JSON.stringify(storedItems(own, id.replace("resp_", ""))),
      response: JSON.stringify(response),
    });
  });
}

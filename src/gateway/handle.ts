import { GatewayError } from "../errors.ts";
import { utf8 } from "../lib/bytes.ts";
import type { HeaderView } from "../lib/http-client/types.ts";
import { errorText } from "../lib/log.ts";
import { endOfTurn } from "../lib/microbatch.ts";
import { type Admitted, admit } from "./admit.ts";
import { answerHeaders, errorHeaders, reportDropped, streamHeaders } from "./answer-headers.ts";
import type { Answer } from "./attempt-result.ts";
import { dispatch } from "./dispatch.ts";
import { Exchange } from "./exchange.ts";
import type { Gateway, Incoming } from "./gateway.ts";
import { relayBytes } from "./relay-bytes.ts";
import { relayJson } from "./relay-json.ts";
import { relayStream } from "./relay-stream.ts";
import { stoppedError } from "./stopped.ts";
import { UpstreamRefusal } from "./upstream-refusal.ts";

/**
 * A client request from start to end: admit → dispatch (plan, attempts) → relay → settle. Every path out of here ends in exactly
 * one record, and in an answer of the caller's own format.
 */
export function handle(gateway: Gateway, incoming: Incoming): Promise<Response> {
  return carryOut(new Exchange(gateway, incoming), endOfTurn());
}

/** Begins when `start` has come; null: at once. */
export async function carryOut(exchange: Exchange, start: Promise<void> | null): Promise<Response> {
  const { gateway } = exchange;
  try {
    // What is there already is not awaited: each await is a microsecond and a few objects.
    if (start !== null) await start;
    const admission = admit(exchange);
    const admitted = admission instanceof Promise ? await admission : admission;
    if (gateway.events.wanted("requestStarted")) gateway.events.emit("requestStarted", exchange.view());
    if (exchange.stream) return await serveStream(exchange, admitted);
    exchange.stopAtReason = "timeout";
    exchange.stopAtMs = exchange.receivedAtMs + exchange.snapshot.settings.requestTimeoutMs;
    return respond(exchange, await dispatch(exchange, admitted));
  } catch (error) {
    return refuse(exchange, error);
  }
}

/**
 * The headers are held until the first content, so that early errors are real statuses; but no longer than one ping interval,
 * so that no proxy in front takes the connection for dead.
 */
async function serveStream(exchange: Exchange, admitted: Admitted): Promise<Response> {
  const opening = dispatch(exchange, admitted);
  const lateAtMs = exchange.receivedAtMs + exchange.snapshot.settings.pingIntervalMs;
  const late = new Promise<null>((resolve) => {
    exchange.checkClient = (nowMs) => {
      if (nowMs >= lateAtMs) resolve(null);
    };
  });
  const answer = await Promise.race([opening, late]);
  if (answer !== null) return respond(exchange, answer);
  opening.catch(() => {}); // the relay awaits it too and tells the client
  return streamResponse(exchange, opening, null);
}

function respond(exchange: Exchange, answer: Answer): Response {
  switch (answer.kind) {
    case "json":
      return relayJson(exchange, answer);
    case "stream":
      return streamResponse(exchange, answer, answer.headers);
    case "bytes": {
      const type = answer.headers.get("content-type") ?? "application/octet-stream";
      return new Response(relayBytes(exchange, answer), {
        status: answer.status,
        headers: answerHeaders(exchange.id, answer.headers, type, false),
      });
    }
  }
}

function streamResponse(
  exchange: Exchange,
  opening: Parameters<typeof relayStream>[1],
  upstream: HeaderView | null,
): Response {
  const headers = headersOfStream(exchange, upstream);
  reportDropped(headers, exchange.dropped);
  exchange.capture?.responseHeaders(headers);
  return new Response(relayStream(exchange, opening), { headers });
}

function headersOfStream(exchange: Exchange, upstream: HeaderView | null): Record<string, string> {
  const { endpoint, query } = exchange.incoming;
  const headers = streamHeaders(exchange.id, upstream, endpoint.protocol === "anthropic-messages");
  if (endpoint.id === "gemini.streamGenerateContent" && !/[?&]alt=sse(?:&|$)/.test(query)) {
    headers["content-type"] = "application/json; charset=utf-8";
  }
  return headers;
}

/** Ends a request that has no answer: a record, and an error in the caller's own format. */
export function refuse(exchange: Exchange, cause: unknown): Response {
  const isAnthropic = exchange.incoming.endpoint.protocol === "anthropic-messages";
  if (cause instanceof UpstreamRefusal) {
    const { status, body, failure } = cause;
    const headers = errorHeaders(exchange.id, new GatewayError(failure.errorClass, status, ""), isAnthropic);
    exchange.capture?.responseHeaders(headers);
    exchange.capture?.response(utf8(body));
    exchange.settle({
      status: "error",
      httpStatus: status,
      errorClass: failure.errorClass,
      errorText: failure.message,
    });
    return new Response(body, { status, headers });
  }
  const error = toGatewayError(exchange, cause);
  const body = utf8(exchange.protocol.encodeError(error, exchange.id));
  const headers = errorHeaders(exchange.id, error, isAnthropic);
  exchange.capture?.responseHeaders(headers);
  exchange.capture?.response(body);
  exchange.settle({
    status: error.errorClass === "client_closed" || error.errorClass === "cancelled" ? "cancelled" : "error",
    httpStatus: error.status,
    errorClass: error.errorClass,
    errorText: exchange.attempts.at(-1)?.errorText ?? error.message,
  });
  return new Response(body, { status: error.status, headers });
}

function toGatewayError(exchange: Exchange, cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  if (exchange.stopped !== null) return stoppedError(exchange);
  exchange.gateway.log.error("request failed", { requestId: exchange.id, reason: errorText(cause) });
  return new GatewayError(
    "internal",
    500,
    "Something went wrong in this gateway. The operator finds it by the request id.",
    {
      cause,
    },
  );
}

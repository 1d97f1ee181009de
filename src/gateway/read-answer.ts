import { decodeLatin1 } from "../lib/bytes.ts";
import type { HeaderView, HttpAnswer, HttpBody } from "../lib/http-client/types.ts";
import { errorText } from "../lib/log.ts";
import type { GatewayErrorLike } from "../llm/failure.ts";
import { classifyUnreachable } from "../policy/failure.ts";
import type { AnswerFacts, StreamWatcher } from "../protocols/protocol.ts";
import { dialects } from "../providers/index.ts";
import { CONVERSATIONS } from "../providers/wires.ts";
import { decodedBody, readAnswerBody } from "./answer-body.ts";
import { type AnswerTranslation, errorAnswer, type WholeAnswer } from "./answer-translation.ts";
import type { AttemptResult } from "./attempt-result.ts";
import type { Claim } from "./claim.ts";
import type { Exchange } from "./exchange.ts";
import { OperationReading } from "./operation-call.ts";
import { translatedHeaders } from "./rate-limit-headers.ts";
import { Translator } from "./translator.ts";
import { type StreamEnd, UpstreamStream } from "./upstream-stream.ts";

const ERROR_BODY_BYTES = 65_536;

/** Decides by status and content-type what this is. */
export function readAnswer(claim: Claim, answer: HttpAnswer): AttemptResult | Promise<AttemptResult> {
  const { exchange } = claim;
  const { endpoint } = exchange.incoming;
  const { headers, status } = answer;
  claim.upstreamRequestId = headers.get("x-request-id") ?? headers.get("request-id");
  if (status < 200 || status >= 300 || status === 204) {
    return readErrorText(answer).then((text) => claim.rejected(status, headers, text));
  }
  const type = headers.get("content-type") ?? "";
  const { translation } = claim;
  if (translation instanceof OperationReading) return readOperation(claim, answer, translation);
  if (type.startsWith("text/event-stream")) {
    if (translation !== null) {
      return exchange.stream ? openStream(claim, answer, translation.watch()) : collect(claim, answer, translation);
    }
    if (exchange.stream || endpoint.body === "multipart") {
      exchange.stream = true;
      return openStream(claim, answer, watchNative(claim));
    }
    const own = ownTranslation(claim);
    if (own !== null) return collect(claim, answer, own);
  }
  if (type.includes("json") || type === "") {
    return translation === null ? readJson(claim, answer) : translateJson(claim, answer, translation);
  }
  if (!exchange.stream && (endpoint.binary === true || endpoint.body === "multipart")) {
    const body = decodedBody(answer);
    return claim.succeeded({ kind: "bytes", status, body, headers, lease: claim.lease, abort: claim.abort });
  }
  return readErrorText(answer).then((text) => claim.nonsense(`an answer of type "${type.slice(0, 40)}"`, text));
}

/** At once when all of it has come, the usual case of a short answer. */
function readJson(claim: Claim, answer: HttpAnswer): AttemptResult | Promise<AttemptResult> {
  const body = readAnswerBody(answer, claim.exchange.snapshot.settings.maxResponseBytes);
  if (body instanceof Promise) return body.then((bytes) => takeJson(claim, answer, bytes));
  return takeJson(claim, answer, body);
}

function takeJson(claim: Claim, answer: HttpAnswer, bytes: Uint8Array): AttemptResult | Promise<AttemptResult> {
  const { exchange } = claim;
  const { headers, status } = answer;
  let facts: AnswerFacts;
  try {
    facts = exchange.protocol.readAnswer(bytes, exchange.incoming.endpoint.id);
  } catch (error) {
    return claim.nonsense(errorText(error), textOf(bytes));
  }
  if (facts.isError) return claim.rejected(status, headers, textOf(bytes));
  if (exchange.stream) {
    const own = ownTranslation(claim);
    if (own !== null) return serveWhole(claim, own.read(textOf(bytes)), answer, own);
    return claim.nonsense("a whole answer instead of a stream", textOf(bytes));
  }
  exchange.usage = facts.usage;
  exchange.rawUsage = facts.rawUsage;
  exchange.usageSource = facts.usage === null ? "unknown" : "reported";
  if (facts.boundIds.length > 0) {
    exchange.gateway.boundIds.remember(facts.boundIds, { providerId: claim.target.provider.id, keyId: claim.key.id });
  }
  const result = claim.succeeded({ kind: "json", status, bytes, headers });
  claim.lease.release();
  return result;
}

/** How an answer of the client's own format is read that came in another way than it was asked for; null: it cannot be. */
function ownTranslation(claim: Claim): AnswerTranslation | null {
  const { exchange, admitted, target, key } = claim;
  const { id, protocol } = exchange.incoming.endpoint;
  if (admitted.body.kind !== "json" || !CONVERSATIONS.has(id)) return null;
  try {
    return new Translator(exchange, admitted.body).answerOf(target, key, protocol);
  } catch {
    return null; // a request that only the vendor understands
  }
}

async function translateJson(claim: Claim, answer: HttpAnswer, translation: AnswerTranslation): Promise<AttemptResult> {
  const read = readAnswerBody(answer, claim.exchange.snapshot.settings.maxResponseBytes);
  const text = textOf(read instanceof Promise ? await read : read);
  return serveWhole(claim, translation.read(text), answer, translation, text);
}

/** The answer of another vendor's endpoint, which is JSON always: for the client it may be sound. */
async function readOperation(claim: Claim, answer: HttpAnswer, reading: OperationReading): Promise<AttemptResult> {
  const { exchange } = claim;
  const read = readAnswerBody(answer, exchange.snapshot.settings.maxResponseBytes);
  const bytes = read instanceof Promise ? await read : read;
  const whole = reading.read(bytes);
  if (whole.kind === "error") return claim.rejected(whole.status, answer.headers, whole.body);
  if (whole.kind === "nonsense") return claim.nonsense(whole.message, textOf(bytes));
  const { usage, usageSource, rawUsage, contentType } = whole.answer;
  exchange.usage = usage;
  exchange.usageSource = usageSource;
  exchange.rawUsage = rawUsage;
  const headers = translatedHeaders(answer.headers, Date.now(), contentType);
  const result = claim.succeeded({ kind: "json", status: 200, bytes: whole.answer.bytes, headers });
  claim.lease.release();
  return result;
}

/** A stream for a client that wants a whole answer. */
async function collect(claim: Claim, answer: HttpAnswer, translation: AnswerTranslation): Promise<AttemptResult> {
  const { settings } = claim.exchange.snapshot;
  const collected = translation.collect(settings.maxResponseBytes);
  const stream = new UpstreamStream(decodedBody(answer), collected, {
    abort: claim.abort,
    // The request's own time limit holds.
    firstTokenMs: Number.POSITIVE_INFINITY,
    idleMs: Number.POSITIVE_INFINITY,
    maxEventBytes: settings.maxEventBytes,
  });
  const end = await stream.open();
  if (end !== null) return endedEarly(claim, end, answer.headers, collected.facts.failure);
  return serveWhole(claim, translation.fold(collected), answer, translation);
}

/** What was read of a whole answer, as the client asked for it: whole or as a stream. */
async function serveWhole(
  claim: Claim,
  read: WholeAnswer,
  { status, headers: upstream }: HttpAnswer,
  translation: AnswerTranslation,
  text = "",
): Promise<AttemptResult> {
  const { exchange } = claim;
  if (read.kind === "error") return claim.rejected(read.status, upstream, read.body);
  if (read.kind === "nonsense") return claim.nonsense(read.message, text);
  const { answer } = read;
  if (exchange.stream) {
    return openStream(claim, { status, headers: upstream, body: NO_BODY }, translation.unfold(answer));
  }
  exchange.usage = answer.usage;
  exchange.rawUsage = answer.usage === null ? null : JSON.stringify(answer.rawUsage);
  exchange.usageSource = answer.usage === null ? "unknown" : "reported";
  const headers = translatedHeaders(upstream, Date.now());
  const result = claim.succeeded({ kind: "json", status: 200, bytes: translation.write(answer), headers });
  claim.lease.release();
  return result;
}

function watchNative(claim: Claim): StreamWatcher {
  const { exchange, target } = claim;
  return exchange.protocol.watchStream({
    endpoint: exchange.incoming.endpoint.id,
    clientWantsUsage: claim.admitted.clientWantsUsage,
    repair: dialects[target.provider.kind].sloppyStreams,
    requestId: exchange.id,
    model: target.upstreamModel,
    nowMs: exchange.receivedAtMs,
  });
}

async function openStream(claim: Claim, answer: HttpAnswer, watcher: StreamWatcher): Promise<AttemptResult> {
  const { exchange } = claim;
  const { settings } = exchange.snapshot;
  const stream = new UpstreamStream(decodedBody(answer), watcher, {
    abort: claim.abort,
    firstTokenMs: settings.firstTokenTimeoutMs,
    idleMs: settings.streamIdleTimeoutMs,
    maxEventBytes: settings.maxEventBytes,
  });
  watchOver(exchange, stream);
  const end = await stream.open();
  if (end !== null) return endedEarly(claim, end, answer.headers, watcher.facts.failure);
  exchange.firstTokenAtMs = exchange.now();
  const headers = claim.translation === null ? answer.headers : translatedHeaders(answer.headers, Date.now());
  return claim.succeeded({ kind: "stream", stream, headers, lease: claim.lease });
}

/** Apart, because a closure inside an async function keeps all its parameters: a claim knows the prompt, and streams run for minutes. */
function watchOver(exchange: Exchange, stream: UpstreamStream): void {
  exchange.checkUpstream = (nowMs) => stream.check(nowMs);
}

/** The stream was over before its first content: nothing has gone out, so this is a failed attempt like any other. */
function endedEarly(
  claim: Claim,
  end: StreamEnd,
  headers: HeaderView,
  failure?: GatewayErrorLike | null,
): AttemptResult {
  switch (end.kind) {
    case "aborted":
      return claim.abandoned();
    case "timeout":
      return claim.failed(classifyUnreachable({ cause: "timeout", message: "no first token within the time limit" }));
    case "error": {
      const body = decodeLatin1(end.body);
      if (!failure) return claim.rejected(200, headers, body);
      const said = errorAnswer(failure, body);
      return claim.rejected(said.status, headers, said.body);
    }
    default:
      return claim.failed(
        classifyUnreachable({ cause: "truncated", message: end.kind === "truncated" ? end.message : null }),
      );
  }
}

const NO_BODY: HttpBody = {
  length: 0,
  read: () => null,
  poll: () => null,
  whenReadable: () => {},
  readAll: () => new Uint8Array(),
  cancel: () => {},
};

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

async function readErrorText(answer: HttpAnswer): Promise<string> {
  try {
    const body = decodedBody(answer);
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < ERROR_BODY_BYTES) {
      const block = await body.read();
      if (block === null) break;
      parts.push(block);
      length += block.length;
    }
    if (length >= ERROR_BODY_BYTES) body.cancel();
    return Buffer.concat(parts).subarray(0, ERROR_BODY_BYTES).toString("utf8");
  } catch {
    return ""; // the status says enough
  }
}

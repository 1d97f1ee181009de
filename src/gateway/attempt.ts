import { decodeLatin1 } from "../lib/bytes.ts";
import { HttpError } from "../lib/http-client/errors.ts";
import type { HeaderView, HttpAnswer, HttpBody } from "../lib/http-client/types.ts";
import { errorText } from "../lib/log.ts";
import type { GatewayErrorLike } from "../llm/failure.ts";
import { classifyRejection, classifyUnreachable, type Failure } from "../policy/failure.ts";
import type { Lease } from "../pool.ts";
import type { AnswerFacts, StreamWatcher } from "../protocols/protocol.ts";
import { dialects } from "../providers/index.ts";
import { CONVERSATIONS } from "../providers/wires.ts";
import type { AttemptOutcome } from "../record.ts";
import type { KeyEntry } from "../snapshot.ts";
import { Abort } from "./abort.ts";
import type { Admitted } from "./admit.ts";
import { AnswerUndecodable, decodedBody, readAnswerBody } from "./answer-body.ts";
import { type AnswerTranslation, errorAnswer, type WholeAnswer } from "./answer-translation.ts";
import { callUpstream } from "./call.ts";
import type { UpstreamRequest } from "./call-result.ts";
import { type Exchange, NOTHING } from "./exchange.ts";
import { maskKeys } from "./mask.ts";
import { type OperationCall, OperationReading } from "./operation-call.ts";
import { translatedHeaders } from "./rate-limit-headers.ts";
import type { RouteTarget } from "./route.ts";
import { type TranslatedCall, Translator } from "./translator.ts";
import { upstreamRequest } from "./upstream-request.ts";
import { type StreamEnd, UpstreamStream } from "./upstream-stream.ts";

/** What an upstream answered, ready to be relayed. Whoever relays it releases the lease. */
export type Answer =
  | { readonly kind: "json"; readonly status: number; readonly bytes: Uint8Array; readonly headers: HeaderView }
  | { readonly kind: "stream"; readonly stream: UpstreamStream; readonly headers: HeaderView; readonly lease: Lease }
  | {
      readonly kind: "bytes";
      readonly status: number;
      readonly body: HttpBody;
      readonly headers: HeaderView;
      readonly lease: Lease;
      readonly abort: Abort;
    };

export type AttemptResult =
  | { readonly kind: "ok"; readonly answer: Answer }
  | FailedAttempt
  | { readonly kind: "abandoned" };

export interface FailedAttempt {
  readonly kind: "failed";
  readonly failure: Failure;
  readonly status: number;
  /** The upstream's error body when the client may be told (its own fault, secrets masked). */
  readonly body: string | null;
  /** That body is of another format than the client's. */
  readonly isForeign: boolean;
}

const ERROR_BODY_BYTES = 65_536;

/** The key that is asked, and with what: `call` when the target does not speak the client's format. */
export interface Asked {
  readonly key: KeyEntry;
  readonly call: TranslatedCall | OperationCall | null;
}

/** One upstream call with one key, up to the commit point: a complete answer, or a stream's first content. */
export function attempt(
  exchange: Exchange,
  admitted: Admitted,
  target: RouteTarget,
  { key, call }: Asked,
): Promise<AttemptResult> {
  exchange.dropped = call === null ? NOTHING : call.dropped;
  // Before the key is claimed: this may throw on what only shows now in the client's body.
  const request = call === null ? upstreamRequest(exchange, admitted, target, key) : call.request;
  return new Attempt(exchange, admitted, target, key, call?.answer ?? null).run(request);
}

class Attempt {
  readonly #startedAtMs: number;
  readonly #lease: Lease;
  readonly #abort = new Abort();
  #timedOut = false;
  #upstreamRequestId: string | null = null;

  constructor(
    private readonly exchange: Exchange,
    private readonly admitted: Admitted,
    private readonly target: RouteTarget,
    private readonly key: KeyEntry,
    private readonly translation: AnswerTranslation | OperationReading | null,
  ) {
    this.#startedAtMs = exchange.now();
    this.#lease = exchange.gateway.pool.begin(key, target.upstreamModel, this.#startedAtMs);
    exchange.provider = target.provider;
    exchange.key = key;
    exchange.servedModel = target.upstreamModel === "" ? null : target.upstreamModel;
    exchange.abortOnStop(this.#abort);
  }

  async run(request: UpstreamRequest): Promise<AttemptResult> {
    const { exchange } = this;
    if (exchange.stream) this.#limitHeaders();
    const result = await callUpstream(exchange, request, this.#abort);
    switch (result.kind) {
      case "abandoned":
        return this.#abandoned();
      case "unreachable":
        return this.#failed(result.failure);
      case "answer":
        try {
          return await this.#read(result.answer);
        } catch (error) {
          return this.#abort.aborted ? this.#abandoned() : this.#failed(unreadable(error));
        }
    }
  }

  /** A whole answer is under the request's own time limit; a stream has one for its headers. */
  #limitHeaders(): void {
    const atMs = Date.now() + this.exchange.snapshot.settings.headersTimeoutMs;
    this.exchange.checkUpstream = (nowMs) => {
      if (nowMs < atMs) return;
      this.#timedOut = true;
      this.#abort.abort();
    };
  }

  /** Decides by status and content-type what this is. */
  #read(answer: HttpAnswer): AttemptResult | Promise<AttemptResult> {
    const { exchange } = this;
    const { endpoint } = exchange.incoming;
    const { headers, status } = answer;
    this.#upstreamRequestId = headers.get("x-request-id") ?? headers.get("request-id");
    if (status < 200 || status >= 300 || status === 204) {
      return readErrorText(answer).then((text) => this.#rejected(status, headers, text));
    }
    const type = headers.get("content-type") ?? "";
    const { translation } = this;
    if (translation instanceof OperationReading) return this.#readOperation(answer, translation);
    if (type.startsWith("text/event-stream")) {
      if (translation !== null) {
        return exchange.stream ? this.#openStream(answer, translation.watch()) : this.#collect(answer, translation);
      }
      if (exchange.stream || endpoint.body === "multipart") {
        exchange.stream = true;
        return this.#openStream(answer, this.#watchNative());
      }
      const own = this.#ownTranslation();
      if (own !== null) return this.#collect(answer, own);
    }
    if (type.includes("json") || type === "") {
      return translation === null ? this.#readJson(answer) : this.#translateJson(answer, translation);
    }
    if (!exchange.stream && (endpoint.binary === true || endpoint.body === "multipart")) {
      const body = decodedBody(answer);
      return this.#succeeded({ kind: "bytes", status, body, headers, lease: this.#lease, abort: this.#abort });
    }
    return readErrorText(answer).then((text) => this.#nonsense(`an answer of type "${type.slice(0, 40)}"`, text));
  }

  async #readJson(answer: HttpAnswer): Promise<AttemptResult> {
    const { exchange } = this;
    const { headers, status } = answer;
    const read = readAnswerBody(answer, exchange.snapshot.settings.maxResponseBytes);
    const bytes = read instanceof Promise ? await read : read;
    let facts: AnswerFacts;
    try {
      facts = exchange.protocol.readAnswer(bytes, exchange.incoming.endpoint.id);
    } catch (error) {
      return this.#nonsense(errorText(error), textOf(bytes));
    }
    if (facts.isError) return this.#rejected(status, headers, textOf(bytes));
    if (exchange.stream) {
      const own = this.#ownTranslation();
      if (own !== null) return this.#serveWhole(own.read(textOf(bytes)), answer, own);
      return this.#nonsense("a whole answer instead of a stream", textOf(bytes));
    }
    exchange.usage = facts.usage;
    exchange.rawUsage = facts.rawUsage;
    exchange.usageSource = facts.usage === null ? "unknown" : "reported";
    if (facts.boundIds.length > 0) {
      exchange.gateway.boundIds.remember(facts.boundIds, { providerId: this.target.provider.id, keyId: this.key.id });
    }
    const result = this.#succeeded({ kind: "json", status, bytes, headers });
    this.#lease.release();
    return result;
  }

  /** How an answer of the client's own format is read that came in another way than it was asked for; null: it cannot be. */
  #ownTranslation(): AnswerTranslation | null {
    const { exchange, admitted, target, key } = this;
    const { id, protocol } = exchange.incoming.endpoint;
    if (admitted.body.kind !== "json" || !CONVERSATIONS.has(id)) return null;
    try {
      return new Translator(exchange, admitted.body).answerOf(target, key, protocol);
    } catch {
      return null; // a request that only the vendor understands
    }
  }

  async #translateJson(answer: HttpAnswer, translation: AnswerTranslation): Promise<AttemptResult> {
    const read = readAnswerBody(answer, this.exchange.snapshot.settings.maxResponseBytes);
    const text = textOf(read instanceof Promise ? await read : read);
    return this.#serveWhole(translation.read(text), answer, translation, text);
  }

  /** The answer of another vendor's endpoint, which is JSON always: for the client it may be sound. */
  async #readOperation(answer: HttpAnswer, reading: OperationReading): Promise<AttemptResult> {
    const { exchange } = this;
    const read = readAnswerBody(answer, exchange.snapshot.settings.maxResponseBytes);
    const bytes = read instanceof Promise ? await read : read;
    const whole = reading.read(bytes);
    if (whole.kind === "error") return this.#rejected(whole.status, answer.headers, whole.body);
    if (whole.kind === "nonsense") return this.#nonsense(whole.message, textOf(bytes));
    const { usage, usageSource, rawUsage, contentType } = whole.answer;
    exchange.usage = usage;
    exchange.usageSource = usageSource;
    exchange.rawUsage = rawUsage;
    const headers = translatedHeaders(answer.headers, Date.now(), contentType);
    const result = this.#succeeded({ kind: "json", status: 200, bytes: whole.answer.bytes, headers });
    this.#lease.release();
    return result;
  }

  /** A stream for a client that wants a whole answer. */
  async #collect(answer: HttpAnswer, translation: AnswerTranslation): Promise<AttemptResult> {
    const { settings } = this.exchange.snapshot;
    const collected = translation.collect(settings.maxResponseBytes);
    const stream = new UpstreamStream(decodedBody(answer), collected, {
      abort: this.#abort,
      // The request's own time limit holds.
      firstTokenMs: Number.POSITIVE_INFINITY,
      idleMs: Number.POSITIVE_INFINITY,
      maxEventBytes: settings.maxEventBytes,
    });
    const end = await stream.open();
    if (end !== null) return this.#endedEarly(end, answer.headers, collected.facts.failure);
    return this.#serveWhole(translation.fold(collected), answer, translation);
  }

  /** What was read of a whole answer, as the client asked for it: whole or as a stream. */
  async #serveWhole(
    read: WholeAnswer,
    { status, headers: upstream }: HttpAnswer,
    translation: AnswerTranslation,
    text = "",
  ): Promise<AttemptResult> {
    const { exchange } = this;
    if (read.kind === "error") return this.#rejected(read.status, upstream, read.body);
    if (read.kind === "nonsense") return this.#nonsense(read.message, text);
    const { answer } = read;
    if (exchange.stream) {
      return this.#openStream({ status, headers: upstream, body: NO_BODY }, translation.unfold(answer));
    }
    exchange.usage = answer.usage;
    exchange.rawUsage = answer.usage === null ? null : JSON.stringify(answer.rawUsage);
    exchange.usageSource = answer.usage === null ? "unknown" : "reported";
    const headers = translatedHeaders(upstream, Date.now());
    const result = this.#succeeded({ kind: "json", status: 200, bytes: translation.write(answer), headers });
    this.#lease.release();
    return result;
  }

  #watchNative(): StreamWatcher {
    const { exchange, target } = this;
    return exchange.protocol.watchStream({
      endpoint: exchange.incoming.endpoint.id,
      clientWantsUsage: this.admitted.clientWantsUsage,
      repair: dialects[target.provider.kind].sloppyStreams,
      requestId: exchange.id,
      model: target.upstreamModel,
      nowMs: exchange.receivedAtMs,
    });
  }

  async #openStream(answer: HttpAnswer, watcher: StreamWatcher): Promise<AttemptResult> {
    const { exchange } = this;
    const { settings } = exchange.snapshot;
    const stream = new UpstreamStream(decodedBody(answer), watcher, {
      abort: this.#abort,
      firstTokenMs: settings.firstTokenTimeoutMs,
      idleMs: settings.streamIdleTimeoutMs,
      maxEventBytes: settings.maxEventBytes,
    });
    exchange.checkUpstream = (nowMs) => stream.check(nowMs);
    const end = await stream.open();
    if (end !== null) return this.#endedEarly(end, answer.headers, watcher.facts.failure);
    exchange.firstTokenAtMs = exchange.now();
    const headers = this.translation === null ? answer.headers : translatedHeaders(answer.headers, Date.now());
    return this.#succeeded({ kind: "stream", stream, headers, lease: this.#lease });
  }

  /** The stream was over before its first content: nothing has gone out, so this is a failed attempt like any other. */
  #endedEarly(end: StreamEnd, headers: HeaderView, failure?: GatewayErrorLike | null): AttemptResult {
    switch (end.kind) {
      case "aborted":
        return this.#abandoned();
      case "timeout":
        return this.#failed(classifyUnreachable({ cause: "timeout", message: "no first token within the time limit" }));
      case "error": {
        const body = decodeLatin1(end.body);
        if (!failure) return this.#rejected(200, headers, body);
        const said = errorAnswer(failure, body);
        return this.#rejected(said.status, headers, said.body);
      }
      default:
        return this.#failed(
          classifyUnreachable({ cause: "truncated", message: end.kind === "truncated" ? end.message : null }),
        );
    }
  }

  #succeeded(answer: Answer): AttemptResult {
    const latencyMs = this.exchange.now() - this.#startedAtMs;
    this.#lease.succeeded(Date.now(), latencyMs);
    this.#note("ok", latencyMs, null, null);
    return { kind: "ok", answer };
  }

  #rejected(status: number, headers: HeaderView, body: string): AttemptResult {
    const { kind } = this.target.provider;
    const failure = classifyRejection({ kind, status, headers, body, nowMs: Date.now() });
    return this.#failed(failure, failure.scope === "none" && !failure.retryable ? this.#mask(body) : null);
  }

  /** An answer that is none, with what it said for the operator. */
  #nonsense(what: string, said: string): AttemptResult {
    const words = said.trim() === "" ? "" : `; it said: ${said}`;
    return this.#failed(classifyUnreachable({ cause: "protocol", message: `${what}${words}` }));
  }

  /** From here on the upstream's words may be shown: to the operator, in part to the client, in the log on disk. */
  #failed(found: Failure, body: string | null = null): AttemptResult {
    const { exchange } = this;
    const failure = found.message === null ? found : { ...found, message: this.#mask(found.message) };
    const { cooldownMs } = this.#lease.failed(failure, Date.now(), exchange.id);
    this.#lease.release();
    const outcome = failure.httpStatus === null ? "unreachable" : "rejected";
    this.#note(outcome, exchange.now() - this.#startedAtMs, failure, cooldownMs);
    const isForeign = this.translation !== null && this.translation.wire !== exchange.protocol.id;
    return { kind: "failed", failure, status: failure.httpStatus ?? 502, body, isForeign };
  }

  /** Aborted by us: for a time limit the upstream is to blame, for a client that left nobody is. */
  #abandoned(): AttemptResult {
    if (this.#timedOut || this.exchange.stopped === "timeout") {
      return this.#failed(classifyUnreachable({ cause: "timeout", message: "no answer within the time limit" }));
    }
    this.#lease.release();
    this.#note("abandoned", this.exchange.now() - this.#startedAtMs, null, null);
    return { kind: "abandoned" };
  }

  #note(outcome: AttemptOutcome, durationMs: number, failure: Failure | null, cooldownMs: number | null): void {
    this.exchange.attempts.push({
      providerId: this.target.provider.id,
      keyId: this.key.id,
      upstreamModel: this.target.upstreamModel,
      startedAtMs: this.#startedAtMs,
      durationMs,
      outcome,
      httpStatus: outcome === "ok" ? 200 : (failure?.httpStatus ?? null),
      errorClass: failure?.errorClass ?? null,
      errorText: failure?.message ?? null,
      cooldownMs,
      upstreamRequestId: this.#upstreamRequestId,
    });
  }

  #mask(text: string): string {
    return maskKeys(text, this.target.provider);
  }
}

function unreadable(error: unknown): Failure {
  if (error instanceof HttpError && error.code === "too_large") {
    return classifyUnreachable({ cause: "protocol", message: "the answer was larger than the limit" });
  }
  if (error instanceof HttpError && error.code === "protocol") {
    return classifyUnreachable({ cause: "protocol", message: error.message });
  }
  if (error instanceof AnswerUndecodable || error instanceof RangeError) {
    return classifyUnreachable({ cause: "protocol", message: error.message });
  }
  return classifyUnreachable({ cause: "truncated", message: "the connection broke in the middle of the answer" });
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

import { decodeLatin1 } from "../lib/bytes.ts";
import { HttpError } from "../lib/http-client/errors.ts";
import type { HeaderView, HttpAnswer, HttpBody } from "../lib/http-client/types.ts";
import { JsonScanError } from "../lib/json-scan.ts";
import { classifyRejection, classifyUnreachable, type Failure } from "../policy/failure.ts";
import type { Lease } from "../pool.ts";
import { dialects } from "../providers/index.ts";
import type { AttemptOutcome } from "../record.ts";
import type { KeyEntry } from "../snapshot.ts";
import { Abort } from "./abort.ts";
import type { Admitted } from "./admit.ts";
import { AnswerUndecodable, decodedBody, readAnswerBody } from "./answer-body.ts";
import { callUpstream } from "./call.ts";
import type { UpstreamRequest } from "./call-result.ts";
import type { Exchange } from "./exchange.ts";
import { maskKeys } from "./mask.ts";
import type { RouteTarget } from "./route.ts";
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
  /** `body` is the upstream's error body when it may be shown to the client (its own fault, secrets masked). */
  | { readonly kind: "failed"; readonly failure: Failure; readonly status: number; readonly body: string | null }
  | { readonly kind: "abandoned" };

const ERROR_BODY_BYTES = 65_536;

/** One upstream call with one key, up to the commit point: a complete answer, or a stream's first content. */
export function attempt(
  exchange: Exchange,
  admitted: Admitted,
  target: RouteTarget,
  key: KeyEntry,
): Promise<AttemptResult> {
  // Before the key is claimed: this may throw on what only shows now in the client's body.
  const request = upstreamRequest(exchange, admitted, target, key);
  return new Attempt(exchange, admitted, target, key).run(request);
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
    if (type.startsWith("text/event-stream") && (exchange.stream || endpoint.body === "multipart")) {
      exchange.stream = true;
      return this.#openStream(answer);
    }
    if (type.includes("json") || type === "") return this.#readJson(answer);
    if (!exchange.stream && (endpoint.binary === true || endpoint.body === "multipart")) {
      const body = decodedBody(answer);
      return this.#succeeded({ kind: "bytes", status, body, headers, lease: this.#lease, abort: this.#abort });
    }
    answer.body.cancel();
    return this.#failed(
      classifyUnreachable({ cause: "protocol", message: `an answer of type "${type.slice(0, 40)}"` }),
    );
  }

  async #readJson(answer: HttpAnswer): Promise<AttemptResult> {
    const { exchange } = this;
    const { headers, status } = answer;
    const read = readAnswerBody(answer, exchange.snapshot.settings.maxResponseBytes);
    const bytes = read instanceof Promise ? await read : read;
    const facts = exchange.protocol.readAnswer(bytes, exchange.incoming.endpoint.id);
    if (facts.isError) return this.#rejected(status, headers, Buffer.from(bytes).toString("utf8"));
    if (exchange.stream) {
      return this.#failed(classifyUnreachable({ cause: "protocol", message: "a whole answer instead of a stream" }));
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

  async #openStream(answer: HttpAnswer): Promise<AttemptResult> {
    const { exchange, target } = this;
    const { settings } = exchange.snapshot;
    const watcher = exchange.protocol.watchStream({
      endpoint: exchange.incoming.endpoint.id,
      clientWantsUsage: this.admitted.clientWantsUsage,
      repair: dialects[target.provider.kind].sloppyStreams,
      requestId: exchange.id,
      model: target.upstreamModel,
      nowMs: exchange.receivedAtMs,
    });
    const stream = new UpstreamStream(decodedBody(answer), watcher, {
      abort: this.#abort,
      firstTokenMs: settings.firstTokenTimeoutMs,
      idleMs: settings.streamIdleTimeoutMs,
      maxEventBytes: settings.maxEventBytes,
    });
    exchange.checkUpstream = (nowMs) => stream.check(nowMs);
    const end = await stream.open();
    if (end !== null) return this.#endedEarly(end, answer.headers);
    exchange.firstTokenAtMs = exchange.now();
    return this.#succeeded({ kind: "stream", stream, headers: answer.headers, lease: this.#lease });
  }

  /** The stream was over before its first content: nothing has gone out, so this is a failed attempt like any other. */
  #endedEarly(end: StreamEnd, headers: HeaderView): AttemptResult {
    switch (end.kind) {
      case "aborted":
        return this.#abandoned();
      case "timeout":
        return this.#failed(classifyUnreachable({ cause: "timeout", message: "no first token within the time limit" }));
      case "error":
        return this.#rejected(200, headers, decodeLatin1(end.body));
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

  /** From here on the upstream's words may be shown: to the operator, in part to the client, in the log on disk. */
  #failed(found: Failure, body: string | null = null): AttemptResult {
    const { exchange } = this;
    const failure = found.message === null ? found : { ...found, message: this.#mask(found.message) };
    const { cooldownMs } = this.#lease.failed(failure, Date.now(), exchange.id);
    this.#lease.release();
    const outcome = failure.httpStatus === null ? "unreachable" : "rejected";
    this.#note(outcome, exchange.now() - this.#startedAtMs, failure, cooldownMs);
    return { kind: "failed", failure, status: failure.httpStatus ?? 502, body };
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
  if (error instanceof AnswerUndecodable || error instanceof JsonScanError || error instanceof SyntaxError) {
    return classifyUnreachable({ cause: "protocol", message: error.message });
  }
  return classifyUnreachable({ cause: "truncated", message: "the connection broke in the middle of the answer" });
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

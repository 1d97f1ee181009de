import { decodeLatin1, readerOf } from "../lib/bytes.ts";
import { JsonScanError } from "../lib/json-scan.ts";
import { classifyRejection, classifyUnreachable, type Failure } from "../policy/failure.ts";
import type { Lease } from "../pool.ts";
import { dialects } from "../providers/index.ts";
import type { AttemptOutcome } from "../record.ts";
import type { KeyEntry } from "../snapshot.ts";
import type { Admitted } from "./admit.ts";
import { AnswerTooLarge, AnswerUndecodable, decodedBody, readAnswerBody } from "./answer-body.ts";
import { callUpstream, type UpstreamRequest } from "./call.ts";
import type { Exchange } from "./exchange.ts";
import { maskKeys } from "./mask.ts";
import type { RouteTarget } from "./route.ts";
import { upstreamRequest } from "./upstream-request.ts";
import { type StreamEnd, UpstreamStream } from "./upstream-stream.ts";

/** What an upstream answered, ready to be relayed. Whoever relays it releases the lease. */
export type Answer =
  | { readonly kind: "json"; readonly status: number; readonly bytes: Uint8Array; readonly headers: Headers }
  | { readonly kind: "stream"; readonly stream: UpstreamStream; readonly headers: Headers; readonly lease: Lease }
  | {
      readonly kind: "bytes";
      readonly status: number;
      readonly body: ReadableStream<Uint8Array> | null;
      readonly headers: Headers;
      readonly lease: Lease;
      readonly abort: AbortController;
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
  readonly #abort = new AbortController();
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
      case "response":
        try {
          return await this.#read(result.response);
        } catch (error) {
          return this.#abort.signal.aborted ? this.#abandoned() : this.#failed(unreadable(error));
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
  #read(response: Response): AttemptResult | Promise<AttemptResult> {
    const { exchange } = this;
    const { endpoint } = exchange.incoming;
    const { headers, status } = response;
    this.#upstreamRequestId = headers.get("x-request-id") ?? headers.get("request-id");
    if (status < 200 || status >= 300 || status === 204) {
      return readErrorText(response).then((text) => this.#rejected(status, headers, text));
    }
    const type = headers.get("content-type") ?? "";
    if (type.startsWith("text/event-stream") && (exchange.stream || endpoint.body === "multipart")) {
      exchange.stream = true;
      return this.#openStream(response);
    }
    if (type.includes("json") || type === "") return this.#readJson(response);
    if (!exchange.stream && (endpoint.binary === true || endpoint.body === "multipart")) {
      const body = decodedBody(response);
      return this.#succeeded({ kind: "bytes", status, body, headers, lease: this.#lease, abort: this.#abort });
    }
    response.body?.cancel().catch(() => {});
    return this.#failed(
      classifyUnreachable({ cause: "protocol", message: `an answer of type "${type.slice(0, 40)}"` }),
    );
  }

  async #readJson(response: Response): Promise<AttemptResult> {
    const { exchange } = this;
    const { headers, status } = response;
    const bytes = await readAnswerBody(response, exchange.snapshot.settings.maxResponseBytes);
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

  async #openStream(response: Response): Promise<AttemptResult> {
    const { exchange, target } = this;
    const { settings } = exchange.snapshot;
    const body = decodedBody(response);
    if (body === null) return this.#failed(classifyUnreachable({ cause: "protocol", message: "an empty answer" }));
    const watcher = exchange.protocol.watchStream({
      endpoint: exchange.incoming.endpoint.id,
      clientWantsUsage: this.admitted.clientWantsUsage,
      repair: dialects[target.provider.kind].sloppyStreams,
      requestId: exchange.id,
      model: target.upstreamModel,
      nowMs: exchange.receivedAtMs,
    });
    const stream = new UpstreamStream(body, watcher, {
      abort: this.#abort,
      firstTokenMs: settings.firstTokenTimeoutMs,
      idleMs: settings.streamIdleTimeoutMs,
      maxEventBytes: settings.maxEventBytes,
    });
    exchange.checkUpstream = (nowMs) => stream.check(nowMs);
    const end = await stream.open();
    if (end !== null) return this.#endedEarly(end, response.headers);
    exchange.firstTokenAtMs = exchange.now();
    return this.#succeeded({ kind: "stream", stream, headers: response.headers, lease: this.#lease });
  }

  /** The stream was over before its first content: nothing has gone out, so this is a failed attempt like any other. */
  #endedEarly(end: StreamEnd, headers: Headers): AttemptResult {
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

  #rejected(status: number, headers: Headers, body: string): AttemptResult {
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
  if (error instanceof AnswerTooLarge) {
    return classifyUnreachable({ cause: "protocol", message: "the answer was larger than the limit" });
  }
  if (error instanceof AnswerUndecodable || error instanceof JsonScanError || error instanceof SyntaxError) {
    return classifyUnreachable({ cause: "protocol", message: error.message });
  }
  return classifyUnreachable({ cause: "truncated", message: "the connection broke in the middle of the answer" });
}

async function readErrorText(response: Response): Promise<string> {
  try {
    const stream = decodedBody(response);
    if (stream === null) return "";
    const reader = readerOf(stream);
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < ERROR_BODY_BYTES) {
      const { done, value } = await reader.read();
      if (done || value === undefined) break;
      parts.push(value);
      length += value.length;
    }
    if (length >= ERROR_BODY_BYTES) reader.cancel().catch(() => {});
    return Buffer.concat(parts).subarray(0, ERROR_BODY_BYTES).toString("utf8");
  } catch {
    return ""; // the status says enough
  }
}

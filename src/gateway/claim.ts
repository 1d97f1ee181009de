import type { HeaderView } from "../lib/http-client/types.ts";
import { classifyRejection, classifyUnreachable, type Failure } from "../policy/failure.ts";
import type { Lease } from "../pool.ts";
import type { AttemptOutcome, Spoken } from "../record.ts";
import type { KeyEntry } from "../snapshot.ts";
import { Abort } from "./abort.ts";
import type { Admitted } from "./admit.ts";
import type { AnswerTranslation } from "./answer-translation.ts";
import type { Answer, AttemptResult } from "./attempt-result.ts";
import type { Exchange } from "./exchange.ts";
import { maskKeys } from "./mask.ts";
import type { OperationReading } from "./operation-call.ts";
import type { RouteTarget } from "./route.ts";

interface Claimed {
  /** How the answer is read; null when it comes in the client's own format. */
  readonly translation: AnswerTranslation | OperationReading | null;
  readonly spoken: Spoken;
}

/** A key taken for one upstream call: from here on it is either praised, blamed or given back, and the attempt written down. */
export class Claim {
  readonly lease: Lease;
  readonly abort = new Abort();
  upstreamRequestId: string | null = null;
  readonly translation: Claimed["translation"];
  readonly #spoken: Spoken;
  readonly #startedAtMs: number;
  #timedOut = false;

  constructor(
    readonly exchange: Exchange,
    readonly admitted: Admitted,
    readonly target: RouteTarget,
    readonly key: KeyEntry,
    { translation, spoken }: Claimed,
  ) {
    this.translation = translation;
    this.#spoken = spoken;
    exchange.spoken = spoken;
    this.#startedAtMs = exchange.now();
    this.lease = exchange.gateway.pool.begin(key, target.upstreamModel, this.#startedAtMs);
    exchange.provider = target.provider;
    exchange.key = key;
    exchange.servedModel = target.upstreamModel === "" ? null : target.upstreamModel;
    exchange.abortOnStop(this.abort);
  }

  /** A whole answer is under the request's own time limit; a stream has one for its headers. */
  limitHeaders(): void {
    const atMs = Date.now() + this.exchange.snapshot.settings.headersTimeoutMs;
    this.exchange.checkUpstream = (nowMs) => {
      if (nowMs < atMs) return;
      this.#timedOut = true;
      this.abort.abort();
    };
  }

  succeeded(answer: Answer): AttemptResult {
    const latencyMs = this.exchange.now() - this.#startedAtMs;
    this.lease.succeeded(Date.now(), latencyMs);
    this.#note("ok", latencyMs, null, null);
    return { kind: "ok", answer };
  }

  rejected(status: number, headers: HeaderView, body: string): AttemptResult {
    const { kind } = this.target.provider;
    const failure = classifyRejection({ kind, status, headers, body, nowMs: Date.now() });
    return this.failed(failure, failure.scope === "none" && !failure.retryable ? this.#mask(body) : null);
  }

  /** An answer that is none, with what it said for the operator. */
  nonsense(what: string, said: string): AttemptResult {
    const words = said.trim() === "" ? "" : `; it said: ${said}`;
    return this.failed(classifyUnreachable({ cause: "protocol", message: `${what}${words}` }));
  }

  /** From here on the upstream's words may be shown: to the operator, in part to the client, in the log on disk. */
  failed(found: Failure, body: string | null = null): AttemptResult {
    const { exchange } = this;
    const failure = found.message === null ? found : { ...found, message: this.#mask(found.message) };
    const { cooldownMs } = this.lease.failed(failure, Date.now(), exchange.id);
    this.lease.release();
    const outcome = failure.httpStatus === null ? "unreachable" : "rejected";
    this.#note(outcome, exchange.now() - this.#startedAtMs, failure, cooldownMs);
    const isForeign = this.translation !== null && this.translation.wire !== exchange.protocol.id;
    return { kind: "failed", failure, status: failure.httpStatus ?? 502, body, isForeign };
  }

  /** Aborted by us: for a time limit the upstream is to blame, for a client that left nobody is. */
  abandoned(): AttemptResult {
    if (this.#timedOut || this.exchange.stopped === "timeout") {
      return this.failed(classifyUnreachable({ cause: "timeout", message: "no answer within the time limit" }));
    }
    this.lease.release();
    this.#note("abandoned", this.exchange.now() - this.#startedAtMs, null, null);
    return { kind: "abandoned" };
  }

  #note(outcome: AttemptOutcome, durationMs: number, failure: Failure | null, cooldownMs: number | null): void {
    this.exchange.attempts.push({
      providerId: this.target.provider.id,
      keyId: this.key.id,
      upstreamModel: this.target.upstreamModel,
      upstreamFormat: this.#spoken.upstreamFormat,
      upstreamEndpoint: this.#spoken.upstreamEndpoint,
      startedAtMs: this.#startedAtMs,
      durationMs,
      outcome,
      httpStatus: outcome === "ok" ? 200 : (failure?.httpStatus ?? null),
      errorClass: failure?.errorClass ?? null,
      errorText: failure?.message ?? null,
      cooldownMs,
      upstreamRequestId: this.upstreamRequestId,
    });
  }

  #mask(text: string): string {
    return maskKeys(text, this.target.provider);
  }
}

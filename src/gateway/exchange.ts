import { costOf } from "../cost.ts";
import type { GatewayError } from "../errors.ts";
import type { Bagged } from "../lib/bag.ts";
import { newId } from "../lib/id.ts";
import type { Usage, UsageSource } from "../llm/usage.ts";
import { priceFor } from "../policy/pricing.ts";
import { protocols } from "../protocols/index.ts";
import type { Protocol } from "../protocols/protocol.ts";
import {
  type ActiveRequest,
  type AttemptRecord,
  type ErrorClass,
  NOTHING_SPOKEN,
  type RequestRecord,
  type Spoken,
} from "../record.ts";
import type { ClientEntry, KeyEntry, ModelEntry, ProviderEntry, Snapshot } from "../snapshot.ts";
import type { Abortable } from "./abort.ts";
import type { ContentCapture } from "./content.ts";
import type { Continuation } from "./continuation.ts";
import type { LargeFile } from "./files/copies.ts";
import type { Gateway, Incoming } from "./gateway.ts";

export type StopReason = "client" | "cancelled" | "shutdown" | "timeout" | "too_slow" | "refused";

/** Requests that are over before this never need attention. */
const ATTEND_AFTER_MS = 100;

export const NOTHING: readonly string[] = [];

/** Stands for a request that need not be remembered. */
const FORGOTTEN = new Request("http://forgotten.invalid/");

/** How a request ended, for settle. */
export interface Ending {
  readonly status: RequestRecord["status"];
  readonly httpStatus: number;
  readonly errorClass: ErrorClass | null;
  readonly errorText: string | null;
}

/**
 * One client request from its first byte to its record: the state that admission, attempts and relay write down. Lives as long
 * as the request; settles exactly once.
 */
export class Exchange implements Bagged {
  readonly id: string;
  readonly receivedAtMs: number;
  readonly #startedAt: number;
  readonly snapshot: Snapshot;
  readonly protocol: Protocol;
  readonly userAgent: string;

  client: ClientEntry | null = null;
  requestedModel = "";
  model: ModelEntry | null = null;
  stream = false;
  requestBytes = 0;
  responseBytes = 0;
  provider: ProviderEntry | null = null;
  key: KeyEntry | null = null;
  servedModel: string | null = null;
  spoken: Spoken = NOTHING_SPOKEN;
  firstTokenAtMs: number | null = null;
  usage: Usage | null = null;
  rawUsage: string | null = null;
  usageSource: UsageSource = "unknown";
  /** Names of request fields that the upstream of the last attempt could not be sent. */
  dropped: readonly string[] = NOTHING;
  /** What was kept here and is written out in the body now; null when the body is the client's own. */
  continuation: Continuation | null = null;
  /** The body with the names of files that are written out in it; null when it names none. */
  bodyWithFileIds: Readonly<Record<string, unknown>> | null = null;
  /** Files that the body still names, because they are too large to stand in it; null: none. */
  largeFiles: ReadonlyMap<string, LargeFile> | null = null;
  /** Null when this client's content is not kept. */
  capture: ContentCapture | null = null;
  readonly attempts: AttemptRecord[] = [];
  /** A call was repeated because its connection had gone stale. */
  hasRepeated = false;

  /** Why it must stop, once somebody said so. */
  stopped: StopReason | null = null;
  refusal: GatewayError | null = null;
  /** When it stops by itself (Unix ms), and why; the sweep of the running requests looks. */
  stopAtMs = Number.POSITIVE_INFINITY;
  stopAtReason: "timeout" | "too_slow" = "timeout";
  /** Called by the sweep (every 100 ms): is the upstream too silent, does the client need a sign of life? */
  checkUpstream: ((nowMs: number) => void) | null = null;
  checkClient: ((nowMs: number) => void) | null = null;
  /** Among the running requests. */
  place = -1;
  #isAttended = false;
  #onStop: (() => void) | null = null;
  #abort: Abortable | null = null;
  #settled = false;

  constructor(
    readonly gateway: Gateway,
    public incoming: Incoming,
  ) {
    this.receivedAtMs = Date.now();
    this.#startedAt = performance.now();
    this.id = newId("req", this.receivedAtMs);
    this.snapshot = gateway.snapshots.current;
    this.protocol = protocols[incoming.endpoint.protocol];
    this.userAgent = incoming.request.headers.get("user-agent") ?? "";
    gateway.inFlight.add(this);
  }

  /** Unix milliseconds with fractions, on the monotonic clock since the request came. */
  now(): number {
    return this.receivedAtMs + (performance.now() - this.#startedAt);
  }

  /** One turn of the sweep. Timeouts fire up to one turn late, which none of them minds. */
  tick(nowMs: number): void {
    if (this.stopAtMs <= nowMs) this.stop(this.stopAtReason);
    this.checkUpstream?.(nowMs);
    this.checkClient?.(nowMs);
    if (!this.#isAttended && nowMs - this.receivedAtMs >= ATTEND_AFTER_MS) this.#attend();
  }

  /**
   * What a request needs only when it takes longer than a moment, done by the sweep: notice that the client leaves (Bun makes the
   * signal when it is first read, already aborted if the client is gone), and keep the connection open while nothing is sent.
   */
  #attend(): void {
    this.#isAttended = true;
    const { request, internal } = this.incoming;
    if (internal !== null) return; // no connection, and its signal is its caller's
    if (request.signal.aborted) {
      this.stop("client");
      return;
    }
    request.signal.addEventListener("abort", () => this.stop("client"), { once: true });
    this.gateway.keepOpen(request);
  }

  /**
   * The answer streams from here on, for as long as it takes: nobody asks any more what the request said, and a tenth of what a
   * stream holds in memory is that. The answer's body tells when the client leaves, also of one that has left by now.
   */
  forgetRequest(): void {
    const { request, internal } = this.incoming;
    this.incoming = { ...this.incoming, request: FORGOTTEN };
    if (internal !== null || this.#isAttended) return;
    this.#isAttended = true;
    this.gateway.keepOpen(request);
  }

  /** Ends whatever this request is waiting for. The first reason stands. */
  stop(reason: StopReason): void {
    if (this.stopped !== null) return;
    this.stopped = reason;
    this.#onStop?.();
    this.#abort?.abort();
  }

  /** Stops it for a fault that showed only after the upstream call had begun; this is what the client is told. */
  refuse(error: GatewayError): void {
    this.refusal ??= error;
    this.stop("refused");
  }

  /** The one call to abort when the request must stop; at once when that has happened already. */
  abortOnStop(call: Abortable): void {
    this.#abort = call;
    if (this.stopped !== null) call.abort();
  }

  /** What else waits for the end of this request (its body); null when nothing does. */
  set onStop(stop: (() => void) | null) {
    this.#onStop = stop;
    if (stop !== null && this.stopped !== null) stop();
  }

  /** Makes the record. A second call does nothing: whoever ends the request first is right. */
  settle(ending: Ending): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#abort = null;
    this.gateway.inFlight.remove(this);
    const price =
      this.servedModel === null || this.provider === null
        ? null
        : priceFor({
            modelPrice: this.model?.price ?? null,
            kind: this.provider.kind,
            upstreamModel: this.servedModel,
            baseUrl: this.provider.baseUrl,
            usage: this.usage,
            atMs: this.receivedAtMs,
          });
    const { incoming } = this;
    // Field by field: spreading copies names one by one.
    this.gateway.record({
      id: this.id,
      receivedAtMs: this.receivedAtMs,
      firstTokenAtMs: this.firstTokenAtMs,
      endedAtMs: this.now(),
      status: ending.status,
      httpStatus: ending.httpStatus,
      errorClass: ending.errorClass,
      errorText: ending.errorText,
      protocol: incoming.endpoint.protocol,
      endpoint: incoming.endpoint.id,
      requestedModel: this.requestedModel,
      servedModel: this.servedModel,
      upstreamFormat: this.spoken.upstreamFormat,
      upstreamEndpoint: this.spoken.upstreamEndpoint,
      providerId: this.provider?.id ?? null,
      keyId: this.key?.id ?? null,
      clientKeyId: this.#clientKeyId(),
      origin: incoming.internal === null ? "client" : incoming.internal.origin,
      usage: this.usage,
      usageSource: this.usageSource,
      rawUsage: this.rawUsage,
      costNanoUsd: costOf(this.usage, price),
      price,
      stream: this.stream,
      clientAddress: incoming.clientAddress,
      userAgent: this.userAgent.slice(0, 200),
      requestBytes: this.requestBytes,
      responseBytes: this.responseBytes,
      dropped: this.dropped,
      attempts: this.attempts,
      content: this.capture?.finish() ?? null,
    });
  }

  #clientKeyId(): string | null {
    return this.client === null || this.incoming.internal?.clientKeyId === null ? null : this.client.id;
  }

  view(): ActiveRequest {
    const { incoming } = this;
    return {
      id: this.id,
      receivedAtMs: this.receivedAtMs,
      protocol: incoming.endpoint.protocol,
      endpoint: incoming.endpoint.id,
      requestedModel: this.requestedModel,
      servedModel: this.servedModel,
      ...this.spoken,
      providerId: this.provider?.id ?? null,
      keyId: this.key?.id ?? null,
      clientKeyId: this.#clientKeyId(),
      origin: incoming.internal === null ? "client" : incoming.internal.origin,
      stream: this.stream,
      firstTokenAtMs: this.firstTokenAtMs,
      responseBytes: this.responseBytes,
      attempts: this.attempts.length,
      clientAddress: incoming.clientAddress,
      userAgent: this.userAgent,
    };
  }
}

import type { ErrorClass, RequestRecord } from "../../record.ts";
import type { ModelRow } from "../../store/types.ts";
import type { ControlDeps } from "../deps.ts";

/** What the last five minutes say of a model. */
export interface ModelPulse {
  /** 0 to 1, of the requests that were not the client's own fault; null when there were none. */
  readonly successRate: number | null;
  readonly requests: number;
  readonly p95FirstTokenMs: number | null;
  /** The last one in the upstream's words, masked; however old. */
  readonly lastError: string | null;
  readonly lastErrorAtMs: number | null;
  readonly lastRequestAtMs: number | null;
}

const SLOT_MS = 10_000;
const SLOTS = 30;
const WINDOW_MS = SLOT_MS * SLOTS;
/** First tokens that are remembered one by one: the last ones. */
const SAMPLES = 64;
/** A kilobyte each. Models beyond so many that are in use at once show nothing. */
const MOST_NAMES = 2000;

/** Says nothing of the model: another client's request might have been served. */
const CLIENT_FAULTS: ReadonlySet<ErrorClass> = new Set<ErrorClass>([
  ...(["invalid_request", "unauthorized", "forbidden", "not_found", "too_large"] as const),
  ...(["unsupported", "content_filter", "client_closed", "cancelled"] as const),
]);

/** Counts what ends, by the name that was asked for. Noting one costs no memory once its model is known. */
export class ModelPulses {
  readonly #deps: Pick<ControlDeps, "snapshots" | "now">;
  readonly #stop: () => void;
  readonly #byName = new Map<string, Counters>();

  constructor(deps: Pick<ControlDeps, "snapshots" | "events" | "now">) {
    this.#deps = deps;
    this.#stop = deps.events.on("requestSettled", (record) => this.#note(record));
  }

  /** Aliases count. */
  read({ name, aliases }: Pick<ModelRow, "name" | "aliases">): ModelPulse {
    const found = [name, ...aliases].flatMap((each) => this.#byName.get(each) ?? []);
    const sinceMs = this.#deps.now() - WINDOW_MS;
    const counts = found.map((counters) => counters.sum(sinceMs));
    const requests = counts.reduce((sum, count) => sum + count.requests, 0);
    const errors = counts.reduce((sum, count) => sum + count.errors, 0);
    const samples = found.flatMap((counters) => counters.firstTokens(sinceMs)).sort((a, b) => a - b);
    const failed = found.toSorted((a, b) => b.lastErrorAtMs - a.lastErrorAtMs)[0];
    const lastMs = Math.max(0, ...found.map(({ lastRequestAtMs }) => lastRequestAtMs));
    return {
      requests,
      successRate: requests === 0 ? null : (requests - errors) / requests,
      p95FirstTokenMs: samples[Math.max(0, Math.ceil(samples.length * 0.95) - 1)] ?? null,
      lastError: failed?.lastError ?? null,
      lastErrorAtMs: failed === undefined || failed.lastErrorAtMs === 0 ? null : failed.lastErrorAtMs,
      lastRequestAtMs: lastMs === 0 ? null : lastMs,
    };
  }

  close(): void {
    this.#stop();
    this.#byName.clear();
  }

  #note(record: RequestRecord): void {
    const { requestedModel, errorClass } = record;
    if (errorClass !== null && CLIENT_FAULTS.has(errorClass)) return;
    let counters = this.#byName.get(requestedModel);
    if (counters === undefined) {
      // Clients invent names; only those of configured models are worth the memory.
      if (!this.#deps.snapshots.current.models.has(requestedModel)) return;
      if (this.#byName.size >= MOST_NAMES && !this.#makeRoom()) return;
      counters = new Counters();
      this.#byName.set(requestedModel, counters);
    }
    counters.note(record, this.#deps.now());
  }

  /** Forgets a name that nobody has asked for in a while; false when all are in use. */
  #makeRoom(): boolean {
    const oldMs = this.#deps.now() - WINDOW_MS;
    for (const [name, { lastRequestAtMs }] of this.#byName) {
      if (lastRequestAtMs < oldMs) return this.#byName.delete(name);
    }
    return false;
  }
}

class Counters {
  readonly #startedAt = new Float64Array(SLOTS);
  readonly #requests = new Uint32Array(SLOTS);
  readonly #errors = new Uint32Array(SLOTS);
  readonly #sampledAt = new Float64Array(SAMPLES);
  readonly #samples = new Float32Array(SAMPLES);
  #nextSample = 0;
  lastError: string | null = null;
  lastErrorAtMs = 0;
  lastRequestAtMs = 0;

  note(record: RequestRecord, nowMs: number): void {
    const startMs = nowMs - (nowMs % SLOT_MS);
    const slot = (startMs / SLOT_MS) % SLOTS;
    if (this.#startedAt[slot] !== startMs) {
      this.#startedAt[slot] = startMs;
      this.#requests[slot] = this.#errors[slot] = 0;
    }
    this.lastRequestAtMs = nowMs;
    this.#requests[slot]!++;
    if (record.status === "error") {
      this.#errors[slot]!++;
      this.lastError = record.errorText ?? record.errorClass;
      this.lastErrorAtMs = nowMs;
    }
    if (record.firstTokenAtMs === null) return;
    this.#sampledAt[this.#nextSample] = nowMs;
    this.#samples[this.#nextSample] = record.firstTokenAtMs - record.receivedAtMs;
    this.#nextSample = (this.#nextSample + 1) % SAMPLES;
  }

  sum(sinceMs: number): { readonly requests: number; readonly errors: number } {
    let [requests, errors] = [0, 0];
    for (let slot = 0; slot < SLOTS; slot++) {
      if (this.#startedAt[slot]! <= sinceMs) continue;
      requests += this.#requests[slot]!;
      errors += this.#errors[slot]!;
    }
    return { requests, errors };
  }

  firstTokens(sinceMs: number): number[] {
    return [...this.#samples].filter((_, index) => this.#sampledAt[index]! > sinceMs);
  }
}

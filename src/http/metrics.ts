import type { Events } from "../events.ts";
import type { EndpointId } from "../llm/names.ts";
import type { ActiveRequests, RequestRecord } from "../record.ts";
import type { StoreStats } from "../store/types.ts";

/** Upper bounds in seconds: from a cached answer to a long reasoning run. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

interface Series {
  requests: number;
  readonly durations: number[];
  durationSum: number;
  inputTokens: number;
  outputTokens: number;
  costNanoUsd: number;
}

/**
 * Prometheus metrics. Labels are bounded: endpoint, status class and provider name (never a model that a client made up, never
 * a key). Fed by events, read from memory.
 */
export class Metrics {
  readonly #series = new Map<string, Series>();
  /** The same by endpoint, provider's name and status class: writing the label for every request costs more than counting it. */
  readonly #found = new Map<EndpointId, Map<string, Series[]>>();
  readonly #errors = new Map<string, number>();
  readonly #providerName: (id: string | null) => string;
  readonly #sources: {
    readonly active: ActiveRequests;
    readonly store: () => StoreStats;
    readonly keys: () => ReadonlyMap<string, number>;
  };

  constructor(options: {
    readonly events: Events;
    readonly active: ActiveRequests;
    readonly store: () => StoreStats;
    /** Number of keys by state. */
    readonly keys: () => ReadonlyMap<string, number>;
    readonly providerName: (id: string | null) => string;
  }) {
    this.#providerName = options.providerName;
    this.#sources = options;
    options.events.on("requestSettled", (record) => this.#count(record));
  }

  #count(record: RequestRecord): void {
    const series = this.#seriesOf(record);
    const seconds = (record.endedAtMs - record.receivedAtMs) / 1000;
    series.requests++;
    series.durationSum += seconds;
    for (let index = BUCKETS.length - 1; index >= 0 && seconds <= BUCKETS[index]!; index--) series.durations[index]!++;
    if (record.usage !== null) {
      const { usage } = record;
      series.inputTokens += usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
      series.outputTokens += usage.outputTokens + usage.reasoningTokens;
    }
    series.costNanoUsd += record.costNanoUsd ?? 0;
    if (record.errorClass !== null) this.#errors.set(record.errorClass, (this.#errors.get(record.errorClass) ?? 0) + 1);
  }

  #seriesOf({ endpoint, providerId, httpStatus }: RequestRecord): Series {
    const provider = this.#providerName(providerId);
    const statusClass = Math.floor(httpStatus / 100);
    const found = this.#found.get(endpoint)?.get(provider)?.[statusClass];
    if (found !== undefined) return found;
    const series = {
      requests: 0,
      durations: BUCKETS.map(() => 0),
      durationSum: 0,
      inputTokens: 0,
      outputTokens: 0,
      costNanoUsd: 0,
    };
    const byProvider = this.#found.get(endpoint) ?? new Map<string, Series[]>();
    const byStatus = byProvider.get(provider) ?? [];
    byStatus[statusClass] = series;
    byProvider.set(provider, byStatus);
    this.#found.set(endpoint, byProvider);
    const label = `endpoint="${endpoint}",status="${statusClass}xx",provider="${escapeLabel(provider)}"`;
    this.#series.set(label, series);
    return series;
  }

  /** The text exposition format, version 0.0.4. */
  render(): string {
    const out: string[] = [];
    const metric = (name: string, type: string, help: string, lines: readonly string[]) =>
      out.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines);
    const each = (line: (label: string, series: Series) => string) =>
      Array.from(this.#series, ([label, series]) => line(label, series));

    metric(
      "sluice_requests_total",
      "counter",
      "Client requests.",
      each((l, s) => `sluice_requests_total{${l}} ${s.requests}`),
    );
    metric(
      "sluice_request_duration_seconds",
      "histogram",
      "From the request's first byte to the answer's last.",
      Array.from(this.#series, ([label, series]) => histogram(label, series)).flat(),
    );
    metric(
      "sluice_input_tokens_total",
      "counter",
      "Prompt tokens, cached ones included.",
      each((l, s) => `sluice_input_tokens_total{${l}} ${s.inputTokens}`),
    );
    metric(
      "sluice_output_tokens_total",
      "counter",
      "Completion tokens, reasoning included.",
      each((l, s) => `sluice_output_tokens_total{${l}} ${s.outputTokens}`),
    );
    metric(
      "sluice_cost_usd_total",
      "counter",
      "Cost of priced requests.",
      each((l, s) => `sluice_cost_usd_total{${l}} ${s.costNanoUsd / 1e9}`),
    );
    metric(
      "sluice_errors_total",
      "counter",
      "Failed requests by class.",
      Array.from(this.#errors, ([name, n]) => `sluice_errors_total{class="${name}"} ${n}`),
    );
    metric("sluice_active_requests", "gauge", "Requests running now.", [
      `sluice_active_requests ${this.#sources.active.size}`,
    ]);
    metric(
      "sluice_provider_keys",
      "gauge",
      "Upstream keys by state.",
      Array.from(this.#sources.keys(), ([state, n]) => `sluice_provider_keys{state="${state}"} ${n}`),
    );
    const store = this.#sources.store();
    metric("sluice_log_queue_records", "gauge", "Records waiting for the writer.", [
      `sluice_log_queue_records ${store.queuedRecords}`,
    ]);
    metric("sluice_log_dropped_records_total", "counter", "Records that could not be kept.", [
      `sluice_log_dropped_records_total ${store.droppedRecords}`,
    ]);
    metric("sluice_stored_responses_dropped_total", "counter", "Responses that were to be kept and could not be.", [
      `sluice_stored_responses_dropped_total ${store.droppedResponses}`,
    ]);
    metric("process_resident_memory_bytes", "gauge", "Resident memory.", [
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    ]);
    return `${out.join("\n")}\n`;
  }
}

function histogram(label: string, series: Series): string[] {
  const name = "sluice_request_duration_seconds";
  return [
    ...BUCKETS.map((bound, index) => `${name}_bucket{${label},le="${bound}"} ${series.durations[index]}`),
    `${name}_bucket{${label},le="+Inf"} ${series.requests}`,
    `${name}_sum{${label}} ${series.durationSum}`,
    `${name}_count{${label}} ${series.requests}`,
  ];
}

function escapeLabel(label: string): string {
  return label.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", " ");
}

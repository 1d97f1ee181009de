import { msOfRow, requestIdAt } from "../lib/id.ts";
import { type AttemptRecord, NOTHING_SPOKEN } from "../record.ts";
import { DAY_MS } from "./day-file.ts";
import type { StoredDetail } from "./log-detail.ts";
import type { LogRow } from "./reports.ts";
import { originOf, type RowShapes, spokenOf } from "./shape.ts";

/** A row of a day file as SQL gives it. */
export interface StoredRow {
  readonly row: number;
  readonly route: number;
  readonly caller: number;
  readonly outcome: number;
  readonly received_us: number | null;
  readonly first_token_us: number | null;
  readonly duration_us: number | null;
  readonly input_tokens: number | null;
  readonly cache_read_tokens: number | null;
  readonly cache_write_tokens: number | null;
  readonly output_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly cost_nano_usd: number | null;
  readonly request_bytes: number | null;
  readonly response_bytes: number | null;
  readonly attempts: number | null;
  readonly attempt_start_us: number | null;
  readonly attempt_us: number | null;
  readonly upstream_request_id: string | null;
  readonly detail: string | null;
  /** Which of the bulk texts holds this row's, and where. */
  readonly bulk: number | null;
  readonly bulk_start: number;
  readonly raw_usage_chars: number | null;
  /** Null: no content was kept. */
  readonly content_flags: number | null;
  readonly request_headers_chars: number | null;
  readonly response_headers_chars: number | null;
}

/** The record again, as it was settled; times to the microsecond. */
export function readRow(stored: StoredRow, day: number, { route, caller, outcome }: RowShapes): LogRow {
  const [protocol, endpoint, requestedModel, servedModel, providerId, keyId, price] = route;
  const [clientKeyId, clientAddress, userAgent, node] = caller;
  const [status, httpStatus, errorClass, usageSource, stream] = outcome;
  const receivedAtMs = receivedAt(stored, day);
  const detail = readDetail(stored);
  return {
    id: requestIdAt({ day, row: stored.row }, node),
    receivedAtMs,
    firstTokenAtMs: stored.first_token_us === null ? null : after(receivedAtMs, stored.first_token_us),
    endedAtMs: after(receivedAtMs, stored.duration_us ?? 0),
    status,
    httpStatus,
    errorClass,
    errorText: detail.e ?? null,
    protocol,
    endpoint,
    requestedModel,
    servedModel,
    ...spokenOf(route),
    providerId,
    keyId,
    clientKeyId,
    origin: originOf(caller),
    usage: readUsage(stored),
    usageSource,
    costNanoUsd: stored.cost_nano_usd,
    price,
    stream,
    clientAddress,
    userAgent,
    requestBytes: stored.request_bytes ?? 0,
    responseBytes: stored.response_bytes ?? 0,
    dropped: detail.d ?? [],
    attemptCount: stored.attempts ?? 0,
  };
}

/** The attempts: as written, or the one that the row says all about. */
export function readAttempts(stored: StoredRow, row: LogRow): AttemptRecord[] {
  const written = readDetail(stored).a;
  if (written !== undefined) return written.map((attempt) => ({ ...NOTHING_SPOKEN, ...attempt }));
  if (row.attemptCount === 0) return [];
  return [
    {
      providerId: row.providerId ?? "",
      keyId: row.keyId ?? "",
      upstreamModel: row.servedModel ?? "",
      upstreamFormat: row.upstreamFormat,
      upstreamEndpoint: row.upstreamEndpoint,
      startedAtMs: after(row.receivedAtMs, stored.attempt_start_us ?? 0),
      durationMs: (stored.attempt_us ?? 0) / 1000,
      outcome: "ok",
      httpStatus: 200,
      errorClass: null,
      errorText: null,
      cooldownMs: null,
      upstreamRequestId: stored.upstream_request_id,
    },
  ];
}

function receivedAt({ row, received_us }: StoredRow, day: number): number {
  return after(day * DAY_MS + msOfRow(row), received_us ?? 0);
}

/** Whole microseconds, so that a time that was written reads the same. */
function after(ms: number, us: number): number {
  return Math.round(ms * 1000 + us) / 1000;
}

function readDetail({ detail }: StoredRow): StoredDetail {
  return detail === null ? {} : JSON.parse(detail);
}

function readUsage(stored: StoredRow): LogRow["usage"] {
  if (stored.input_tokens === null) return null;
  return {
    inputTokens: stored.input_tokens,
    cacheReadTokens: stored.cache_read_tokens ?? 0,
    cacheWriteTokens: stored.cache_write_tokens ?? 0,
    outputTokens: stored.output_tokens ?? 0,
    reasoningTokens: stored.reasoning_tokens ?? 0,
  };
}

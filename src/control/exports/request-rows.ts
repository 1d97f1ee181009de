import type { LogRow } from "../../store/reports.ts";
import type { Control } from "../control.ts";
import { formatNanoUsd } from "../usage/money.ts";
import type { Cell } from "./table.ts";

interface Names {
  provider(id: string | null): string | null;
  providerKey(id: string | null): string | null;
  clientKey(id: string | null): string | null;
}

/** What each column of an export of the request log holds. */
const COLUMNS = {
  id: (row) => row.id,
  received_at: (row) => instant(row.receivedAtMs),
  ended_at: (row) => instant(row.endedAtMs),
  status: (row) => row.status,
  http_status: (row) => row.httpStatus,
  error_class: (row) => row.errorClass,
  error_message: (row) => row.errorText,
  origin: (row) => row.origin,
  format: (row) => row.protocol,
  endpoint: (row) => row.endpoint,
  requested_model: (row) => row.requestedModel,
  served_model: (row) => row.servedModel,
  upstream_format: (row) => row.upstreamFormat,
  upstream_endpoint: (row) => row.upstreamEndpoint,
  provider_id: (row) => row.providerId,
  provider: (row, names) => names.provider(row.providerId),
  provider_key_id: (row) => row.keyId,
  provider_key: (row, names) => names.providerKey(row.keyId),
  client_key_id: (row) => row.clientKeyId,
  client_key: (row, names) => names.clientKey(row.clientKeyId),
  stream: (row) => row.stream,
  attempts: (row) => row.attemptCount,
  input_tokens: (row) => row.usage?.inputTokens ?? null,
  cache_read_tokens: (row) => row.usage?.cacheReadTokens ?? null,
  cache_write_tokens: (row) => row.usage?.cacheWriteTokens ?? null,
  output_tokens: (row) => row.usage?.outputTokens ?? null,
  reasoning_tokens: (row) => row.usage?.reasoningTokens ?? null,
  usage_source: (row) => row.usageSource,
  cost_usd: (row) => (row.costNanoUsd === null ? null : formatNanoUsd(row.costNanoUsd)),
  price_ref: (row) => row.price?.ref ?? null,
  latency_ms: (row) => milliseconds(row.endedAtMs - row.receivedAtMs),
  first_token_ms: (row) => (row.firstTokenAtMs === null ? null : milliseconds(row.firstTokenAtMs - row.receivedAtMs)),
  client_address: (row) => row.clientAddress,
  user_agent: (row) => row.userAgent,
  request_bytes: (row) => row.requestBytes,
  response_bytes: (row) => row.responseBytes,
  dropped_fields: (row) => row.dropped.join(" "),
} as const satisfies Record<string, (row: LogRow, names: Names) => Cell>;

export const REQUEST_COLUMNS = Object.keys(COLUMNS);

export function requestCells(row: LogRow, names: Names): Record<string, Cell> {
  return Object.fromEntries(Object.entries(COLUMNS).map(([name, read]) => [name, read(row, names)]));
}

/** Also of what has been deleted, where the history still knows. */
export async function readNames({ rows }: Control): Promise<Names> {
  const [providers, providerKeys, clientKeys] = await Promise.all([
    rows.providers(),
    rows.providerKeys(),
    rows.clientKeys(),
  ]);
  const last = await rows.lastNames();
  const nameIn = (nouns: ReadonlyMap<string, { readonly name: string }>) => (id: string | null) =>
    id === null ? null : (nouns.get(id)?.name ?? last.get(id) ?? null);
  return { provider: nameIn(providers), providerKey: nameIn(providerKeys), clientKey: nameIn(clientKeys) };
}

function instant(ms: number): string {
  return new Date(Math.floor(ms)).toISOString();
}

function milliseconds(value: number): number {
  return Math.round(value * 1000) / 1000;
}

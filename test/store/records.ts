import { newId } from "../../src/lib/id.ts";
import type { AttemptRecord, RequestRecord } from "../../src/record.ts";

export const MASTER_KEY = new Uint8Array(32).fill(7);

/** Noon of a fixed day, UTC. */
export const NOON = Date.UTC(2026, 10, 20, 12);

const SPOKEN = { upstreamFormat: "openai-chat", upstreamEndpoint: "chat.completions" } as const;

export function makeAttempt(atMs: number, changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    providerId: "prv_a",
    keyId: "pky_a",
    upstreamModel: "gpt-4.1-2025-04-14",
    ...SPOKEN,
    startedAtMs: atMs + 0.25,
    durationMs: 60.5,
    outcome: "ok",
    httpStatus: 200,
    errorClass: null,
    errorText: null,
    cooldownMs: null,
    upstreamRequestId: "req_upstream",
    ...changes,
  };
}

/** A successful chat completion, received at `atMs`. */
export function makeRecord(atMs: number = NOON, changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: newId("req", atMs),
    receivedAtMs: atMs,
    firstTokenAtMs: atMs + 20.5,
    endedAtMs: atMs + 61.25,
    status: "success",
    httpStatus: 200,
    errorClass: null,
    errorText: null,
    protocol: "openai-chat",
    endpoint: "chat.completions",
    requestedModel: "gpt-4.1",
    servedModel: "gpt-4.1-2025-04-14",
    ...SPOKEN,
    providerId: "prv_a",
    keyId: "pky_a",
    clientKeyId: "cky_a",
    origin: "client",
    usage: { inputTokens: 100, cacheReadTokens: 50, cacheWriteTokens: 5, outputTokens: 30, reasoningTokens: 10 },
    usageSource: "reported",
    rawUsage: '{"prompt_tokens":155,"completion_tokens":40}',
    costNanoUsd: 645_000,
    price: { input: 2, output: 8, cacheRead: 0.5, cacheWrite: 2, source: "builtin", ref: "openai/gpt-4.1" },
    stream: false,
    clientAddress: "10.0.0.1",
    userAgent: "OpenAI/Python 1.99.9",
    requestBytes: 1024,
    responseBytes: 1100,
    dropped: [],
    attempts: [makeAttempt(atMs)],
    content: null,
    ...changes,
  };
}

/** A failed request of `status` 502 after two attempts. */
export function makeFailure(atMs: number, changes: Partial<RequestRecord> = {}): RequestRecord {
  const failed = {
    outcome: "rejected",
    httpStatus: 503,
    errorClass: "upstream_error",
    errorText: "overloaded",
    cooldownMs: 1000,
  } as const;
  return makeRecord(atMs, {
    status: "error",
    httpStatus: 502,
    errorClass: "upstream_error",
    errorText: "The upstream failed.",
    usage: null,
    usageSource: "unknown",
    rawUsage: null,
    costNanoUsd: null,
    price: null,
    firstTokenAtMs: null,
    attempts: [makeAttempt(atMs, failed), makeAttempt(atMs + 30, { ...failed, keyId: "pky_b" })],
    ...changes,
  });
}

import { newId } from "../../src/lib/id.ts";
import { type ActiveRequest, type AttemptRecord, NOTHING_SPOKEN, type RequestRecord } from "../../src/record.ts";

const SPOKEN = { upstreamFormat: "openai-chat", upstreamEndpoint: "chat.completions" } as const;

/** A settled request as the gateway hands it over: a successful priced chat, unless told otherwise. */
export function makeRecord(change: Partial<RequestRecord> = {}): RequestRecord {
  const receivedAtMs = change.receivedAtMs ?? Date.now() - 1000;
  return {
    id: newId("req", receivedAtMs),
    receivedAtMs,
    firstTokenAtMs: receivedAtMs + 200,
    endedAtMs: receivedAtMs + 800,
    status: "success",
    httpStatus: 200,
    errorClass: null,
    errorText: null,
    protocol: "openai-chat",
    endpoint: "chat.completions",
    requestedModel: "gpt-4.1",
    servedModel: "gpt-4.1",
    ...SPOKEN,
    providerId: null,
    keyId: null,
    clientKeyId: null,
    origin: "client",
    usage: { inputTokens: 1000, cacheReadTokens: 200, cacheWriteTokens: 0, outputTokens: 300, reasoningTokens: 50 },
    usageSource: "reported",
    rawUsage: '{"prompt_tokens":1200,"completion_tokens":350}',
    costNanoUsd: 4_900_000,
    price: { input: 2, output: 8, cacheRead: 0.5, cacheWrite: 2, source: "builtin", ref: "openai/gpt-4.1" },
    stream: false,
    clientAddress: "127.0.0.1",
    userAgent: "test/1",
    requestBytes: 500,
    responseBytes: 1500,
    dropped: [],
    attempts: [makeAttempt({ startedAtMs: receivedAtMs + 10 })],
    content: null,
    ...change,
  };
}

export function makeAttempt(change: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    providerId: "prv_test",
    keyId: "pky_test",
    upstreamModel: "gpt-4.1",
    ...SPOKEN,
    startedAtMs: Date.now() - 900,
    durationMs: 700,
    outcome: "ok",
    httpStatus: 200,
    errorClass: null,
    errorText: null,
    cooldownMs: null,
    upstreamRequestId: "up-1",
    ...change,
  };
}

export function makeActive(change: Partial<ActiveRequest> = {}): ActiveRequest {
  return {
    id: newId("req"),
    receivedAtMs: Date.now(),
    protocol: "openai-chat",
    endpoint: "chat.completions",
    requestedModel: "gpt-4.1",
    servedModel: null,
    ...NOTHING_SPOKEN,
    providerId: null,
    keyId: null,
    clientKeyId: null,
    origin: "client",
    stream: true,
    firstTokenAtMs: null,
    responseBytes: 0,
    attempts: 0,
    clientAddress: "127.0.0.1",
    userAgent: "test/1",
    ...change,
  };
}

import { expect, test } from "bun:test";
import type { ProviderKind } from "../../src/llm/names.ts";
import { classifyRejection, type Failure } from "../../src/policy/failure.ts";

export const NOW = Date.UTC(2026, 10, 20, 12);

export interface Case {
  readonly what: string;
  readonly kind?: ProviderKind;
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly expected: Partial<Failure>;
}

export const openai = (message: string, type: string, code: unknown) => ({
  error: { message, type, param: null, code },
});
export const anthropic = (type: string, message: string) => ({
  type: "error",
  error: { type, message },
  request_id: "req_1",
});
export const google = (code: number, status: string, message: string, details: unknown[] = []) => ({
  error: { code, status, message, details },
});
export const reason = (name: string) => ({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: name });

export const requestFault = { scope: "none", retryable: false } as const;
export const keyInvalid = { errorClass: "key_invalid", scope: "key", retryable: true } as const;
export const keyInvalidForModel = { errorClass: "key_invalid", scope: "key_model", retryable: true } as const;
export const quota = { errorClass: "quota", scope: "key", retryable: true, resetAtMs: null } as const;
export const upstreamFault = { errorClass: "upstream_error", scope: "key_model", retryable: true } as const;
export const wayRefused = { errorClass: "upstream_error", scope: "key", retryable: true } as const;
export const rateLimited = { errorClass: "rate_limited", scope: "key_model", retryable: true } as const;

/** One test for each. */
export function judge(cases: readonly Case[]): void {
  for (const { what, kind = "openai", status, body = "", headers = {}, expected } of cases) {
    test(what, () => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const failure = classifyRejection({ kind, status, headers: new Headers(headers), body: text, nowMs: NOW });
      expect(failure).toMatchObject(expected);
    });
  }
}

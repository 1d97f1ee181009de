import { describe, expect, test } from "bun:test";
import type { Failure } from "../../src/policy/failure.ts";
import { combineNone, finalError, mayRetry, type NoCandidate } from "../../src/policy/retry.ts";

const NOW = 1_000_000_000_000;

function failure(errorClass: Failure["errorClass"], rest: Partial<Failure> = {}): Failure {
  return {
    errorClass,
    scope: "key_model",
    retryable: true,
    httpStatus: null,
    retryAfterMs: null,
    resetAtMs: null,
    message: null,
    ...rest,
  };
}
const limited = (retryAfterMs: number | null, message: string | null = null) =>
  failure("rate_limited", { httpStatus: 429, retryAfterMs, message });
const refused = failure("key_invalid", { scope: "key", httpStatus: 401, message: "Incorrect API key: sk-abcdefgh" });
const spent = failure("quota", { scope: "key", httpStatus: 429, message: "org-1234 exceeded its quota" });
const broken = failure("upstream_error", { httpStatus: 500, message: "The server had an error" });

describe("another candidate may be asked", () => {
  const question = { attempts: 1, maxAttempts: 3, committed: false, failure: broken, deadlineMs: NOW + 1, nowMs: NOW };
  const table: [string, Partial<typeof question> & { deadlineMs?: number | null }, boolean][] = [
    ["while attempts are left", {}, true],
    ["without a deadline", { deadlineMs: null as never }, true],
    ["not after the last attempt", { attempts: 3 }, false],
    ["not at all when one attempt is allowed", { maxAttempts: 1 }, false],
    ["not after the first content byte", { committed: true }, false],
    ["not past the deadline", { nowMs: NOW + 1 }, false],
    ["not for the request's own fault", { failure: failure("invalid_request", { retryable: false }) }, false],
    ["for a refused key", { failure: refused }, true],
  ];
  for (const [what, change, expected] of table) {
    test(what, () => expect(mayRetry({ ...question, ...change })).toBe(expected));
  }
});

describe("when everything has failed the client hears", () => {
  const none = (
    reason: NoCandidate["reason"],
    earliestMs: number | null = null,
    errorClass: NoCandidate["errorClass"] = null,
  ) => ({
    reason,
    earliestMs,
    errorClass,
  });
  const requestFault = (errorClass: Failure["errorClass"], httpStatus: number, message: string) =>
    failure(errorClass, { scope: "none", retryable: false, httpStatus, message });

  interface Heard {
    readonly status: number;
    readonly code: string;
    readonly retryAfterMs?: number | undefined;
    readonly final?: boolean;
  }
  const table: [what: string, failures: Failure[], none: NoCandidate | null, heard: Heard][] = [
    [
      "429 and the wait of a rate limit",
      [limited(4000)],
      null,
      { status: 429, code: "rate_limit_exceeded", retryAfterMs: 4000, final: true },
    ],
    [
      "the shortest of several waits",
      [limited(9000), limited(3000)],
      none("cooling", NOW + 5000),
      { status: 429, code: "rate_limit_exceeded", retryAfterMs: 3000 },
    ],
    [
      "the pool's earliest recovery when it is sooner",
      [limited(9000)],
      none("cooling", NOW + 2000),
      { status: 429, code: "rate_limit_exceeded", retryAfterMs: 2000 },
    ],
    [
      "no wait above an hour",
      [limited(86_400_000)],
      null,
      { status: 429, code: "rate_limit_exceeded", retryAfterMs: 3_600_000 },
    ],
    ["no wait under a second", [limited(10)], null, { status: 429, code: "rate_limit_exceeded", retryAfterMs: 1000 }],
    [
      "429 rather than 502 when a refused key and a rate limit meet",
      [refused, limited(4000)],
      null,
      { status: 429, code: "rate_limit_exceeded" },
    ],
    [
      "429 when the rest of the pool is rate limited",
      [refused],
      none("cooling", NOW + 2000, "rate_limited"),
      { status: 429, code: "rate_limit_exceeded", retryAfterMs: 2000 },
    ],
    [
      "502 and not 401 of a refused key",
      [refused, refused],
      none("invalid", NOW + 600_000, "key_invalid"),
      { status: 502, code: "upstream_auth_failed", final: true },
    ],
    [
      "429 insufficient_quota of empty accounts",
      [spent],
      none("exhausted", NOW + 7_200_000, "quota"),
      { status: 429, code: "insufficient_quota", retryAfterMs: 3_600_000, final: true },
    ],
    ["quota before refused keys, as that passes", [refused, spent], null, { status: 429, code: "insufficient_quota" }],
    ["502 of a 500", [broken], null, { status: 502, code: "upstream_error", final: true }],
    [
      "502 of an unheard-of status",
      [failure("upstream_error", { httpStatus: 999 })],
      null,
      { status: 502, code: "upstream_error" },
    ],
    [
      "503 of a 503, with its wait",
      [failure("upstream_error", { httpStatus: 503, retryAfterMs: 7000 })],
      null,
      { status: 503, code: "upstream_overloaded", retryAfterMs: 7000 },
    ],
    [
      "503 of Anthropic's 529",
      [failure("upstream_error", { httpStatus: 529 })],
      null,
      { status: 503, code: "upstream_overloaded", retryAfterMs: undefined },
    ],
    ["504 of a timeout", [failure("timeout")], null, { status: 504, code: "upstream_timeout" }],
    ["504 of a 504", [failure("upstream_error", { httpStatus: 504 })], null, { status: 504, code: "upstream_timeout" }],
    ["502 of a connection that failed", [failure("network")], null, { status: 502, code: "upstream_unreachable" }],
    ["502 of an answer that was cut", [failure("truncated")], null, { status: 502, code: "upstream_unreachable" }],
    [
      "the upstream's trouble rather than a refused key",
      [broken, refused],
      null,
      { status: 502, code: "upstream_error" },
    ],
    ["the last trouble of several", [broken, failure("timeout")], null, { status: 504, code: "upstream_timeout" }],
    [
      "the request's own fault as it is",
      [requestFault("invalid_request", 400, "max_tokens is too large")],
      null,
      { status: 400, code: "invalid_request", final: true },
    ],
    ["422 as 422", [requestFault("invalid_request", 422, "x")], null, { status: 422, code: "invalid_request" }],
    ["404 as 404", [requestFault("not_found", 404, "x")], null, { status: 404, code: "model_not_found" }],
    ["413 as 413", [requestFault("too_large", 413, "x")], null, { status: 413, code: "too_large" }],
    [
      "413 of a request above the account's allowance",
      [requestFault("too_large", 429, "x")],
      null,
      { status: 413, code: "too_large" },
    ],
    [
      "400 of a content filter",
      [requestFault("content_filter", 400, "x")],
      null,
      { status: 400, code: "content_filter" },
    ],
    [
      "the request's fault even after other failures",
      [limited(1000), requestFault("invalid_request", 400, "x")],
      null,
      { status: 400, code: "invalid_request" },
    ],
    [
      "429 when all keys are cooling and nobody was asked; it may come back by itself",
      [],
      none("cooling", NOW + 2500, "rate_limited"),
      { status: 429, code: "rate_limit_exceeded", retryAfterMs: 2500, final: false },
    ],
    [
      "503 when all keys are left alone because the upstream fails",
      [],
      none("cooling", NOW + 2500, "timeout"),
      { status: 503, code: "upstream_unavailable", retryAfterMs: 2500, final: false },
    ],
    [
      "429 insufficient_quota when all accounts are empty",
      [],
      none("exhausted", NOW + 60_000, "quota"),
      { status: 429, code: "insufficient_quota", retryAfterMs: 60_000 },
    ],
    [
      "502 when all keys are refused",
      [],
      none("invalid", NOW + 60_000, "key_invalid"),
      { status: 502, code: "upstream_auth_failed" },
    ],
    ["503 when there is no key at all", [], none("empty"), { status: 503, code: "no_upstream_key" }],
    ["503 when there was nothing to ask", [], null, { status: 503, code: "no_upstream_key" }],
  ];
  for (const [what, failures, reason, heard] of table) {
    test(what, () => expect(finalError(failures, reason, NOW)).toMatchObject(heard));
  }

  test("never a key, an account or an address, whatever the upstream said", () => {
    const hostile =
      "Key sk-proj-abcdef123456 (AIzaSyA1234567890) of org-Zx81kd2 at https://internal.example:8443/v1?key=1 from 10.1.2.3:80, ask bob@corp.example";
    const all = [
      limited(1, hostile),
      broken,
      { ...broken, message: hostile },
      { ...refused, message: hostile },
      { ...spent, message: hostile },
      requestFault("invalid_request", 400, hostile),
      failure("network", { message: "ECONNREFUSED 10.1.2.3:443" }),
      failure("timeout", { message: "https://internal.example timed out" }),
    ];
    for (const one of all) {
      const { message } = finalError([one], null, NOW);
      expect(message).not.toMatch(/sk-|AIza|org-|https?:|internal|example|10\.1\.2\.3|8443/);
      expect(message.length).toBeLessThan(500);
    }
  });

  test("the upstream's own words where they help", () => {
    expect(finalError([limited(4000, "slow down please.")], null, NOW).message).toBe(
      "The upstream's rate limit is reached: slow down please. Try again in 4 s.",
    );
    expect(finalError([broken], null, NOW).message).toContain("The server had an error");
    expect(finalError([requestFault("invalid_request", 400, "max_tokens is too large")], null, NOW).message).toBe(
      "max_tokens is too large",
    );
  });
});

describe("of two pools without a key", () => {
  const cooling = { reason: "cooling", earliestMs: NOW + 9000 } as const;
  const exhausted = { reason: "exhausted", earliestMs: NOW + 10 } as const;
  test("the first is taken as it is", () => expect(combineNone(null, exhausted)).toBe(exhausted));
  test("the reason that passes by waiting is told", () => {
    expect(combineNone(exhausted, cooling)).toBe(cooling);
    expect(combineNone(cooling, exhausted)).toBe(cooling);
    expect(combineNone({ reason: "empty", earliestMs: null }, exhausted)).toBe(exhausted);
  });
  test("of equal reasons the sooner", () => {
    const sooner = { reason: "cooling", earliestMs: NOW + 1 } as const;
    expect(combineNone(cooling, sooner)).toBe(sooner);
    expect(combineNone(sooner, cooling)).toBe(sooner);
    expect(combineNone({ reason: "cooling", earliestMs: null }, cooling)).toBe(cooling);
  });
});

import { describe, expect, test } from "bun:test";
import type { ProviderKind } from "../../src/llm/names.ts";
import { classifyRejection, classifyUnreachable, type Failure } from "../../src/policy/failure.ts";

const NOW = Date.UTC(2026, 10, 20, 12);

interface Case {
  readonly what: string;
  readonly kind?: ProviderKind;
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly expected: Partial<Failure>;
}

const openai = (message: string, type: string, code: unknown) => ({ error: { message, type, param: null, code } });
const anthropic = (type: string, message: string) => ({ type: "error", error: { type, message }, request_id: "req_1" });
const google = (code: number, status: string, message: string, details: unknown[] = []) => ({
  error: { code, status, message, details },
});
const reason = (name: string) => ({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: name });

const requestFault = { scope: "none", retryable: false } as const;
const keyInvalid = { errorClass: "key_invalid", scope: "key", retryable: true } as const;
const keyInvalidForModel = { errorClass: "key_invalid", scope: "key_model", retryable: true } as const;
const quota = { errorClass: "quota", scope: "key", retryable: true, resetAtMs: null } as const;
const upstreamFault = { errorClass: "upstream_error", scope: "key_model", retryable: true } as const;
const wayRefused = { errorClass: "upstream_error", scope: "key", retryable: true } as const;
const rateLimited = { errorClass: "rate_limited", scope: "key_model", retryable: true } as const;

const cases: Case[] = [
  // the request's own faults
  {
    what: "a 400 is the client's and is never tried again",
    status: 400,
    body: openai("Unsupported parameter: 'max_tokens'", "invalid_request_error", "unsupported_parameter"),
    expected: { ...requestFault, errorClass: "invalid_request", httpStatus: 400 },
  },
  { what: "a 400 without a body is the client's", status: 400, expected: { ...requestFault, message: null } },
  {
    what: "a model that does not exist is the client's, though OpenAI adds 'or you do not have access to it'",
    status: 404,
    body: openai(
      "The model `gpt-9` does not exist or you do not have access to it.",
      "invalid_request_error",
      "model_not_found",
    ),
    expected: { ...requestFault, errorClass: "not_found" },
  },
  {
    what: "a Gemini model that does not exist is the client's",
    kind: "gemini",
    status: 404,
    body: google(404, "NOT_FOUND", "models/x is not found for API version v1beta"),
    expected: { ...requestFault, errorClass: "not_found" },
  },
  {
    what: "a 413 is the client's",
    kind: "anthropic",
    status: 413,
    body: anthropic("request_too_large", "Request exceeds the maximum size"),
    expected: { ...requestFault, errorClass: "too_large" },
  },
  {
    what: "a 422 is the client's; FastAPI's words are found",
    kind: "openai-compatible",
    status: 422,
    body: { detail: [{ loc: ["body", "model"], msg: "Field required", type: "missing" }] },
    expected: { ...requestFault, errorClass: "invalid_request", message: "Field required" },
  },
  {
    what: "a 405 names an endpoint that is not there",
    status: 405,
    expected: { ...requestFault, errorClass: "unsupported" },
  },
  {
    what: "a 410 is a model that was retired",
    status: 410,
    expected: { ...requestFault, errorClass: "not_found" },
  },
  {
    what: "an unheard-of 4xx blames nobody",
    status: 451,
    expected: { ...requestFault, errorClass: "invalid_request" },
  },

  // refused content
  {
    what: "Azure's content filter is not carried to another key",
    kind: "azure-openai",
    status: 400,
    body: {
      error: {
        message: "The response was filtered",
        code: "content_filter",
        status: 400,
        innererror: { code: "ResponsibleAIPolicyViolation" },
      },
    },
    expected: { ...requestFault, errorClass: "content_filter" },
  },
  {
    what: "OpenRouter's moderation is a 403 that blames no key",
    kind: "openai-compatible",
    status: 403,
    body: { error: { code: 403, message: "Input was flagged", metadata: { reasons: ["violence"] } } },
    expected: { ...requestFault, errorClass: "content_filter" },
  },

  // refused keys
  {
    what: "a revoked OpenAI key",
    status: 401,
    body: openai("Incorrect API key provided: sk-ab***", "invalid_request_error", "invalid_api_key"),
    expected: { ...keyInvalid, httpStatus: 401 },
  },
  {
    what: "a refused Anthropic key",
    kind: "anthropic",
    status: 401,
    body: anthropic("authentication_error", "invalid x-api-key"),
    expected: keyInvalid,
  },
  { what: "a 401 without a body", status: 401, expected: keyInvalid },
  {
    what: "Gemini says 400 API_KEY_INVALID of a dead key",
    kind: "gemini",
    status: 400,
    body: google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [
      reason("API_KEY_INVALID"),
    ]),
    expected: { ...keyInvalid, httpStatus: 400 },
  },
  {
    what: "the same inside the array that a Gemini stream answers with",
    kind: "gemini",
    status: 400,
    body: [google(400, "INVALID_ARGUMENT", "API key expired.", [reason("API_KEY_INVALID")])],
    expected: keyInvalid,
  },
  {
    what: "any other Gemini 400 is the client's",
    kind: "gemini",
    status: 400,
    body: google(400, "INVALID_ARGUMENT", "Invalid value at 'contents'"),
    expected: { ...requestFault, errorClass: "invalid_request" },
  },
  {
    what: "a suspended Google project",
    kind: "gemini",
    status: 403,
    body: google(403, "PERMISSION_DENIED", "Consumer has been suspended.", [reason("CONSUMER_SUSPENDED")]),
    expected: keyInvalid,
  },
  {
    what: "a leaked Gemini key",
    kind: "gemini",
    status: 403,
    body: google(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
    expected: keyInvalid,
  },
  {
    what: "a deactivated account",
    status: 403,
    body: openai("This account was deactivated", "invalid_request_error", "account_deactivated"),
    expected: keyInvalid,
  },
  {
    what: "Azure's gateway speaks of a wrong subscription key",
    kind: "azure-openai",
    status: 401,
    body: { statusCode: 401, message: "Access denied due to invalid subscription key or wrong API endpoint." },
    expected: { ...keyInvalid, message: "Access denied due to invalid subscription key or wrong API endpoint." },
  },
  {
    what: "a 403 about one model parks the key for this model only",
    status: 403,
    body: openai(
      "Project `proj_1` does not have access to model `gpt-4.1`",
      "invalid_request_error",
      "model_not_found",
    ),
    expected: keyInvalidForModel,
  },
  {
    what: "Anthropic's permission_error concerns the resource, not the key as a whole",
    kind: "anthropic",
    status: 403,
    body: anthropic("permission_error", "Your API key does not have permission to use the specified resource"),
    expected: keyInvalidForModel,
  },
  {
    what: "a restricted OpenAI key without the scope",
    status: 401,
    body: openai(
      "You have insufficient permissions for this operation. Missing scopes: model.request.",
      "invalid_request_error",
      null,
    ),
    expected: keyInvalidForModel,
  },
  {
    what: "a 404 that speaks only of missing access is about the key",
    status: 404,
    body: openai("Your project does not have access to this model.", "invalid_request_error", "model_not_found"),
    expected: keyInvalidForModel,
  },
  {
    what: "a region that is not supported is the way's fault, not the key's",
    status: 403,
    body: openai(
      "Country, region, or territory not supported",
      "request_forbidden",
      "unsupported_country_region_territory",
    ),
    expected: wayRefused,
  },
  {
    what: "Gemini says the same with 400",
    kind: "gemini",
    status: 400,
    body: google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
    expected: wayRefused,
  },
  {
    what: "Anthropic's words for the same",
    kind: "anthropic",
    status: 403,
    body: anthropic("forbidden", "Request not allowed"),
    expected: wayRefused,
  },
  {
    what: "a firewall's 403 page disables no key",
    status: 403,
    body: "<html><head><title>Attention Required! | Cloudflare</title></head><body>blocked</body></html>",
    expected: { ...wayRefused, message: "Attention Required! | Cloudflare" },
  },
  { what: "an outbound proxy that wants a login", status: 407, expected: wayRefused },

  // empty accounts
  {
    what: "OpenAI's insufficient_quota is no rate limit",
    status: 429,
    headers: { "retry-after": "1" },
    body: openai("You exceeded your current quota", "insufficient_quota", "insufficient_quota"),
    expected: { ...quota, retryAfterMs: null },
  },
  {
    what: "Azure's insufficient_quota",
    kind: "azure-openai",
    status: 429,
    body: openai("Quota exceeded", "insufficient_quota", "insufficient_quota"),
    expected: quota,
  },
  {
    what: "a 402 of any vendor",
    kind: "openai-compatible",
    status: 402,
    body: openai("Insufficient Balance", "unknown_error", "invalid_request_error"),
    expected: quota,
  },
  {
    what: "Anthropic's 402",
    kind: "anthropic",
    status: 402,
    body: anthropic("billing_error", "m"),
    expected: quota,
  },
  {
    what: "Anthropic's empty account comes as a 400",
    kind: "anthropic",
    status: 400,
    body: anthropic(
      "invalid_request_error",
      "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
    ),
    expected: quota,
  },
  {
    what: "Anthropic's spend limit names the day it ends",
    kind: "anthropic",
    status: 400,
    body: anthropic(
      "invalid_request_error",
      "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
    ),
    expected: { ...quota, resetAtMs: Date.UTC(2026, 11, 1) },
  },
  {
    what: "one-api's empty user",
    kind: "openai-compatible",
    status: 403,
    body: openai("user quota is not enough", "new_api_error", "insufficient_user_quota"),
    expected: quota,
  },
  {
    what: "Gemini's daily allowance per model is back at midnight in California (8 hours behind in November)",
    kind: "gemini",
    status: 429,
    body: google(429, "RESOURCE_EXHAUSTED", "quota", [
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }],
      },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "31s" },
    ]),
    expected: {
      errorClass: "quota",
      scope: "key_model",
      resetAtMs: Date.UTC(2026, 10, 21, 8),
      retryAfterMs: null,
    },
  },

  // rate limits
  {
    what: "Gemini's allowance per minute waits for retryDelay only",
    kind: "gemini",
    status: 429,
    body: google(429, "RESOURCE_EXHAUSTED", "quota", [
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{ quotaId: "GenerateRequestsPerMinutePerProjectPerModel" }],
      },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "31.2s" },
    ]),
    expected: { ...rateLimited, retryAfterMs: 31_200 },
  },
  {
    what: "a 429 parks the key for the model it was about",
    status: 429,
    headers: { "retry-after": "4" },
    body: openai("slow", "requests", "rate_limit_exceeded"),
    expected: { ...rateLimited, retryAfterMs: 4000, httpStatus: 429 },
  },
  { what: "a 429 that says nothing", status: 429, expected: { ...rateLimited, retryAfterMs: null } },
  {
    what: "a request above the account's own allowance cools nobody, another account may take it",
    status: 429,
    body: openai(
      "Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Requested 31000.",
      "tokens",
      "rate_limit_exceeded",
    ),
    expected: { errorClass: "too_large", scope: "none", retryable: true },
  },

  // the upstream's faults
  ...[408, 409, 425, 498, 499, 500, 501, 502, 503, 504, 520, 529, 599, 600, 999, 204, 205, 100].map((status) => ({
    what: `a ${status} is the upstream's fault`,
    status,
    expected: { ...upstreamFault, httpStatus: status },
  })),
  ...[301, 302, 304, 307, 308].map((status) => ({
    what: `a ${status} is not followed`,
    status,
    expected: wayRefused,
  })),
  {
    what: "a 503 may ask for time",
    status: 503,
    headers: { "retry-after": "7" },
    expected: { ...upstreamFault, retryAfterMs: 7000 },
  },
  {
    what: "Anthropic's overload",
    kind: "anthropic",
    status: 529,
    body: anthropic("overloaded_error", "Overloaded"),
    expected: { ...upstreamFault, message: "Overloaded" },
  },
  {
    what: "a CDN's page is quoted by its title",
    status: 502,
    body: "<html><head><title>502 Bad Gateway</title></head><body><center>cloudflare</center></body></html>",
    expected: { ...upstreamFault, message: "502 Bad Gateway" },
  },
  {
    what: "a 500 that speaks of a low credit balance is still the upstream's",
    status: 500,
    body: openai("credit balance is too low", "server_error", null),
    expected: upstreamFault,
  },

  // errors inside a 200
  {
    what: "an OpenAI error inside a 200 counts by its numeric code",
    status: 200,
    body: openai("Worker limit reached", "server_error", 502),
    expected: { ...upstreamFault, httpStatus: 502 },
  },
  {
    what: "a vLLM error inside a 200 stream may be the client's",
    kind: "openai-compatible",
    status: 200,
    body: `data: ${JSON.stringify(openai("Requested token count exceeds the context", "BadRequestError", 400))}\n\n`,
    expected: { ...requestFault, errorClass: "invalid_request", httpStatus: 400 },
  },
  {
    what: "an Anthropic error event counts by its type",
    kind: "anthropic",
    status: 200,
    body: anthropic("overloaded_error", "Overloaded"),
    expected: { ...upstreamFault, httpStatus: 529 },
  },
  {
    what: "an Anthropic rate limit in a stream",
    kind: "anthropic",
    status: 200,
    body: anthropic("rate_limit_error", "slow down"),
    expected: { ...rateLimited, httpStatus: 429 },
  },
  {
    what: "a Google error in a stream counts by its code",
    kind: "gemini",
    status: 200,
    body: google(503, "UNAVAILABLE", "The model is overloaded."),
    expected: { ...upstreamFault, httpStatus: 503 },
  },
  {
    what: "an error inside a 200 without any known name is the upstream's",
    status: 200,
    body: { error: "something broke" },
    expected: { ...upstreamFault, httpStatus: 502, message: "something broke" },
  },
  { what: "a 200 page of a captive portal", status: 200, body: "<html>Login</html>", expected: upstreamFault },

  // Coze
  ...(
    [
      [4000, { ...requestFault, errorClass: "invalid_request", httpStatus: 400 }],
      [4010, { ...requestFault, errorClass: "invalid_request" }],
      [4100, { ...keyInvalid, httpStatus: 401 }],
      [700012006, { ...keyInvalid, httpStatus: 401 }],
      [4200, { ...requestFault, errorClass: "not_found", httpStatus: 404 }],
      [4013, { ...rateLimited, httpStatus: 429 }],
      [4020, rateLimited],
      [4008, quota],
      [4011, quota],
      [4019, quota],
      [4014, { ...requestFault, errorClass: "content_filter" }],
      [4009, upstreamFault],
      [4102, upstreamFault],
      [5000, { ...upstreamFault, httpStatus: 500 }],
      [123456, { ...upstreamFault, httpStatus: 502 }],
    ] as [number, Partial<Failure>][]
  ).map(([code, expected]) => ({
    what: `Coze's code ${code} inside a 200`,
    kind: "coze" as const,
    status: 200,
    body: { code, msg: "m" },
    expected: { ...expected, message: "m" },
  })),
  {
    what: "Coze's 4101: this token may not use this bot",
    kind: "coze",
    status: 200,
    body: { code: 4101, msg: "You do not have access to this resource" },
    expected: { ...keyInvalidForModel, httpStatus: 403 },
  },
  {
    what: "a Coze error event in a stream",
    kind: "coze",
    status: 200,
    body: 'event:error\ndata:{"code":4013,"msg":"too many requests"}\n\n',
    expected: { ...rateLimited, message: "too many requests" },
  },
];

describe("a rejection is judged", () => {
  for (const { what, kind = "openai", status, body = "", headers = {}, expected } of cases) {
    test(what, () => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const failure = classifyRejection({ kind, status, headers: new Headers(headers), body: text, nowMs: NOW });
      expect(failure).toMatchObject(expected);
    });
  }
});

describe("the upstream's words", () => {
  const messageOf = (body: string) =>
    classifyRejection({ kind: "openai", status: 500, headers: new Headers(), body, nowMs: NOW }).message;

  test("are one line without control characters: no forged log line, no terminal escape", () => {
    const body = JSON.stringify(openai('boom\r\n{"level":"info"}\u001b[2J\u0000\u2028end', "server_error", "x"));
    expect(messageOf(body)).toBe('boom {"level":"info"} [2J end');
  });

  test("are cut at 1,000 characters", () => {
    expect(messageOf(JSON.stringify(openai("x".repeat(5000), "server_error", null)))).toHaveLength(1000);
  });

  test("are found in the answer of a gateway that quotes its own upstream", () => {
    const quoted = JSON.stringify({ error: { message: JSON.stringify(google(429, "RESOURCE_EXHAUSTED", "inner")) } });
    expect(messageOf(quoted)).toBe("inner");
  });

  test("are those of the first of several frames", () => {
    const frame = (message: string) => `data: ${JSON.stringify(openai(message, "server_error", null))}`;
    expect(messageOf(`${frame("one")}\n\n${frame("two")}\n\ndata: [DONE]\n\n`)).toBe("one");
  });

  test("need not be JSON, nor well-formed, nor shallow, nor honest", () => {
    expect(messageOf("Internal Server Error")).toBe("Internal Server Error");
    expect(messageOf('{"error": {"message": "cut')).toBe('{"error": {"message": "cut');
    for (const hostile of [
      "[".repeat(65_536),
      '{"a":'.repeat(10_000),
      "<".repeat(65_536),
      '{"__proto__":{"error":{"message":"x"}}}',
      '{"error":{"message":{"toString":1},"code":[1],"type":null,"details":{"a":1}}}',
      '{"error":[[]],"errors":[null],"detail":7}',
      "null",
      "42",
      '"text"',
      "\u0000\ufeff",
    ]) {
      expect(() => messageOf(hostile)).not.toThrow();
    }
  });

  test("cannot make the judge slow", () => {
    const started = performance.now();
    for (const piece of ["<a ", "retry in 1", "1s", "not have access ", "[[{", "data:", " "]) {
      messageOf(piece.repeat(65_536 / piece.length));
      messageOf(`event:${piece.repeat(60_000 / piece.length)}{`);
      messageOf(JSON.stringify(openai(piece.repeat(60_000 / piece.length), "x", "y")));
    }
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("a call without an answer is judged", () => {
  const table: [Parameters<typeof classifyUnreachable>[0]["cause"], Partial<Failure>][] = [
    ["connect", { errorClass: "network", scope: "key" }],
    ["redirect", { errorClass: "upstream_error", scope: "key" }],
    ["timeout", { errorClass: "timeout", scope: "key_model" }],
    ["network", { errorClass: "network", scope: "key_model" }],
    ["protocol", { errorClass: "upstream_error", scope: "key_model" }],
    ["truncated", { errorClass: "truncated", scope: "key_model" }],
  ];
  for (const [cause, expected] of table) {
    test(cause, () => {
      const failure = classifyUnreachable({ cause, message: "a\nb" });
      expect(failure).toMatchObject({ ...expected, retryable: true, httpStatus: null, message: "a b" });
    });
  }
});

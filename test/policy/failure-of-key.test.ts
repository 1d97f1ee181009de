import { describe } from "bun:test";
import {
  anthropic,
  google,
  judge,
  keyInvalid,
  keyInvalidForModel,
  openai,
  quota,
  rateLimited,
  reason,
  requestFault,
  wayRefused,
} from "./failure-fixture.ts";

describe("a refused key", () => {
  judge([
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
  ]);
});

describe("an empty account", () => {
  judge([
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
  ]);
});

describe("a rate limit", () => {
  judge([
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
  ]);
});

import { describe } from "bun:test";
import type { Failure } from "../../src/policy/failure.ts";
import {
  anthropic,
  google,
  judge,
  keyInvalid,
  keyInvalidForModel,
  openai,
  quota,
  rateLimited,
  requestFault,
  upstreamFault,
  wayRefused,
} from "./failure-fixture.ts";

describe("the upstream's fault", () => {
  judge([
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
  ]);
});

describe("an error inside a 200", () => {
  judge([
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
  ]);
});

describe("Coze's codes", () => {
  judge([
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
  ]);
});

import { describe, expect, test } from "bun:test";
import { classifyRejection, classifyUnreachable, type Failure } from "../../src/policy/failure.ts";
import { cpuMs } from "../support/timing.ts";
import { anthropic, google, judge, NOW, openai, requestFault } from "./failure-fixture.ts";

describe("the request's own fault", () => {
  judge([
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
  ]);
});

describe("refused content", () => {
  judge([
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
  ]);
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
    const spentMs = cpuMs(() => {
      for (const piece of ["<a ", "retry in 1", "1s", "not have access ", "[[{", "data:", " "]) {
        messageOf(piece.repeat(65_536 / piece.length));
        messageOf(`event:${piece.repeat(60_000 / piece.length)}{`);
        messageOf(JSON.stringify(openai(piece.repeat(60_000 / piece.length), "x", "y")));
      }
    });
    expect(spentMs).toBeLessThan(500);
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

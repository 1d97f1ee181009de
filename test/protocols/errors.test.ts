import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { protocols } from "../../src/protocols/index.ts";

const error = (status: number, options: ConstructorParameters<typeof GatewayError>[3] = {}) =>
  new GatewayError("internal", status, 'Grüße: "x"\nline', { code: "some_code", ...options });
const body = (id: keyof typeof protocols, status: number, options = {}) =>
  JSON.parse(protocols[id].encodeError(error(status, options), "req_1")) as Record<string, never>;

/** Official SDKs choose their exception by these words. */
const names: readonly (readonly [status: number, openai: string, anthropic: string, gemini: string])[] = [
  [400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"],
  [401, "authentication_error", "authentication_error", "UNAUTHENTICATED"],
  [403, "permission_error", "permission_error", "PERMISSION_DENIED"],
  [404, "not_found_error", "not_found_error", "NOT_FOUND"],
  [405, "invalid_request_error", "invalid_request_error", "NOT_FOUND"],
  [408, "invalid_request_error", "invalid_request_error", "FAILED_PRECONDITION"],
  [409, "invalid_request_error", "invalid_request_error", "ABORTED"],
  [413, "invalid_request_error", "request_too_large", "INVALID_ARGUMENT"],
  [415, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"],
  [422, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"],
  [429, "rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"],
  [499, "invalid_request_error", "invalid_request_error", "CANCELLED"],
  [500, "server_error", "api_error", "INTERNAL"],
  [502, "server_error", "api_error", "INTERNAL"],
  [503, "server_error", "overloaded_error", "UNAVAILABLE"],
  [504, "server_error", "timeout_error", "DEADLINE_EXCEEDED"],
  [529, "server_error", "overloaded_error", "UNAVAILABLE"],
];

describe("an error", () => {
  test.each(names)("of status %d has the type that each format's SDK knows", (status, openai, anthropic, gemini) => {
    const message = 'Grüße: "x"\nline';
    for (const id of ["openai-chat", "openai-responses"] as const) {
      expect(body(id, status) as unknown).toEqual({ error: { message, type: openai, param: null, code: "some_code" } });
    }
    expect(body("anthropic-messages", status) as unknown).toEqual({
      type: "error",
      error: { type: anthropic, message, details: { error_code: "some_code" } },
      request_id: "req_1",
    });
    expect(body("gemini", status) as unknown).toEqual({
      error: { code: status, message, status: gemini, details: [] },
    });
  });

  test("names the field at fault, each format in its own place", () => {
    expect(body("openai-chat", 400, { param: "model" }).error).toMatchObject({ param: "model" });
    expect(body("anthropic-messages", 400, { param: "model" }).error).toMatchObject({
      message: expect.stringMatching(/^model: /),
    });
    expect(body("gemini", 400, { param: "model" }).error).toMatchObject({ message: expect.stringMatching(/^model: /) });
  });

  test("tells Gemini clients how long to wait", () => {
    expect(body("gemini", 429, { retryAfterMs: 1500 }).error).toMatchObject({
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "2s" }],
    });
  });

  test("repeats no code that says the same as its type (Anthropic)", () => {
    expect(body("anthropic-messages", 429, { code: "rate_limit_error" }).error).not.toHaveProperty("details");
  });
});

describe("an error inside a stream", () => {
  const frame = (id: keyof typeof protocols) =>
    protocols[id].encodeStreamError(error(502), "req_1", { sequence: 7, boundIds: [] });

  test("is one whole frame of the format, after which nothing follows", () => {
    for (const id of Object.keys(protocols) as (keyof typeof protocols)[]) {
      expect(frame(id)).toEndWith("}\n\n");
      expect(frame(id).split("\n\n")).toHaveLength(2);
      expect(frame(id)).not.toContain("[DONE]");
    }
  });

  test("keeps the id that a native response has already named", () => {
    const frames = (boundIds: readonly string[]) =>
      protocols["openai-responses"].encodeStreamError(error(502), "req_1", { sequence: 7, boundIds });
    expect(frames(["resp_vendors", "conv_1"])).toContain('"id":"resp_vendors"');
    expect(frames([])).toContain('"id":"resp_1"');
  });

  test("has the shape at which each SDK throws", () => {
    expect(frame("openai-chat")).toStartWith('data: {"error":{"message":');
    expect(frame("anthropic-messages")).toStartWith('event: error\ndata: {"type":"error","error":{"type":"api_error"');
    expect(frame("gemini")).toStartWith('data: {"error":{"code":502,');
    const [name, data] = frame("openai-responses").trimEnd().split("\n") as [string, string];
    expect(name).toBe("event: response.failed");
    expect(JSON.parse(data.slice(6))).toMatchObject({
      type: "response.failed",
      sequence_number: 7,
      response: { id: "resp_1", object: "response", status: "failed", error: { code: "some_code" }, output: [] },
    });
  });
});

test("the sign of life is a comment, or Anthropic's own event", () => {
  expect(protocols["openai-chat"].ping).toBe(": ping\n\n");
  expect(protocols["openai-responses"].ping).toBe(": ping\n\n");
  expect(protocols.gemini.ping).toBe(": ping\n\n");
  expect(protocols["anthropic-messages"].ping).toBe('event: ping\ndata: {"type":"ping"}\n\n');
});

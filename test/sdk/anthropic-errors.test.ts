import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import Anthropic, { APIError } from "@anthropic-ai/sdk";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, startBench } from "./bench.ts";

let bench: Bench;
let client: Anthropic;

beforeAll(async () => {
  bench = await startBench({ cooldownBaseMs: 10, cooldownMaxMs: 100 });
  client = new Anthropic({ baseURL: bench.gateway.url, apiKey: CLIENT_KEY, maxRetries: 2 });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

async function failure(work: PromiseLike<unknown>): Promise<InstanceType<typeof APIError>> {
  const error = await work.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(error instanceof APIError)) throw new Error(`no APIError: ${error}`);
  return error;
}

async function refused(error: InstanceType<typeof APIError>, errorClass: string, attempts: number) {
  const record = await bench.settled();
  expect(record).toMatchObject({
    protocol: "anthropic-messages",
    status: "error",
    httpStatus: error.status,
    errorClass,
  });
  expect(record.attempts).toHaveLength(attempts);
  expect(error.requestID).toBe(record.id);
  expect(error.error).toMatchObject({ type: "error", request_id: record.id });
}

const say = (content: string, model = "claude-opus-4-6") => ({
  model,
  max_tokens: 100,
  messages: [{ role: "user" as const, content }],
});

describe("anthropic errors", () => {
  test("a wrong key is an AuthenticationError", async () => {
    const stranger = new Anthropic({ baseURL: bench.gateway.url, apiKey: "sk-nobody-0123456789" });
    const error = await failure(stranger.messages.create(say("hello")));
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(error.type).toBe("authentication_error");
    await refused(error, "unauthorized", 0);
  });

  test("an unknown model is a NotFoundError that names the model", async () => {
    const error = await failure(client.messages.create(say("hello", "claude-nobody")));
    expect(error).toBeInstanceOf(Anthropic.NotFoundError);
    expect(error.type).toBe("not_found_error");
    expect(error.message).toContain("claude-nobody");
    await refused(error, "not_found", 0);
  });

  test("the upstream's failure is an InternalServerError after which the SDK does not repeat", async () => {
    const asked = bench.aimock.getRequests().length;
    const error = await failure(client.messages.create(say("broken", "anthropic/claude-broken")));
    expect(error).toBeInstanceOf(Anthropic.InternalServerError);
    expect(error.headers?.get("x-should-retry")).toBe("false");
    await refused(error, "upstream_error", 1);
    expect(bench.aimock.getRequests().length - asked).toBe(1);
  });

  test("429 is a RateLimitError with retry-after; while the key cools the SDK waits as told and then gets through", async () => {
    const model = "anthropic/claude-limited";
    const error = await failure(client.messages.create(say("too fast", model)));
    expect(error).toBeInstanceOf(Anthropic.RateLimitError);
    expect(error.type).toBe("rate_limit_error");
    expect(error.headers?.get("retry-after")).toBe("1");
    await refused(error, "rate_limited", 1);
    expect((await client.messages.create(say("hello", model))).stop_reason).toBe("end_turn");
    expect(await bench.settled()).toMatchObject({ status: "error", httpStatus: 429, attempts: [] });
    await bench.accounted({ endpoint: "messages" });
  });

  // aimock answers in OpenAI's error shape; the stand-in in Anthropic's.
  test("the upstream's 400 is a BadRequestError in the upstream's own words, asked once, whole and streamed", async () => {
    const body = { type: "error", error: { type: "invalid_request_error", message: "max_tokens: too large" } };
    bench.standIn.on("POST /v1/messages", () => Response.json(body, { status: 400 }));
    for (const stream of [false, true]) {
      const asked = bench.standIn.seen.length;
      const error = await failure(client.messages.create({ ...say("hello", "own-claude"), stream }));
      expect(error).toBeInstanceOf(Anthropic.BadRequestError);
      expect(error.type).toBe("invalid_request_error");
      expect(error.message).toContain("max_tokens: too large");
      expect(await bench.settled()).toMatchObject({ status: "error", httpStatus: 400, errorClass: "invalid_request" });
      expect(bench.standIn.seen.length - asked).toBe(1);
    }
  });

  test("a stream that breaks after its first words ends in an error, never in silence", async () => {
    const start = {
      type: "message_start",
      message: { id: "m", type: "message", role: "assistant", content: [], model: "x", usage: { input_tokens: 3 } },
    };
    const block = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
    const text = [start, block].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
    bench.standIn.on(
      "POST /v1/messages",
      () => new Response(text, { headers: { "content-type": "text/event-stream" } }),
    );
    const stream = client.messages.stream(say("hello", "own-claude"));
    const error = await failure(stream.finalMessage());
    expect(error.message).toContain("ended before it was complete");
    expect(await bench.settled()).toMatchObject({ status: "error", errorClass: "truncated", stream: true });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { packSignature } from "../../src/llm/signature.ts";
import { CLIENT_KEY } from "../support/app.ts";
import { json, type Reply, stream } from "../support/fake-vendor.ts";
import { anthropicError, chatAnswer, event, geminiAnswer, messageAnswer, responseAnswer } from "../support/samples.ts";
import { type Answer, type Gateway, provider, startGateway } from "./fixture.ts";
import { chat, gemini, messages } from "./formats.ts";

/** What the gateway keeps between two requests, and what it takes out of one. */
let gateway: Gateway;
const STRICT_KEY = "sk-strict-client-0123456789";
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      provider("openai", `${vendor.origin}/v1`, ["oa-1", "oa-2", "oa-3"]),
      provider("anthropic", vendor.origin, ["an-1"]),
      provider("gemini", vendor.origin, ["ge-1", "ge-2", "ge-3"]),
      provider("coze", vendor.origin, ["co-1", "co-2", "co-3"]),
    ],
    models: [
      { name: "astra", targets: [{ provider: "openai", model: "gpt-6-astra" }] },
      { name: "gpt", targets: [{ provider: "openai", model: "gpt-4.1" }] },
      { name: "opus", targets: [{ provider: "anthropic", model: "claude-opus-5-5" }] },
      { name: "bot", targets: [{ provider: "coze", model: "bot9" }] },
      { name: "pro", targets: [{ provider: "gemini", model: "gemini-3.1-pro" }] },
    ],
    clientKeys: [
      { name: "test", secret: CLIENT_KEY },
      { name: "strict", secret: STRICT_KEY, strictParameters: true },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

const TOOLS = [{ type: "function", function: { name: "get", parameters: { type: "object", properties: {} } } }];
const call = (id: string) => ({ id, type: "function", function: { name: "get", arguments: '{"city":"R"}' } });
/** A chat client's next turn, as stock SDKs write it: nothing but the calls and their results. */
const nextTurn = (model: string, ids: readonly string[], change: object = {}) => ({
  model,
  reasoning_effort: "low",
  tools: TOOLS,
  messages: [
    { role: "user", content: "Rome?" },
    { role: "assistant", content: null, tool_calls: ids.map(call) },
    ...ids.map((id) => ({ role: "tool", tool_call_id: id, content: "18" })),
  ],
  ...change,
});
const firstTurn = (model: string, change: object = {}) => ({
  model,
  reasoning_effort: "low",
  tools: TOOLS,
  messages: [{ role: "user", content: "Rome?" }],
  ...change,
});

const reasoned = (id: string): Reply =>
  json(
    responseAnswer("resp_1", {
      output: [
        { id: "rs_1", type: "reasoning", summary: [], encrypted_content: `secret-${id}` },
        { id: "fc_1", type: "function_call", call_id: id, name: "get", arguments: '{"city":"R"}', status: "completed" },
      ],
    }),
  );
const signed = (id: string) =>
  geminiAnswer({
    candidates: [
      {
        content: {
          role: "model",
          parts: [{ functionCall: { id, name: "get", args: { city: "R" } }, thoughtSignature: `SIG-${id}` }],
        },
        finishReason: "STOP",
        index: 0,
      },
    ],
  });
const signatures = ({ contents }: Answer) =>
  contents.flatMap(({ parts }: Answer) => parts.map((part: Answer) => part.thoughtSignature)).filter(Boolean);

describe("what a chat client cannot keep", () => {
  test("comes back to OpenAI's /responses, from the key that made it", async () => {
    gateway.restart(reasoned("call_a"));
    const first = await gateway.send("/v1/chat/completions", firstTurn("astra"));
    const { key } = first.calls[0]!;
    gateway.restart(json(responseAnswer()));
    for (let turn = 0; turn < 3; turn++) {
      const { calls } = await gateway.send("/v1/chat/completions", nextTurn("astra", ["call_a"]));
      expect(calls[0]!.key).toBe(key);
      expect((calls[0]!.json as Answer).input[1]).toMatchObject({
        type: "reasoning",
        encrypted_content: "secret-call_a",
      });
    }
  });

  test("comes back to Gemini after a stream, too", async () => {
    gateway.restart(stream([`data: ${JSON.stringify(signed("c1"))}\n\n`]));
    const first = await gateway.send("/v1/chat/completions", firstTurn("pro", { stream: true }));
    gateway.restart(json(geminiAnswer()));
    const { calls } = await gateway.send("/v1/chat/completions", nextTurn("pro", ["c1"]));
    expect(calls[0]!.key).toBe(first.calls[0]!.key);
    expect(signatures(calls[0]!.json)).toEqual(["SIG-c1"]);
  });

  test("comes back to Anthropic first and as it was", async () => {
    const content = [
      { type: "thinking", thinking: "plan\n ", signature: "SIG+/==" },
      { type: "tool_use", id: "t1", name: "get", input: { city: "R" } },
    ];
    gateway.restart(json(messageAnswer({ content, stop_reason: "tool_use" })));
    await gateway.send("/v1/chat/completions", firstTurn("opus"));
    gateway.restart(json(messageAnswer()));
    const { calls } = await gateway.send("/v1/chat/completions", nextTurn("opus", ["t1"]));
    expect((calls[0]!.json as Answer).messages[1].content).toMatchObject(content);
  });

  test("leads the results of a Coze bot's calls back to the chat that waits for them", async () => {
    const action = {
      id: "ch1",
      conversation_id: "cv1",
      status: "requires_action",
      required_action: { submit_tool_outputs: { tool_calls: [call("k1")] } },
    };
    gateway.restart(stream([`event:conversation.chat.requires_action\ndata:${JSON.stringify(action)}\n\n`]));
    const first = await gateway.send("/v1/chat/completions", firstTurn("bot", { stream: true }));
    expect(first.record.status).toBe("success");
    const done = { id: "ch1", status: "completed", usage: { token_count: 3, input_count: 2, output_count: 1 } };
    gateway.restart(stream([`event:conversation.chat.completed\ndata:${JSON.stringify(done)}\n\n`]));
    const { calls } = await gateway.send("/v1/chat/completions", nextTurn("bot", ["k1"]));
    expect(calls[0]!).toMatchObject({
      path: "/v3/chat/submit_tool_outputs",
      query: "?conversation_id=cv1&chat_id=ch1",
      key: first.calls[0]!.key,
    });
    expect(calls[0]!.json).toMatchObject({ tool_outputs: [{ tool_call_id: "k1", output: "18" }], stream: true });
  });

  test("is left out for another key, when its maker is not to be had", async () => {
    gateway.restart(json(signed("c2")));
    const first = await gateway.send("/v1/chat/completions", firstTurn("pro"));
    const maker = first.calls[0]!.key;
    gateway.restart(json(geminiAnswer()));
    gateway.vendor.forKey(
      maker,
      json({ error: { code: 429, message: "slow down", status: "RESOURCE_EXHAUSTED" } }, 429),
    );
    const { status, calls } = await gateway.send("/v1/chat/completions", nextTurn("pro", ["c2"]));
    expect([status, calls.length, calls[0]!.key === maker, calls[1]!.key === maker]).toEqual([200, 2, true, false]);
    expect(signatures(calls[0]!.json)).toEqual(["SIG-c2"]);
    // Gemini 3 wants a signature all the same: it is told that there is none.
    expect(signatures(calls[1]!.json)).toEqual(["skip_thought_signature_validator"]);
    const again = await gateway.send("/v1/chat/completions", nextTurn("pro", ["c2"]));
    expect(again.calls.map(({ key }) => key === maker)).toEqual([false]);
  });

  test("is nobody else's: neither another client's nor another model's", async () => {
    gateway.restart(reasoned("call_b"));
    await gateway.send("/v1/chat/completions", firstTurn("astra"));
    gateway.restart(json(responseAnswer()));
    const other = { headers: { authorization: `Bearer ${STRICT_KEY}` } };
    const { calls } = await gateway.send("/v1/chat/completions", nextTurn("astra", ["call_b"]), other);
    expect(JSON.stringify(calls[0]!.json)).not.toContain("secret-call_b");
  });

  test("of an answer that was cut is not kept", async () => {
    const { turns } = gateway.app.gateway;
    const before = turns.size;
    gateway.restart(stream([`data: ${JSON.stringify(signed("c3")).replace('"finishReason":"STOP",', "")}\n\n`]));
    const { record } = await gateway.send("/v1/chat/completions", firstTurn("pro", { stream: true }));
    expect([record.status, turns.size]).toEqual(["error", before]);
  });
});

describe("a history from another vendor", () => {
  const packed = packSignature({ vendor: "openai", value: "gAAA", id: "rs_1" });

  test("goes to Anthropic without the thoughts that Anthropic did not sign, the rest untouched", async () => {
    gateway.restart(json(messageAnswer()));
    const body = {
      ...messages.body("opus", false),
      unknown_field: [1, null],
      messages: [
        { role: "user", content: "x" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "a", signature: packed },
            { type: "redacted_thinking", data: packed },
            { type: "thinking", thinking: "b", signature: "EpYB" },
            { type: "text", text: "c" },
          ],
        },
        { role: "assistant", content: [{ type: "thinking", thinking: "d", signature: packed }] },
        { role: "user", content: "y" },
      ],
    };
    const { calls } = await gateway.send("/v1/messages", body);
    const sent = calls[0]!.json as Answer;
    expect(sent.messages).toEqual([
      body.messages[0],
      { role: "assistant", content: body.messages[1]!.content.slice(2) },
      body.messages[3],
    ]);
    expect(sent).toMatchObject({ model: "claude-opus-5-5", unknown_field: [1, null] });
  });

  test("goes to OpenAI's /responses without what OpenAI did not encrypt", async () => {
    gateway.restart(json(responseAnswer()));
    const own = { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "gBBB" };
    const input = [{ type: "reasoning", summary: [], encrypted_content: packed }, own, { role: "user", content: "x" }];
    const { calls } = await gateway.send("/v1/responses", { model: "gpt", input });
    expect((calls[0]!.json as Answer).input).toEqual(input.slice(1));
  });

  test("goes to chat completions without our fields", async () => {
    const details = [
      { type: "reasoning.text", text: "a", signature: packed, format: "sluice", index: 0 },
      { type: "reasoning.text", text: "b", format: "other" },
    ];
    const google = { google: { thought_signature: packed } };
    const message = {
      role: "assistant",
      content: "c",
      reasoning_details: details,
      tool_calls: [{ ...call("1"), extra_content: google }],
    };
    const { calls } = await gateway.send("/v1/chat/completions", { model: "gpt", messages: [message] });
    expect((calls[0]!.json as Answer).messages).toEqual([
      { role: "assistant", content: "c", reasoning_details: [details[1]], tool_calls: [call("1")] },
    ]);
  });

  test("goes to Gemini without foreign thoughts; a call says that it has no signature", async () => {
    gateway.restart(json(geminiAnswer()));
    const functionCall = { name: "get", args: {} };
    const parts = [
      { text: "hm", thought: true, thoughtSignature: packed },
      { text: "", thoughtSignature: packed },
      { text: "ok", thoughtSignature: packed },
      { functionCall, thoughtSignature: packed },
      { functionCall, thought_signature: "own" },
    ];
    const body = { contents: [{ role: "model", parts }] };
    const { calls } = await gateway.send(gemini.path("pro", false), body);
    expect((calls[0]!.json as Answer).contents[0].parts).toEqual([
      { text: "ok" },
      { functionCall, thoughtSignature: "skip_thought_signature_validator" },
      { functionCall, thought_signature: "own" },
    ]);
  });

  test("that is the vendor's own goes up byte for byte", async () => {
    gateway.restart(json(messageAnswer()));
    const text =
      '{"model":"claude-opus-5-5","max_tokens":1.0,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"EpYB"}]}]}';
    const { calls } = await gateway.send("/v1/messages", text.replace("claude-opus-5-5", "anthropic/claude-opus-5-5"));
    expect(calls[0]!.text).toBe(text);
  });
});

describe("what cannot be carried", () => {
  test("is left out and named in the answer and in the record, for whole answers and streams", async () => {
    const body = { ...chat.body("opus", false), seed: 7, "we ird\u2028": 1 };
    gateway.restart(json(messageAnswer()));
    const whole = await gateway.send("/v1/chat/completions", body);
    expect(whole.headers.get("x-sluice-dropped")!.split(", ").sort()).toEqual(["seed", "we_ird_"]);
    expect([...whole.record.dropped].sort()).toEqual(["seed", "we ird\u2028"]);
    gateway.restart(stream([event({ type: "message_stop" })]));
    const { headers } = await gateway.send("/v1/chat/completions", { ...body, stream: true });
    expect(headers.get("x-sluice-dropped") ?? "seed").toContain("seed");
    const plain = await gateway.send("/v1/messages", messages.body("opus", false));
    expect([plain.headers.has("x-sluice-dropped"), plain.record.dropped]).toEqual([false, []]);
  });

  test("is a 400 for a key that allows no losses", async () => {
    const {
      status,
      json: answer,
      calls,
    } = await gateway.send(
      "/v1/chat/completions",
      { ...chat.body("opus", false), seed: 7 },
      { headers: { authorization: `Bearer ${STRICT_KEY}` } },
    );
    expect([status, answer.error.code, answer.error.param, calls.length]).toEqual([
      400,
      "unsupported_parameter",
      "seed",
      0,
    ]);
  });
});

describe("tokens", () => {
  test("of a Messages request are estimated where nobody can count them: no call, no cost, one record", async () => {
    const { max_tokens: _, ...body } = messages.body("gpt", false) as Record<string, unknown>;
    const { status, json: answer, calls, record } = await gateway.send("/v1/messages/count_tokens", body);
    expect([status, calls.length]).toEqual([200, 0]);
    expect(answer.input_tokens).toBeWithin(5, 30);
    expect(record).toMatchObject({ status: "success", costNanoUsd: 0, providerId: null, attempts: [] });
  });

  test.each([
    ["its contents", gemini.body("", false)],
    ["a whole request", { generateContentRequest: { model: "models/gpt", ...gemini.body("", false) } }],
  ])("of a Gemini request likewise, given as %s", async (_, body) => {
    const { json: answer, calls } = await gateway.send("/v1beta/models/gpt:countTokens", body);
    expect(answer.totalTokens).toBeWithin(5, 30);
    expect(calls).toEqual([]);
  });

  test("are counted by the upstream that can", async () => {
    gateway.restart(json({ input_tokens: 77 }));
    const { json: answer, calls } = await gateway.send("/v1/messages/count_tokens", messages.body("opus", false));
    expect([answer.input_tokens, calls.length]).toEqual([77, 1]);
  });
});

describe("rate limits", () => {
  const soon = () => `${new Date(Date.now() + 90_000).toISOString().slice(0, 19)}Z`;

  test("of Anthropic are durations for a chat client", async () => {
    gateway.restart(
      json(messageAnswer(), 200, {
        "anthropic-ratelimit-requests-limit": "1000",
        "anthropic-ratelimit-requests-remaining": "999",
        "anthropic-ratelimit-requests-reset": soon(),
        "anthropic-organization-id": "org",
      }),
    );
    const { headers } = await gateway.send("/v1/chat/completions", chat.body("opus", false));
    expect(headers.get("x-ratelimit-limit-requests")).toBe("1000");
    expect(headers.get("x-ratelimit-remaining-requests")).toBe("999");
    expect(headers.get("x-ratelimit-reset-requests")).toMatch(/^1m(?:29|30)s$/);
    expect(headers.has("anthropic-organization-id")).toBe(false);
  });

  test("of OpenAI are instants for a Messages client; what cannot be read is left out", async () => {
    gateway.restart(
      json(chatAnswer(), 200, {
        "x-ratelimit-limit-tokens": "5000",
        "x-ratelimit-reset-tokens": "1m30s",
        "x-ratelimit-reset-requests": "soon",
      }),
    );
    const { headers } = await gateway.send("/v1/messages", messages.body("gpt", false));
    expect(headers.get("anthropic-ratelimit-tokens-limit")).toBe("5000");
    const inMs = Date.parse(headers.get("anthropic-ratelimit-tokens-reset")!) - Date.now();
    expect(inMs).toBeWithin(87_000, 92_000);
    expect(headers.has("anthropic-ratelimit-requests-reset")).toBe(false);
  });
});

test("a model that nobody configured goes to the only provider that speaks the format itself", async () => {
  gateway.restart(json(messageAnswer()));
  const { calls } = await gateway.send("/v1/messages", messages.body("claude-new", false));
  expect(calls[0]!.path).toBe("/v1/messages");
  gateway.restart(json(anthropicError("not_found_error", "model: claude-new"), 404));
  const { status, json: answer } = await gateway.send("/v1/chat/completions", chat.body("anthropic/claude-new", false));
  expect([status, answer.error.code]).toEqual([404, "model_not_found"]);
});

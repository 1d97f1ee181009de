import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";
import { HELLO, WEATHER_CALL } from "./vendors.ts";

let bench: Bench;
let client: Anthropic;

beforeAll(async () => {
  bench = await startBench();
  client = new Anthropic({ baseURL: bench.gateway.url, apiKey: CLIENT_KEY });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

const hello = {
  model: "claude-opus-4-6",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "hello" }],
};
const messages = {
  protocol: "anthropic-messages",
  endpoint: "messages",
  requestedModel: "claude-opus-4-6",
  usage: parts({ inputTokens: 21, outputTokens: 9 }),
  usageSource: "reported",
} as const;

describe("anthropic messages", () => {
  test("a message arrives whole and is accounted", async () => {
    const { data, request_id } = await client.messages.create(hello).withResponse();
    expect(data.content).toMatchObject([{ type: "text", text: HELLO }]);
    expect(data.stop_reason).toBe("end_turn");
    const record = await bench.accounted({ ...messages, stream: false });
    expect(request_id).toBe(record.id);
    expect(record.userAgent).toStartWith("Anthropic/JS 1.11");
    // 21 × 5 $ + 9 × 25 $ per million tokens.
    expect(record.costNanoUsd).toBe(21 * 5_000 + 9 * 25_000);
  });

  test("a stream read by iteration has every event of the format", async () => {
    const types: string[] = [];
    let text = "";
    for await (const event of await client.messages.create({ ...hello, stream: true })) {
      types.push(event.type);
      if (event.type === "content_block_delta" && event.delta.type === "text_delta") text += event.delta.text;
    }
    expect(text).toBe(HELLO);
    expect([types[0], types.at(-1)]).toEqual(["message_start", "message_stop"]);
    await bench.accounted({ ...messages, stream: true });
  });

  test("the stream helper has text events and the final message with its usage", async () => {
    const stream = client.messages.stream(hello);
    const deltas: string[] = [];
    stream.on("text", (delta) => deltas.push(delta));
    const message = await stream.finalMessage();
    expect(deltas.join("")).toBe(HELLO);
    expect(message.usage).toMatchObject({ input_tokens: 21, output_tokens: 9 });
    expect(stream.request_id).toBe((await bench.accounted({ ...messages, stream: true })).id);
  });

  test("thinking blocks keep their signature, whole and streamed", async () => {
    const think = { ...hello, messages: [{ role: "user" as const, content: "think" }] };
    const whole = await client.messages.create(think);
    const streamed = await client.messages.stream(think).finalMessage();
    for (const { content } of [whole, streamed]) {
      expect(content[0]).toMatchObject({
        type: "thinking",
        thinking: "Six times seven.",
        signature: expect.any(String),
      });
      expect(content[1]).toMatchObject({ type: "text", text: "42" });
    }
    await bench.accounted({ ...messages, stream: false });
    await bench.accounted({ ...messages, stream: true });
  });
});

describe("anthropic tools", () => {
  const tools = [
    {
      name: "get_weather",
      description: "The weather of a city",
      input_schema: { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] },
    },
  ];
  const question = { ...hello, tools, messages: [{ role: "user" as const, content: "weather in Paris?" }] };
  const call = { type: "tool_use", id: WEATHER_CALL.id, name: "get_weather", input: { city: "Paris" } } as const;

  test("a tool is called and its result brings the answer", async () => {
    const first = await client.messages.create(question);
    expect(first).toMatchObject({ stop_reason: "tool_use", content: [call] });
    await bench.accounted({ ...messages, stream: false });
    const second = await client.messages.create({
      ...question,
      messages: [
        ...question.messages,
        { role: "assistant", content: first.content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "21 degrees" }] },
      ],
    });
    expect(second.content).toMatchObject([{ type: "text", text: "It is 21 degrees in Paris." }]);
    await bench.accounted({ ...messages, usage: parts({ inputTokens: 40, outputTokens: 8 }) });
  });

  test("a streamed tool call is put together by the SDK's helper", async () => {
    const stream = client.messages.stream(question);
    const partial: string[] = [];
    stream.on("inputJson", (delta) => partial.push(delta));
    expect((await stream.finalMessage()).content).toMatchObject([call]);
    expect(partial.join("")).toBe(WEATHER_CALL.arguments);
    await bench.accounted({ ...messages, stream: true });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";
import { WEATHER_CALL } from "./vendors.ts";

let bench: Bench;
let client: OpenAI;

beforeAll(async () => {
  bench = await startBench();
  client = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: CLIENT_KEY });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

const weather = {
  name: "get_weather",
  description: "The weather of a city",
  parameters: { type: "object" as const, properties: { city: { type: "string" as const } }, required: ["city"] },
};
const question = {
  model: "gpt-4.1",
  messages: [{ role: "user" as const, content: "weather in Paris?" }],
};
const tools = [{ type: "function" as const, function: weather }];
const asked = {
  endpoint: "chat.completions",
  usage: parts({ inputTokens: 21, outputTokens: 9 }),
  usageSource: "reported",
} as const;
const answered = { ...asked, usage: parts({ inputTokens: 40, outputTokens: 8 }) } as const;

describe("openai tools", () => {
  test("a tool call arrives with its id and arguments as the vendor wrote them", async () => {
    const completion = await client.chat.completions.create({ ...question, tools });
    expect(completion.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        tool_calls: [{ id: WEATHER_CALL.id, function: { name: "get_weather", arguments: WEATHER_CALL.arguments } }],
      },
    });
    await bench.accounted({ ...asked, stream: false });
  });

  test("a streamed tool call is put together by the SDK's helper", async () => {
    const stream = client.chat.completions.stream({ ...question, tools });
    const calls: unknown[] = [];
    stream.on("tool_calls.function.arguments.done", ({ name, arguments: text }) => calls.push([name, text]));
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      id: WEATHER_CALL.id,
      function: { name: "get_weather", arguments: WEATHER_CALL.arguments },
    });
    expect(calls).toEqual([["get_weather", WEATHER_CALL.arguments]]);
    await bench.accounted({ ...asked, stream: true });
  });

  const cities: string[] = [];
  const runnable = {
    type: "function" as const,
    function: {
      ...weather,
      parse: (text: string) => JSON.parse(text) as { city: string },
      function: ({ city }: { city: string }) => {
        cities.push(city);
        return "21 degrees";
      },
    },
  };
  const runners = {
    whole: () => client.chat.completions.runTools({ ...question, tools: [runnable] }),
    streamed: () => client.chat.completions.runTools({ ...question, stream: true, tools: [runnable] }),
  };

  for (const how of ["whole", "streamed"] as const) {
    test(`runTools goes through the whole loop (${how})`, async () => {
      cities.length = 0;
      expect(await runners[how]().finalContent()).toBe("It is 21 degrees in Paris.");
      expect(cities).toEqual(["Paris"]);
      await bench.accounted({ ...asked, stream: how === "streamed" });
      await bench.accounted({ ...answered, stream: how === "streamed" });
      expect(bench.aimock.getLastRequest()?.body).toMatchObject({
        messages: [{}, { role: "assistant" }, { role: "tool", tool_call_id: WEATHER_CALL.id, content: "21 degrees" }],
      });
    });
  }

  test("a function call of the Responses API goes there and back", async () => {
    const first = await client.responses.create({
      model: "gpt-4.1",
      input: "weather in Paris?",
      tools: [{ type: "function", strict: true, ...weather }],
    });
    const call = first.output.find((item) => item.type === "function_call");
    expect(call).toMatchObject({ call_id: WEATHER_CALL.id, arguments: WEATHER_CALL.arguments });
    await bench.accounted({ ...asked, endpoint: "responses", protocol: "openai-responses" });
    const second = await client.responses.create({
      model: "gpt-4.1",
      input: [
        { role: "user", content: "weather in Paris?" },
        { type: "function_call", call_id: WEATHER_CALL.id, name: "get_weather", arguments: WEATHER_CALL.arguments },
        { type: "function_call_output", call_id: WEATHER_CALL.id, output: "21 degrees" },
      ],
    });
    expect(second.output_text).toBe("It is 21 degrees in Paris.");
    await bench.accounted({ ...answered, endpoint: "responses", protocol: "openai-responses" });
  });
});

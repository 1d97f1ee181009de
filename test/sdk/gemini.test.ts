import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { FunctionCallingConfigMode, GoogleGenAI } from "@google/genai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";
import type { SeenRequest } from "./stand-in.ts";
import { HELLO, WEATHER_CALL } from "./vendors.ts";

let bench: Bench;
/** The SDK's default version, and the one that everybody else still uses. */
let v1: GoogleGenAI;
let v1beta: GoogleGenAI;

beforeAll(async () => {
  bench = await startBench();
  v1 = new GoogleGenAI({ apiKey: CLIENT_KEY, httpOptions: { baseUrl: bench.gateway.url } });
  v1beta = new GoogleGenAI({
    apiKey: CLIENT_KEY,
    httpOptions: { baseUrl: bench.gateway.url, apiVersion: "v1beta" },
  });
  for (const verb of ["generateContent", "streamGenerateContent"]) {
    bench.standIn.on(`POST /v1/models/gemini-2.5-flash:${verb}`, forward);
  }
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

/** aimock serves /v1beta only: the stand-in hands /v1 on to it. */
function forward({ path, query, headers, body }: SeenRequest): Promise<Response> {
  const url = `${bench.aimock.url}${path.replace("/v1/", "/v1beta/")}${query}`;
  const key = headers.get("x-goog-api-key") ?? "";
  return fetch(url, {
    method: "POST",
    headers: { "x-goog-api-key": key, "content-type": "application/json" },
    body,
  });
}

const generated = {
  protocol: "gemini",
  endpoint: "gemini.generateContent",
  usage: parts({ inputTokens: 21, outputTokens: 9 }),
  usageSource: "reported",
  stream: false,
} as const;
const streamed = { ...generated, endpoint: "gemini.streamGenerateContent", stream: true } as const;

/** The same tests over both versions of the path. */
const surfaces = [
  { name: "v1, the default", sdk: () => v1, model: "own-gemini", servedModel: "gemini-2.5-flash" },
  { name: "v1beta", sdk: () => v1beta, model: "gemini-2.5-pro", servedModel: "gemini-2.5-pro" },
];

for (const { name, sdk, model, servedModel } of surfaces) {
  describe(`gemini ${name}`, () => {
    const named = { requestedModel: model, servedModel };

    test("content is generated and accounted", async () => {
      const answer = await sdk().models.generateContent({ model, contents: "hello" });
      expect(answer.text).toBe(HELLO);
      expect(answer.usageMetadata).toMatchObject({ promptTokenCount: 21, candidatesTokenCount: 9 });
      const record = await bench.accounted({ ...generated, ...named });
      expect(record.userAgent).toStartWith("google-genai-sdk/3.1");
      expect(record.costNanoUsd).toBeGreaterThan(0);
    });

    test("content is streamed", async () => {
      let text = "";
      let finish: unknown = null;
      for await (const chunk of await sdk().models.generateContentStream({ model, contents: "hello" })) {
        text += chunk.text ?? "";
        finish = chunk.candidates?.[0]?.finishReason ?? finish;
      }
      expect([text, finish]).toEqual([HELLO, "STOP"]);
      await bench.accounted({ ...streamed, ...named });
    });

    test("a function is called and its answer brings the text", async () => {
      const tools = [
        {
          functionDeclarations: [
            {
              name: "get_weather",
              description: "The weather of a city",
              parametersJsonSchema: { type: "object", properties: { city: { type: "string" } } },
            },
          ],
        },
      ];
      const config = { tools, toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } } };
      const question = { role: "user", parts: [{ text: "weather in Paris?" }] };
      const first = await sdk().models.generateContent({ model, contents: [question], config });
      expect(first.functionCalls).toMatchObject([{ name: "get_weather", args: { city: "Paris" } }]);
      await bench.accounted({ ...generated, ...named });
      const result = { functionResponse: { name: "get_weather", response: { output: "21 degrees" } } };
      const called = { role: "model", parts: first.candidates?.[0]?.content?.parts ?? [] };
      const second = await sdk().models.generateContent({
        model,
        contents: [question, called, { role: "user", parts: [result] }],
        config,
      });
      expect(second.text).toBe("It is 21 degrees in Paris.");
      await bench.accounted({ ...generated, ...named, usage: parts({ inputTokens: 40, outputTokens: 8 }) });
    });

    test("a streamed function call arrives whole", async () => {
      const calls: unknown[] = [];
      const stream = await sdk().models.generateContentStream({ model, contents: "weather in Paris?" });
      for await (const { functionCalls } of stream) if (functionCalls !== undefined) calls.push(...functionCalls);
      expect(calls).toMatchObject([{ name: WEATHER_CALL.name, args: { city: "Paris" } }]);
      await bench.accounted({ ...streamed, ...named });
    });

    test("a chat session keeps its turns", async () => {
      const chat = sdk().chats.create({ model });
      expect((await chat.sendMessage({ message: "hello" })).text).toBe(HELLO);
      expect((await chat.sendMessage({ message: "hello again" })).text).toBe(HELLO);
      expect(chat.getHistory()).toHaveLength(4);
      await bench.accounted({ ...generated, ...named });
      await bench.accounted({ ...generated, ...named });
    });
  });
}

describe("gemini models", () => {
  for (const { name, sdk, model } of surfaces) {
    test(`the list and one model have Google's own shape (${name})`, async () => {
      const names: (string | undefined)[] = [];
      for await (const each of await sdk().models.list()) names.push(each.name);
      expect(names).toContain(`models/${model}`);
      const one = await sdk().models.get({ model });
      expect(one).toMatchObject({ name: `models/${model}`, displayName: model });
    });
  }
});

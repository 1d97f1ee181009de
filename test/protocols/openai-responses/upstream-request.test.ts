import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../../src/errors.ts";
import { EMPTY_REQUEST, type LlmRequest, type MediaPart, type Message } from "../../../src/llm/request.ts";
import type { ModelTraits } from "../../../src/llm/traits.ts";
import { responsesUpstream } from "../../../src/protocols/openai-responses/codec.ts";
import { upstreamTarget } from "./fixtures.ts";

const encode = (request: Partial<LlmRequest>, traits: Partial<ModelTraits> = {}) =>
  responsesUpstream.encodeRequest({ ...EMPTY_REQUEST, model: "alias", ...request }, upstreamTarget(traits));
const inputOf = (...messages: Message[]) => encode({ messages }).body.input;
const caught = (request: Partial<LlmRequest>, traits: Partial<ModelTraits> = {}): GatewayError => {
  try {
    encode(request, traits);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("not refused");
};
const user = (text: string): Message => ({ role: "user", parts: [{ type: "text", text }] });
const tool = { name: "f", description: null, parameters: null, strict: null };
const media = (change: Partial<MediaPart>): MediaPart => ({
  type: "image",
  mediaType: "image/png",
  source: { kind: "data", base64: "AAAA" },
  name: null,
  detail: null,
  ...change,
});

describe("a request on the bridge", () => {
  test("is stored nowhere and asks for its thoughts back", () => {
    expect(encode({ messages: [user("x")] })).toEqual({
      body: {
        model: "gpt-6-astra",
        input: [{ role: "user", content: "x" }],
        store: false,
        include: ["reasoning.encrypted_content"],
      },
      dropped: [],
      toolNames: new Map(),
      headers: {},
      query: "",
    });
  });

  test("carries what the format has", () => {
    const { body, dropped } = encode({
      stream: true,
      tools: [{ ...tool, description: "d", parameters: { type: "object" }, strict: true }],
      toolChoice: { type: "required" },
      parallelToolCalls: false,
      maxOutputTokens: 256,
      temperature: 0.5,
      topP: 0.9,
      responseFormat: { type: "json_schema", name: "n", description: "d", schema: {}, strict: true },
      verbosity: "high",
      user: "u",
      metadata: { a: "b" },
      serviceTier: "flex",
      promptCacheKey: "k",
      extra: { prompt_cache_retention: "24h", stream_options: { include_obfuscation: false }, store: false },
    });
    expect(dropped).toEqual([]);
    expect(body).toMatchObject({
      stream: true,
      tools: [{ type: "function", name: "f", description: "d", parameters: { type: "object" }, strict: true }],
      tool_choice: "required",
      parallel_tool_calls: false,
      max_output_tokens: 256,
      temperature: 0.5,
      top_p: 0.9,
      text: {
        format: { type: "json_schema", name: "n", description: "d", schema: {}, strict: true },
        verbosity: "high",
      },
      safety_identifier: "u",
      metadata: { a: "b" },
      service_tier: "flex",
      prompt_cache_key: "k",
      prompt_cache_retention: "24h",
      store: false,
    });
    expect(body).not.toContainKeys(["stream_options", "instructions", "reasoning"]);
  });

  test("asks for 16 tokens at least (B08)", () => {
    expect(encode({ maxOutputTokens: 5 }).body.max_output_tokens).toBe(16);
  });

  test.each([
    [{ type: "text" }, { type: "text" }],
    [{ type: "json_object" }, { type: "json_object" }],
    [
      { type: "json_schema", name: null, description: null, schema: {}, strict: null },
      { type: "json_schema", name: "answer", schema: {}, strict: false },
    ],
  ] as const)("asks for the format %j", (responseFormat, format) => {
    expect(encode({ responseFormat }).body.text).toEqual({ format });
  });

  test("reports what only steers and has no place", () => {
    const { body, dropped } = encode({
      topK: 3,
      seed: 1,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      logitBias: { "1": 2 },
      user: "u".repeat(129),
      serviceTier: "turbo",
      messages: [{ role: "user", name: "bob", parts: [{ type: "text", text: "x" }] }],
      extra: { prediction: {}, store: true, stream_options: {} },
    });
    expect(dropped).toEqual([
      "its.user",
      "its.serviceTier",
      "its.messages[].name",
      "its.topK",
      "its.seed",
      "its.frequencyPenalty",
      "its.presencePenalty",
      "its.logitBias",
      "prediction",
      "store",
    ]);
    expect(body).toMatchObject({ store: false });
    expect(Object.keys(body)).toEqual(["model", "input", "store", "include"]);
  });

  test.each([
    ["candidates", { candidates: 2 }],
    ["stop", { stop: ["END"] }],
    ["modalities", { modalities: ["text", "audio"] }],
    ["logprobs", { logprobs: true }],
    ["topLogprobs", { topLogprobs: 2 }],
    ["messages", { messages: [{ role: "user", parts: [media({ type: "audio", mediaType: "audio/wav" })] }] }],
    [
      "messages",
      { messages: [{ role: "user", parts: [media({ type: "file", source: { kind: "file_id", id: "file_011" } })] }] },
    ],
    ["messages", { messages: [{ role: "user", parts: [media({ source: { kind: "file_id", id: "files/abc" } })] }] }],
  ] as [string, Partial<LlmRequest>][])("refuses %s, without which the answer would be another", (field, request) => {
    expect(caught(request)).toMatchObject({ status: 400, code: "unsupported_parameter", param: `its.${field}` });
  });

  test("passes over what only repeats a default", () => {
    const request = { candidates: 1, modalities: ["text"], logprobs: false, topLogprobs: 0 } as const;
    expect(encode(request)).toMatchObject({ dropped: [] });
  });
});

describe("reasoning", () => {
  const wish = (change: object) => ({ reasoning: { effort: null, budgetTokens: null, visible: null, ...change } });

  test.each([
    [{ effort: "low" }, { effort: "low" }],
    [{ effort: "none" }, { effort: "none" }],
    [{ effort: "none", visible: true }, { effort: "none" }],
    [{ effort: "max" }, { effort: "xhigh" }],
    [{ visible: true }, { summary: "auto" }],
    [
      { effort: "high", visible: true },
      { effort: "high", summary: "auto" },
    ],
    [{ effort: "high", visible: false }, { effort: "high" }],
    [{ budgetTokens: 0 }, { effort: "none" }],
    [{ budgetTokens: 1024 }, { effort: "low" }],
    [{ budgetTokens: 8000 }, { effort: "medium" }],
    [
      { budgetTokens: 31_999, visible: true },
      { effort: "high", summary: "auto" },
    ],
    [{ budgetTokens: -1 }, undefined],
    [{}, undefined],
  ])("%j is asked for as %j", (change, reasoning) => {
    expect(encode(wish(change)).body.reasoning).toEqual(reasoning as never);
  });

  test("keeps to what the model knows, down before up", () => {
    const traits = { efforts: ["low", "high"] } as const;
    const asked = (effort: string) => encode(wish({ effort }), traits).body.reasoning;
    expect(["none", "minimal", "low", "medium", "high", "max"].map(asked)).toEqual(
      ["low", "low", "low", "low", "high", "high"].map((effort) => ({ effort })),
    );
    expect(encode(wish({ effort: "low" }), { efforts: [] }).body.reasoning).toBeUndefined();
  });

  test("is left out, and reported, for a model without", () => {
    expect(encode(wish({ effort: "low" }), { thinking: "none" }).dropped).toEqual(["its.reasoning"]);
    expect(encode(wish({ effort: "none" }), { thinking: "none" })).toMatchObject({ dropped: [] });
  });

  test("turns sampling off, which is reported", () => {
    const sampling = { temperature: 1, topP: 1, logprobs: true, topLogprobs: 2 };
    const names = ["its.temperature", "its.topP", "its.logprobs", "its.topLogprobs"];
    expect(encode({ ...sampling, ...wish({ effort: "low" }) }).dropped).toEqual(names);
    expect(encode(sampling, { sampling: false }).dropped).toEqual(names);
    expect(encode({ temperature: 1, topP: 1, ...wish({ effort: "none" }) }).body).toMatchObject({
      temperature: 1,
      top_p: 1,
    });
  });
});

describe("the conversation", () => {
  test("keeps its order, with system texts in their places", () => {
    const text = (text: string) => [{ type: "text", text }] as const;
    const { body } = encode({
      system: [...text("a"), ...text("b")],
      messages: [user("1"), { role: "system", parts: text("c") }, { role: "developer", parts: text("d") }, user("2")],
    });
    expect(body.input).toEqual([
      {
        role: "developer",
        content: [
          { type: "input_text", text: "a" },
          { type: "input_text", text: "b" },
        ],
      },
      { role: "user", content: "1" },
      { role: "system", content: "c" },
      { role: "developer", content: "d" },
      { role: "user", content: "2" },
    ]);
  });

  test("brings OpenAI's thoughts back, and nobody else's", () => {
    const thoughts = (vendor: "openai" | "anthropic" | "gemini", id?: string): Message => ({
      role: "assistant",
      parts: [
        {
          type: "reasoning",
          text: "sum",
          signature: id === undefined ? { vendor, value: "S" } : { vendor, value: "S", id },
          redacted: false,
        },
        { type: "reasoning", text: "unsigned", signature: null, redacted: false },
        { type: "text", text: "t" },
      ],
    });
    const said = { role: "assistant", content: [{ type: "output_text", text: "t" }] };
    const summary = [{ type: "summary_text", text: "sum" }];
    expect(inputOf(thoughts("openai", "rs_1"))).toEqual([
      { type: "reasoning", id: "rs_1", summary, encrypted_content: "S" },
      said,
    ]);
    expect(inputOf(thoughts("openai"))).toEqual([{ type: "reasoning", summary, encrypted_content: "S" }, said]);
    expect(inputOf(thoughts("anthropic"))).toEqual([said]);
    expect(inputOf(thoughts("gemini"))).toEqual([said]);
  });

  test("leaves out thoughts that nothing follows", () => {
    const signature = { vendor: "openai", value: "S" } as const;
    const thought = { type: "reasoning", text: "", signature, redacted: false } as const;
    expect(inputOf({ role: "assistant", parts: [thought, { type: "text", text: "" }] }, user("x"))).toEqual([
      { role: "user", content: "x" },
    ]);
  });

  test("keeps text beside calls, results with images, and says which ones failed (I04r)", () => {
    const image = media({ detail: "low" });
    const result = (
      callId: string,
      parts: readonly (MediaPart | { type: "text"; text: string })[],
      isError = false,
    ) => ({
      callId,
      name: null,
      parts,
      isError,
    });
    expect(
      inputOf(
        {
          role: "assistant",
          parts: [
            { type: "text", text: "On it." },
            { type: "refusal", text: "not that" },
            { type: "tool_call", id: "c1", name: "f", arguments: '{"a":1}', signature: null },
            { type: "text", text: "and" },
          ],
        },
        {
          role: "tool",
          results: [
            result("c1", [{ type: "text", text: "see" }, image]),
            result("c2", [{ type: "text", text: "18" }]),
            result("c3", []),
            result("c4", [{ type: "text", text: "boom" }], true),
            result("c5", [], true),
            result("c6", [image], true),
          ],
        },
      ),
    ).toEqual([
      {
        role: "assistant",
        content: [
          { type: "output_text", text: "On it." },
          { type: "refusal", refusal: "not that" },
        ],
      },
      { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1}' },
      { role: "assistant", content: [{ type: "output_text", text: "and" }] },
      {
        type: "function_call_output",
        call_id: "c1",
        output: [
          { type: "input_text", text: "see" },
          { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "low" },
        ],
      },
      { type: "function_call_output", call_id: "c2", output: "18" },
      { type: "function_call_output", call_id: "c3", output: "" },
      { type: "function_call_output", call_id: "c4", output: "Error: boom" },
      { type: "function_call_output", call_id: "c5", output: "Error" },
      {
        type: "function_call_output",
        call_id: "c6",
        output: [
          { type: "input_text", text: "Error:" },
          { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "low" },
        ],
      },
    ]);
  });

  const file = (change: Partial<MediaPart>) => media({ type: "file", mediaType: "application/pdf", ...change });
  test.each([
    [media({}), { type: "input_image", detail: "auto", image_url: "data:image/png;base64,AAAA" }],
    [
      media({ mediaType: null, detail: "MEDIA_RESOLUTION_LOW" }),
      { detail: "auto", image_url: "data:image/png;base64,AAAA" },
    ],
    [media({ source: { kind: "url", url: "https://x" } }), { type: "input_image", image_url: "https://x" }],
    [media({ source: { kind: "file_id", id: "file-1" } }), { type: "input_image", file_id: "file-1" }],
    [media({ source: { kind: "text", text: "svg" } }), { type: "input_text", text: "svg" }],
    [file({}), { type: "input_file", filename: "document.pdf", file_data: "data:application/pdf;base64,AAAA" }],
    [file({ mediaType: null, name: "a.pdf" }), { filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" }],
    [file({ mediaType: "text/csv" }), { filename: "document.txt", file_data: "data:text/csv;base64,AAAA" }],
    [file({ source: { kind: "url", url: "https://x/y.pdf" } }), { type: "input_file", file_url: "https://x/y.pdf" }],
    [file({ source: { kind: "file_id", id: "file-1" } }), { type: "input_file", file_id: "file-1" }],
    [file({ source: { kind: "text", text: "plain" } }), { type: "input_text", text: "plain" }],
    [file({ source: { kind: "text", text: "plain" }, name: "n" }), { type: "input_text", text: "n\n\nplain" }],
  ])("holds %j", (part, expected) => {
    expect(inputOf({ role: "user", parts: [part] })).toMatchObject([{ role: "user", content: [expected] }]);
  });

  test("shows an image of the model as a user's", () => {
    expect(inputOf({ role: "assistant", parts: [{ type: "text", text: "here" }, media({})] })).toMatchObject([
      { role: "assistant" },
      { role: "user", content: [{ type: "input_text" }, { type: "input_image" }] },
    ]);
  });

  test("shortens call ids that are too long, alike in call and result", () => {
    const id = "x".repeat(65);
    const input = inputOf(
      { role: "assistant", parts: [{ type: "tool_call", id, name: "f", arguments: "{}", signature: null }] },
      { role: "tool", results: [{ callId: id, name: null, parts: [], isError: false }] },
    );
    expect(input).toMatchObject([{ call_id: "call_long_1" }, { call_id: "call_long_1" }]);
  });
});

describe("tools", () => {
  test("are flat, with an explicit strict", () => {
    expect(encode({ tools: [tool] }).body.tools).toEqual([
      { type: "function", name: "f", parameters: { type: "object", properties: {} }, strict: false },
    ]);
  });

  test("without which nothing is said of choosing", () => {
    const { body } = encode({ toolChoice: { type: "auto" }, parallelToolCalls: true });
    expect(body).not.toContainKeys(["tools", "tool_choice", "parallel_tool_calls"]);
  });

  test.each([
    [{ type: "auto" }, "auto"],
    [{ type: "none" }, "none"],
    [
      { type: "tool", name: "f" },
      { type: "function", name: "f" },
    ],
    [
      { type: "allowed", names: ["f"], required: true },
      { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "f" }] },
    ],
    [
      { type: "allowed", names: [], required: false },
      { type: "allowed_tools", mode: "auto", tools: [] },
    ],
  ] as const)("are chosen by %j", (toolChoice, choice) => {
    expect(encode({ tools: [tool], toolChoice }).body.tool_choice).toEqual(choice as never);
  });

  test("whose names OpenAI does not take get others, everywhere", () => {
    const long = "n".repeat(70);
    const { body, toolNames } = encode({
      tools: [
        { ...tool, name: "ns.get/weather" },
        { ...tool, name: "ns_get_weather" },
        { ...tool, name: long },
      ],
      toolChoice: { type: "tool", name: "ns.get/weather" },
      messages: [
        {
          role: "assistant",
          parts: [{ type: "tool_call", id: "c", name: "ns.get/weather", arguments: "{}", signature: null }],
        },
      ],
    });
    expect(body).toMatchObject({
      tools: [{ name: "ns_get_weather_2" }, { name: "ns_get_weather" }, { name: "n".repeat(64) }],
      tool_choice: { name: "ns_get_weather_2" },
      input: [{ name: "ns_get_weather_2" }],
    });
    expect([...toolNames]).toEqual([
      ["ns_get_weather_2", "ns.get/weather"],
      ["n".repeat(64), long],
    ]);
  });

  const hosted = (kind: "web_search" | "code_execution" | "url_context" | null, raw: Record<string, unknown>) => ({
    hostedTools: [{ kind, type: String(raw.type ?? "t"), raw, path: "tools[0]" }],
  });
  test("that others call a web search are OpenAI's", () => {
    const { body, dropped } = encode(
      hosted("web_search", {
        type: "web_search_20260209",
        name: "web_search",
        max_uses: 5,
        allowed_domains: ["x.test"],
        blocked_domains: null,
        user_location: { type: "approximate", city: "Rome" },
      }),
    );
    expect(body.tools).toEqual([
      {
        type: "web_search",
        filters: { allowed_domains: ["x.test"] },
        user_location: { type: "approximate", city: "Rome" },
      },
    ]);
    expect(dropped).toEqual(["tools[0].max_uses"]);
    const location = { type: "approximate", approximate: { city: "Rome" } };
    const chat = hosted("web_search", { search_context_size: "low", user_location: location });
    expect(encode(chat).body.tools).toEqual([
      { type: "web_search", search_context_size: "low", user_location: { type: "approximate", city: "Rome" } },
    ]);
    expect(encode(hosted("web_search", { googleSearch: {}, user_location: "x" })).body.tools).toEqual([
      { type: "web_search", user_location: "x" },
    ]);
  });

  test("that run code, or that only OpenAI has, are its own; others are refused", () => {
    expect(encode(hosted("code_execution", { type: "code_execution_20250825" })).body.tools).toEqual([
      { type: "code_interpreter", container: { type: "auto" } },
    ]);
    const mcp = { type: "mcp", server_label: "x" };
    expect(encode(hosted(null, mcp)).body.tools).toEqual([mcp]);
    for (const tools of [hosted("url_context", {}), hosted(null, { type: "bash_20250124" })]) {
      expect(caught(tools)).toMatchObject({ status: 400, code: "unsupported_parameter", param: "tools[0]" });
    }
  });
});

import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../../src/errors.ts";
import type { LlmRequest } from "../../../src/llm/request.ts";
import { chatClient } from "../../../src/protocols/openai-chat/codec.ts";
import { decode, decodeMessages, user } from "./contexts.ts";

const PNG = "iVBORw0KGgo=";

describe("a chat request is read", () => {
  const cases: readonly (readonly [what: string, body: object, expected: Partial<LlmRequest>])[] = [
    ["nothing said", {}, { stream: false, includeUsage: false, topP: null, candidates: null, extra: {} }],
    ["null is nothing said", { n: null, stop: null, tools: null, reasoning_effort: null }, { stop: [], tools: [] }],
    [
      "defaults are nothing said",
      { n: 1, logprobs: false, modalities: ["text"] },
      { candidates: null, logprobs: null, modalities: null },
    ],
    [
      "the stream's usage",
      { stream: true, stream_options: { include_usage: true } },
      { stream: true, includeUsage: true },
    ],
    ["max_tokens", { max_tokens: 5 }, { maxOutputTokens: 5 }],
    ["the newer name goes first", { max_tokens: 5, max_completion_tokens: 7 }, { maxOutputTokens: 7 }],
    ["one stop", { stop: "a" }, { stop: ["a"] }],
    ["several stops", { stop: ["a", "b"] }, { stop: ["a", "b"] }],
    ["effort", { reasoning_effort: "xhigh" }, { reasoning: { effort: "xhigh", budgetTokens: null, visible: null } }],
    [
      "sampling",
      {
        temperature: 1.5,
        top_p: 0.5,
        top_k: 3,
        seed: 7,
        frequency_penalty: 1,
        presence_penalty: -1,
        logit_bias: { "50256": -100 },
      },
      {
        temperature: 1.5,
        topP: 0.5,
        topK: 3,
        seed: 7,
        frequencyPenalty: 1,
        presencePenalty: -1,
        logitBias: { "50256": -100 },
      },
    ],
    ["several answers", { n: 3, logprobs: true, top_logprobs: 2 }, { candidates: 3, logprobs: true, topLogprobs: 2 }],
    [
      "sound",
      { modalities: ["text", "audio"], audio: { voice: "alloy" } },
      { modalities: ["text", "audio"], extra: { audio: { voice: "alloy" } } },
    ],
    ["the user", { user: "u" }, { user: "u" }],
    ["the safety identifier goes first", { user: "u", safety_identifier: "s" }, { user: "s" }],
    [
      "what only steers",
      {
        metadata: { a: "b" },
        service_tier: "flex",
        prompt_cache_key: "k",
        verbosity: "low",
        parallel_tool_calls: true,
      },
      { metadata: { a: "b" }, serviceTier: "flex", promptCacheKey: "k", verbosity: "low", parallelToolCalls: true },
    ],
    ["text format", { response_format: { type: "text" } }, { responseFormat: { type: "text" } }],
    ["JSON", { response_format: { type: "json_object" } }, { responseFormat: { type: "json_object" } }],
    [
      "a schema",
      {
        response_format: { type: "json_schema", json_schema: { name: "p", schema: { type: "object" }, strict: true } },
      },
      {
        responseFormat: { type: "json_schema", name: "p", description: null, schema: { type: "object" }, strict: true },
      },
    ],
    [
      "fields of others",
      { enable_thinking: true, store: false, chat_template_kwargs: null },
      { extra: { enable_thinking: true } },
    ],
    ["a stored completion", { store: true }, { extra: { store: true } }],
    [
      "web search",
      { web_search_options: { search_context_size: "low" } },
      {
        hostedTools: [
          { kind: "web_search", type: "web_search", raw: { search_context_size: "low" }, path: "web_search_options" },
        ],
      },
    ],
    [
      "tools",
      {
        tools: [
          {
            type: "function",
            function: { name: "f", description: "d", parameters: { type: "object" }, strict: true },
            cache_control: { type: "ephemeral" },
          },
          { function: { name: "g", parameters: null } },
          { type: "web_search", web_search: {} },
          { type: "builtin_function", function: { name: "$web_search" } },
        ],
      },
      {
        tools: [
          {
            name: "f",
            description: "d",
            parameters: { type: "object" },
            strict: true,
            cacheControl: { type: "ephemeral" },
          },
          { name: "g", description: null, parameters: null, strict: null },
        ],
        hostedTools: [
          { kind: "web_search", type: "web_search", raw: { type: "web_search", web_search: {} }, path: "tools[2]" },
          {
            kind: null,
            type: "builtin_function",
            raw: { type: "builtin_function", function: { name: "$web_search" } },
            path: "tools[3]",
          },
        ],
      },
    ],
    [
      "legacy functions allow one call",
      { functions: [{ name: "f", parameters: {} }], function_call: { name: "f" }, parallel_tool_calls: true },
      {
        tools: [{ name: "f", description: null, parameters: {}, strict: null }],
        toolChoice: { type: "tool", name: "f" },
        parallelToolCalls: false,
      },
    ],
    ["legacy choice", { functions: [{ name: "f" }], function_call: "none" }, { toolChoice: { type: "none" } }],
    ["choice auto", { tool_choice: "auto" }, { toolChoice: { type: "auto" } }],
    ["choice required", { tool_choice: "required" }, { toolChoice: { type: "required" } }],
    ["Mistral's any", { tool_choice: "any" }, { toolChoice: { type: "required" } }],
    ["choice as an object", { tool_choice: { type: "none" } }, { toolChoice: { type: "none" } }],
    [
      "a named choice",
      { tool_choice: { type: "function", function: { name: "f" } } },
      { toolChoice: { type: "tool", name: "f" } },
    ],
    [
      "allowed tools",
      {
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: {
            mode: "required",
            tools: [
              { type: "function", function: { name: "f" } },
              { type: "function", name: "g" },
            ],
          },
        },
      },
      { toolChoice: { type: "allowed", names: ["f", "g"], required: true } },
    ],
  ];
  test.each(cases)("%s", (_what, body, expected) => {
    expect(decode(body)).toMatchObject(expected);
  });
});

describe("messages are read", () => {
  test("instructions before the conversation go to the system, those within it stay", () => {
    const read = decodeMessages(
      { role: "system", content: "a" },
      { role: "developer", content: [{ type: "text", text: "b", cache_control: { type: "ephemeral", ttl: "1h" } }] },
      { role: "system", content: "" },
      user("q"),
      { role: "system", content: "later", name: "boss" },
      user("r", { name: "eva" }),
    );
    expect(read.system).toEqual([
      { type: "text", text: "a" },
      { type: "text", text: "b", cacheControl: { type: "ephemeral", ttl: "1h" } },
    ]);
    expect(read.messages).toEqual([
      { role: "user", parts: [{ type: "text", text: "q" }] },
      { role: "system", parts: [{ type: "text", text: "later" }] },
      { role: "user", parts: [{ type: "text", text: "r" }], name: "eva" },
    ]);
    expect(read.extra).toEqual({ "messages[4].name": "boss" });
  });

  const media = (type: string, mediaType: string | null, source: object, name: string | null = null) => ({
    type,
    mediaType,
    source,
    name,
    detail: null,
  });
  const data = (base64: string) => ({ kind: "data", base64 });
  const b64 = (text: string) => Buffer.from(text).toString("base64");
  const parts: readonly (readonly [what: string, part: object, expected: object])[] = [
    [
      "an image's address",
      { type: "image_url", image_url: { url: "https://x.test/a.png", detail: "low" } },
      { ...media("image", null, { kind: "url", url: "https://x.test/a.png" }), detail: "low" },
    ],
    [
      "a bare address",
      { type: "image_url", image_url: "https://x.test/a" },
      media("image", null, { kind: "url", url: "https://x.test/a" }),
    ],
    [
      "an inline image",
      { type: "image_url", image_url: { url: `data:image/PNG;base64,${PNG}` } },
      media("image", "image/png", data(PNG)),
    ],
    [
      "an inline image without a type",
      { type: "image_url", image_url: { url: `data:;base64,${PNG}` } },
      media("image", "image/png", data(PNG)),
    ],
    [
      "base64 with other letters and no padding",
      { type: "image_url", image_url: { url: "data:image/gif;base64,_-8\n" } },
      media("image", "image/gif", data("/+8=")),
    ],
    [
      "plain text in a data URL",
      { type: "image_url", image_url: { url: "data:image/svg+xml,%3Csvg/%3E" } },
      media("image", "image/svg+xml", data(b64("<svg/>"))),
    ],
    [
      "sound",
      { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
      media("audio", "audio/mp3", data("AAAA")),
    ],
    [
      "a file's id",
      { type: "file", file: { file_id: "file-1" } },
      media("file", null, { kind: "file_id", id: "file-1" }),
    ],
    [
      "a PDF",
      { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0x" } },
      media("file", "application/pdf", data("JVBERi0x"), "a.pdf"),
    ],
    [
      "a bare PDF",
      { type: "file", file: { file_data: "JVBERi0x" } },
      media("file", "application/pdf", data("JVBERi0x")),
    ],
    [
      "a file known by its name",
      { type: "file", file: { filename: "a.csv", file_data: b64("a,b") } },
      media("file", "text/csv", { kind: "text", text: "a,b" }, "a.csv"),
    ],
    [
      "a Markdown file",
      { type: "file", file: { filename: "a.md", file_data: b64("# é") } },
      media("file", "text/markdown", { kind: "text", text: "# é" }, "a.md"),
    ],
    [
      "a text file",
      { type: "file", file: { filename: "a.TXT", file_data: b64("a") } },
      media("file", "text/plain", { kind: "text", text: "a" }, "a.TXT"),
    ],
    [
      "a named PDF of unknown bytes",
      { type: "file", file: { filename: "a.pdf", file_data: b64("a") } },
      media("file", "application/pdf", data(b64("a")), "a.pdf"),
    ],
    [
      "a file of unknown kind",
      { type: "file", file: { filename: "a.bin", file_data: b64("a") } },
      media("file", "application/octet-stream", data(b64("a")), "a.bin"),
    ],
    ["an image as a file", { type: "file", file: { file_data: PNG } }, media("image", "image/png", data(PNG))],
    [
      "sound as a file",
      { type: "file", file: { file_data: "data:audio/wav;base64,AAAA" } },
      media("audio", "audio/wav", data("AAAA")),
    ],
    [
      "a cache breakpoint",
      { type: "text", text: "a", prompt_cache_breakpoint: { mode: "explicit" } },
      { type: "text", text: "a", cacheControl: { type: "ephemeral" } },
    ],
    [
      "a long cache breakpoint",
      { type: "image_url", image_url: { url: "https://x" }, prompt_cache_breakpoint: { mode: "explicit", ttl: "12h" } },
      { ...media("image", null, { kind: "url", url: "https://x" }), cacheControl: { type: "ephemeral", ttl: "1h" } },
    ],
  ];
  test.each(parts)("%s", (_what, part, expected) => {
    expect(decodeMessages(user([part])).messages).toEqual([{ role: "user", parts: [expected] }] as never);
  });

  const call = (id: string, name = "f") => ({ id, type: "function", function: { name, arguments: `{"a":"${id}"}` } });
  const callPart = (id: string, name = "f") => ({
    type: "tool_call",
    id,
    name,
    arguments: `{"a":"${id}"}`,
    signature: null,
  });
  const result = (callId: string, text: string) => ({
    callId,
    name: null,
    parts: text === "" ? [] : [{ type: "text", text }],
    isError: false,
  });

  test("results of one turn are one message, an instruction wedged between moves behind them", () => {
    const { messages } = decodeMessages(
      user("q"),
      { role: "assistant", content: "", tool_calls: [call("1"), call("2")] },
      { role: "system", content: "hurry" },
      { role: "tool", tool_call_id: "2", content: [{ type: "text", text: "b" }] },
      { role: "developer", content: "now" },
      { role: "tool", tool_call_id: "1", content: "" },
      user("r"),
      { role: "tool", tool_call_id: "9", content: "lost", cache_control: { type: "ephemeral" } },
    );
    expect(messages).toEqual([
      { role: "user", parts: [{ type: "text", text: "q" }] },
      { role: "assistant", parts: [callPart("1"), callPart("2")] },
      { role: "tool", results: [result("2", "b"), result("1", "")] },
      { role: "system", parts: [{ type: "text", text: "hurry" }] },
      { role: "developer", parts: [{ type: "text", text: "now" }] },
      { role: "user", parts: [{ type: "text", text: "r" }] },
      { role: "tool", results: [{ ...result("9", "lost"), cacheControl: { type: "ephemeral" } }] },
    ] as never);
  });

  test("legacy calls get ids, by which their results find them", () => {
    const { messages } = decodeMessages(
      user("q"),
      { role: "assistant", content: null, function_call: { name: "f", arguments: "" } },
      { role: "function", name: "f", content: "1" },
      { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
      { role: "function", name: "f", content: null },
      { role: "function", name: "lost", content: "2" },
    );
    expect(messages.slice(1)).toMatchObject([
      { parts: [{ type: "tool_call", id: "call_function_0", name: "f", arguments: "{}" }] },
      { results: [{ callId: "call_function_0", name: "f" }] },
      { parts: [{ id: "call_function_1" }] },
      {
        results: [
          { callId: "call_function_1", parts: [] },
          { callId: "call_function_2", name: "lost" },
        ],
      },
    ] as never);
  });

  test("an assistant's turn: thoughts, text, refusal, images, calls", () => {
    const { messages } = decodeMessages(user("q"), {
      role: "assistant",
      content: [
        { type: "text", text: "a" },
        { type: "refusal", refusal: "no" },
      ],
      refusal: "never",
      reasoning_content: "hm",
      images: [
        {
          type: "image_url",
          image_url: { url: `data:image/png;base64,${PNG}` },
          extra_content: { google: { thought_signature: "S" } },
        },
      ],
      audio: { id: "audio_1" },
      tool_calls: [{ ...call("1"), extra_content: { google: { thought_signature: "T==" } } }],
      annotations: [],
      cache_control: { type: "ephemeral" },
    });
    expect(messages[1]).toEqual({
      role: "assistant",
      parts: [
        { type: "reasoning", text: "hm", signature: null, redacted: false },
        { type: "text", text: "a" },
        { type: "refusal", text: "no" },
        { type: "refusal", text: "never" },
        { ...media("image", "image/png", data(PNG)), signature: { vendor: "gemini", value: "S" } },
        media("audio", null, { kind: "file_id", id: "audio_1" }),
        { ...callPart("1"), signature: { vendor: "gemini", value: "T==" }, cacheControl: { type: "ephemeral" } },
      ],
    } as never);
  });

  test("thoughts by their other name, and a cache mark on a text", () => {
    const { messages } = decodeMessages(
      { role: "assistant", content: "a", reasoning: "hm", cache_control: { type: "ephemeral" } },
      { role: "assistant", content: null, refusal: null, tool_calls: null },
    );
    expect(messages).toEqual([
      {
        role: "assistant",
        parts: [
          { type: "reasoning", text: "hm", signature: null, redacted: false },
          { type: "text", text: "a", cacheControl: { type: "ephemeral" } },
        ],
      },
      { role: "assistant", parts: [] },
    ]);
  });
});

describe("the first wrong field is named", () => {
  const wrong: readonly (readonly [path: string, body: object])[] = [
    ["model", { model: 7 }],
    ["messages", { messages: "x" }],
    ["messages", { messages: [] }],
    ["messages[0]", { messages: ["x"] }],
    ["messages[0].role", { messages: [{ role: "king", content: "x" }] }],
    ["messages[0].content", { messages: [user(null)] }],
    ["messages[0].content[1]", { messages: [user([{ type: "text", text: "a" }, 7])] }],
    ["messages[0].content[0].type", { messages: [user([{ type: "video_url" }])] }],
    ["messages[0].content[0].text", { messages: [user([{ type: "text" }])] }],
    ["messages[0].content[0].type", { messages: [{ role: "system", content: [{ type: "image_url" }] }] }],
    ["messages[0].content[0].image_url", { messages: [user([{ type: "image_url" }])] }],
    ["messages[0].content[0].image_url.url", { messages: [user([{ type: "image_url", image_url: { url: 7 } }])] }],
    ["messages[0].content[0].image_url.url", { messages: [user([{ type: "image_url", image_url: { url: " " } }])] }],
    [
      "messages[0].content[0].image_url.url",
      { messages: [user([{ type: "image_url", image_url: { url: "data:image/png;base64,a" } }])] },
    ],
    [
      "messages[0].content[0].image_url.url",
      { messages: [user([{ type: "image_url", image_url: { url: "data:image/png" } }])] },
    ],
    [
      "messages[0].content[0].image_url.url",
      { messages: [user([{ type: "image_url", image_url: { url: "data:text/plain,%" } }])] },
    ],
    [
      "messages[0].content[0].image_url.url",
      { messages: [user([{ type: "image_url", image_url: { url: "data:;base64,AAAA" } }])] },
    ],
    [
      "messages[0].content[0].input_audio.data",
      { messages: [user([{ type: "input_audio", input_audio: { data: "*", format: "wav" } }])] },
    ],
    [
      "messages[0].content[0].input_audio.format",
      { messages: [user([{ type: "input_audio", input_audio: { data: "AAAA" } }])] },
    ],
    ["messages[0].content[0].file.file_data", { messages: [user([{ type: "file", file: {} }])] }],
    ["messages[0].content[0].file.file_data", { messages: [user([{ type: "file", file: { file_data: "*" } }])] }],
    ["messages[0].content[0].cache_control", { messages: [user([{ type: "text", text: "a", cache_control: "yes" }])] }],
    ["messages[0].tool_calls[0].id", { messages: [{ role: "assistant", tool_calls: [{ function: { name: "f" } }] }] }],
    [
      "messages[0].tool_calls[0].function.name",
      { messages: [{ role: "assistant", tool_calls: [{ id: "1", function: {} }] }] },
    ],
    ["messages[0].content[0].type", { messages: [{ role: "assistant", content: [{ type: "image_url" }] }] }],
    ["messages[0].tool_call_id", { messages: [{ role: "tool", content: "x" }] }],
    ["messages[0].name", { messages: [{ role: "function", content: "x" }] }],
    ["stream", { stream: "yes" }],
    ["stream_options.include_usage", { stream_options: { include_usage: 1 } }],
    ["max_completion_tokens", { max_completion_tokens: 0 }],
    ["max_tokens", { max_tokens: 1.5 }],
    ["temperature", { temperature: "hot" }],
    ["n", { n: 0 }],
    ["stop", { stop: 7 }],
    ["stop[1]", { stop: ["a", 7] }],
    ["reasoning_effort", { reasoning_effort: "huge" }],
    ["verbosity", { verbosity: "huge" }],
    ["modalities[0]", { modalities: ["smell"] }],
    ["logit_bias.a", { logit_bias: { a: "b" } }],
    ["metadata.a", { metadata: { a: 1 } }],
    ["response_format.type", { response_format: { type: "xml" } }],
    ["response_format.json_schema", { response_format: { type: "json_schema" } }],
    ["tools[0].function", { tools: [{ type: "function" }] }],
    ["tools[0].function.name", { tools: [{ type: "function", function: {} }] }],
    ["functions[0].name", { functions: [{}] }],
    ["tool_choice", { tool_choice: "maybe" }],
    ["tool_choice.type", { tool_choice: { type: "maybe" } }],
    ["tool_choice.function.name", { tool_choice: { type: "function", function: {} } }],
    ["tool_choice.allowed_tools.mode", { tool_choice: { type: "allowed_tools", allowed_tools: {} } }],
    ["function_call", { function_call: "maybe" }],
  ];
  test.each(wrong)("%s", (path, body) => {
    expect(refusal(() => decode(body))).toMatchObject({ status: 400, param: path });
  });

  test("a body that is no object", () => {
    expect(refusal(() => chatClient.decodeRequest([], { model: null, stream: false }))).toMatchObject({ status: 400 });
  });

  const custom: readonly (readonly [path: string, body: object])[] = [
    ["tools[1]", { tools: [{ function: { name: "f" } }, { type: "custom", custom: { name: "c" } }] }],
    ["tool_choice", { tool_choice: { type: "custom", custom: { name: "c" } } }],
    [
      "tool_choice.allowed_tools.tools[0]",
      { tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [{ type: "custom" }] } } },
    ],
    [
      "messages[0].tool_calls[0]",
      { messages: [{ role: "assistant", tool_calls: [{ id: "1", type: "custom", custom: {} }] }] },
    ],
  ];
  test.each(custom)("custom tools cannot be carried: %s", (path, body) => {
    expect(refusal(() => decode(body))).toMatchObject({ status: 400, param: path, code: "unsupported_parameter" });
  });
});

test("neutral fields have chat's names", () => {
  expect(chatClient.fieldName("candidates")).toBe("n");
  expect(chatClient.fieldName("reasoning")).toBe("reasoning_effort");
});

function refusal(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

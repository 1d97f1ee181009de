import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../../src/errors.ts";
import { EMPTY_REQUEST } from "../../../src/llm/request.ts";
import { packSignature } from "../../../src/llm/signature.ts";
import { responsesClient } from "../../../src/protocols/openai-responses/codec.ts";
import { decode } from "./fixtures.ts";

const user = (text: string) => ({ role: "user", parts: [{ type: "text", text }] });
const caught = (body: unknown): GatewayError => {
  try {
    responsesClient.decodeRequest(body, { model: null, stream: false });
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("not refused");
};

describe("a request of a Responses client", () => {
  test("that says only what it must is empty beside it", () => {
    expect(decode({})).toEqual({ ...EMPTY_REQUEST, model: "m", messages: [user("x")] } as never);
  });

  test("keeps every field that has a neutral name", () => {
    const { messages: _, ...rest } = decode({
      stream: true,
      stream_options: { include_obfuscation: false },
      instructions: "be brief",
      parallel_tool_calls: false,
      max_output_tokens: 99,
      temperature: 0.5,
      top_p: 0.9,
      top_logprobs: 3,
      reasoning: { effort: "xhigh", summary: "auto", context: "all_turns" },
      text: {
        format: { type: "json_schema", name: "n", description: "d", schema: { type: "object" }, strict: true },
        verbosity: "low",
      },
      include: ["reasoning.encrypted_content", "message.output_text.logprobs", "file_search_call.results"],
      store: false,
      truncation: "disabled",
      background: false,
      metadata: { a: "b" },
      user: "old",
      safety_identifier: "new",
      service_tier: "flex",
      prompt_cache_key: "k",
      prompt_cache_retention: "24h",
      previous_response_id: "resp_1",
      client_metadata: { session: "s" },
      max_tool_calls: null,
    });
    const { messages: __, ...empty } = EMPTY_REQUEST;
    expect(rest).toEqual({
      ...empty,
      model: "m",
      stream: true,
      system: [{ type: "text", text: "be brief" }],
      parallelToolCalls: false,
      maxOutputTokens: 99,
      temperature: 0.5,
      topP: 0.9,
      logprobs: true,
      topLogprobs: 3,
      reasoning: { effort: "xhigh", budgetTokens: null, visible: true },
      responseFormat: { type: "json_schema", name: "n", description: "d", schema: { type: "object" }, strict: true },
      verbosity: "low",
      metadata: { a: "b" },
      user: "new",
      serviceTier: "flex",
      promptCacheKey: "k",
      extra: {
        prompt_cache_retention: "24h",
        previous_response_id: "resp_1",
        client_metadata: { session: "s" },
        "reasoning.context": "all_turns",
        include: ["file_search_call.results"],
      },
    });
  });

  test("reports a wish to be stored, or to be cut, that nobody fulfils", () => {
    expect(decode({ store: true, truncation: "auto", text: { future: 1 } }).extra).toEqual({
      store: true,
      truncation: "auto",
      "text.future": 1,
    });
  });

  test.each([
    [{ reasoning: {} }, null],
    [{ reasoning: { effort: null } }, null],
    [{ reasoning: { effort: "none" } }, { effort: "none", budgetTokens: null, visible: null }],
    [{ reasoning: { summary: "none" } }, { effort: null, budgetTokens: null, visible: false }],
    [{ reasoning: { generate_summary: "concise" } }, { effort: null, budgetTokens: null, visible: true }],
  ])("%j asks for the reasoning %j", (body, reasoning) => {
    expect(decode(body).reasoning).toEqual(reasoning as never);
  });

  test.each([
    [{ text: { format: { type: "text" } } }, { type: "text" }],
    [{ text: { format: { type: "json_object" } } }, { type: "json_object" }],
    [
      { text: { format: { type: "json_schema", schema: {} } } },
      { type: "json_schema", name: null, description: null, schema: {}, strict: null },
    ],
    [{ text: null }, null],
  ])("%j asks for the format %j", (body, format) => {
    expect(decode(body).responseFormat).toEqual(format as never);
  });
});

describe("input items", () => {
  test("at the beginning are the system's, within the conversation they are messages", () => {
    const { system, messages } = decode({
      instructions: "1",
      input: [
        { role: "developer", content: "2" },
        { type: "message", role: "system", content: [{ type: "input_text", text: "3" }] },
        { role: "user", content: "hi" },
        { role: "developer", content: "4" },
      ],
    });
    expect(system.map((part) => part.text)).toEqual(["1", "2", "3"]);
    expect(messages).toEqual([user("hi"), { role: "developer", parts: [{ type: "text", text: "4" }] }] as never);
  });

  test("of one turn are one message: thoughts, text and calls, then their results", () => {
    const { messages } = decode({
      input: [
        { role: "user", content: "hi" },
        {
          type: "reasoning",
          id: "rs_1",
          summary: [
            { type: "summary_text", text: "a" },
            { type: "summary_text", text: "b" },
          ],
          encrypted_content: "gAAA",
        },
        {
          type: "message",
          role: "assistant",
          content: [
            { type: "output_text", text: "t", annotations: [] },
            { type: "refusal", refusal: "no" },
          ],
        },
        { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1}' },
        { type: "function_call", call_id: "c2", name: "g", arguments: "" },
        { type: "function_call_output", call_id: "c1", output: "18" },
        {
          type: "function_call_output",
          call_id: "c2",
          output: [
            { type: "input_text", text: "see" },
            { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "low" },
          ],
        },
        { role: "assistant", content: "done" },
      ],
    });
    expect(messages.slice(1)).toEqual([
      {
        role: "assistant",
        parts: [
          {
            type: "reasoning",
            text: "a\n\nb",
            signature: { vendor: "openai", value: "gAAA", id: "rs_1" },
            redacted: false,
          },
          { type: "text", text: "t" },
          { type: "refusal", text: "no" },
          { type: "tool_call", id: "c1", name: "f", arguments: '{"a":1}', signature: null },
          { type: "tool_call", id: "c2", name: "g", arguments: "{}", signature: null },
        ],
      },
      {
        role: "tool",
        results: [
          { callId: "c1", name: null, parts: [{ type: "text", text: "18" }], isError: false },
          {
            callId: "c2",
            name: null,
            parts: [
              { type: "text", text: "see" },
              {
                type: "image",
                mediaType: "image/png",
                source: { kind: "data", base64: "AAAA" },
                name: null,
                detail: "low",
              },
            ],
            isError: false,
          },
        ],
      },
      { role: "assistant", parts: [{ type: "text", text: "done" }] },
    ]);
  });

  const media = (change: object) => ({ mediaType: null, name: null, detail: null, ...change });
  test.each([
    [
      { type: "text", text: "t" },
      { type: "text", text: "t" },
    ],
    [
      { type: "input_image", image_url: "https://x/y.png", detail: "high" },
      media({ type: "image", source: { kind: "url", url: "https://x/y.png" }, detail: "high" }),
    ],
    [{ type: "input_image", file_id: "file-1" }, media({ type: "image", source: { kind: "file_id", id: "file-1" } })],
    [
      { type: "input_file", file_url: "https://x/y.pdf" },
      media({ type: "file", source: { kind: "url", url: "https://x/y.pdf" } }),
    ],
    [{ type: "input_file", file_id: "file-1" }, media({ type: "file", source: { kind: "file_id", id: "file-1" } })],
    [
      { type: "input_file", filename: "a.PDF", file_data: "AAAA" },
      media({ type: "file", mediaType: "application/pdf", source: { kind: "data", base64: "AAAA" }, name: "a.PDF" }),
    ],
    [
      { type: "input_file", file_data: "JVBERi0xLjQ=" },
      media({ type: "file", mediaType: "application/pdf", source: { kind: "data", base64: "JVBERi0xLjQ=" } }),
    ],
    [{ type: "input_file", file_data: "AAAA" }, media({ type: "file", source: { kind: "data", base64: "AAAA" } })],
    [
      { type: "input_file", file_data: "DATA:text/plain;charset=utf-8,a%20b" },
      media({ type: "file", mediaType: "text/plain", source: { kind: "data", base64: "YSBi" } }),
    ],
    [
      { type: "input_image", image_url: "data:;base64,AAAA" },
      media({ type: "image", source: { kind: "data", base64: "AAAA" } }),
    ],
    [
      { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
      media({ type: "audio", mediaType: "audio/mpeg", source: { kind: "data", base64: "AAAA" } }),
    ],
    [
      { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
      media({ type: "audio", mediaType: "audio/wav", source: { kind: "data", base64: "AAAA" } }),
    ],
    [
      { type: "input_text", text: "t", prompt_cache_breakpoint: { mode: "explicit" } },
      { type: "text", text: "t", cacheControl: { type: "ephemeral" } },
    ],
    [
      { type: "input_text", text: "t", prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } },
      { type: "text", text: "t", cacheControl: { type: "ephemeral", ttl: "1h" } },
    ],
    [
      { type: "input_text", text: "t", cache_control: { type: "ephemeral", ttl: "5m" } },
      { type: "text", text: "t", cacheControl: { type: "ephemeral", ttl: "5m" } },
    ],
    [
      { type: "input_text", text: "t", cache_control: { type: "ephemeral" } },
      { type: "text", text: "t", cacheControl: { type: "ephemeral" } },
    ],
  ])("%j is read", (part, expected) => {
    expect(decode({ input: [{ role: "user", content: [part] }] }).messages).toEqual([
      { role: "user", parts: [expected] },
    ] as never);
  });

  test("with pictures of the model are its own, empty ones are none", () => {
    const { messages } = decode({
      input: [
        { type: "image_generation_call", id: "ig_1", result: "AAAA", output_format: "webp", status: "completed" },
        { type: "image_generation_call", id: "ig_2", result: null, status: "failed" },
        { type: "image_generation_call", id: "ig_3", result: "BBBB", output_format: "svg", status: "completed" },
      ],
    });
    expect(messages).toMatchObject([
      { role: "assistant", parts: [{ mediaType: "image/webp" }, { mediaType: "image/svg+xml" }] },
    ]);
  });

  test("of tools that OpenAI ran itself are left out and reported", () => {
    const search = { type: "web_search_call", id: "ws_1", status: "completed" };
    const request = decode({ input: [{ role: "user", content: "x" }, search, { role: "assistant", content: "y" }] });
    expect(request.messages).toHaveLength(2);
    expect(request.extra).toEqual({ "input[1]": search });
  });
});

describe("reasoning items", () => {
  const read = (...items: object[]) => {
    const [message] = decode({ input: items }).messages;
    return message?.role === "assistant" ? message.parts : [];
  };
  const item = (encrypted_content: string | null, text = "") => ({
    type: "reasoning",
    id: "rs_9",
    summary: text === "" ? [] : [{ type: "summary_text", text }],
    encrypted_content,
  });
  const anthropic = packSignature({ vendor: "anthropic", value: "SIG" });

  test("carry OpenAI's own signature, or another's packed", () => {
    expect(
      read(item("gAAA"), item(anthropic, "p"), item(packSignature({ vendor: "openai", value: "g", id: "rs_1" }))),
    ).toEqual([
      { type: "reasoning", text: "", signature: { vendor: "openai", value: "gAAA", id: "rs_9" }, redacted: false },
      { type: "reasoning", text: "p", signature: { vendor: "anthropic", value: "SIG" }, redacted: false },
      { type: "reasoning", text: "", signature: { vendor: "openai", value: "g", id: "rs_1" }, redacted: false },
    ]);
    expect(read({ ...item("gAAA"), id: undefined })).toMatchObject([
      { signature: { vendor: "openai", value: "gAAA" } },
    ]);
  });

  test("whose signature is broken keep their text alone, and without text are nothing", () => {
    expect(read(item("sluice.sig.1.broken", "p"), item("sluice.sig.1.broken"), item(null), item(null, "q"))).toEqual([
      { type: "reasoning", text: "p", signature: null, redacted: false },
      { type: "reasoning", text: "q", signature: null, redacted: false },
    ]);
  });

  test("show full thoughts before a summary", () => {
    const content = [{ type: "reasoning_text", text: "full" }];
    expect(read({ ...item(null, "short"), content })).toMatchObject([{ text: "full" }]);
  });

  test("give a call its signature back, wherever they stand", () => {
    const carried = (id: string) => item(packSignature({ vendor: "gemini", value: `SG-${id}` }, `call:${id}`));
    const call = (id: string) => ({ type: "function_call", call_id: id, name: "f", arguments: "{}" });
    expect(read(carried("a"), call("a"), call("b"), carried("b"), call("c"), carried("gone"))).toMatchObject([
      { id: "a", signature: { vendor: "gemini", value: "SG-a" } },
      { id: "b", signature: { vendor: "gemini", value: "SG-b" } },
      { id: "c", signature: null },
    ]);
    expect(decode({ input: [carried("gone")] }).messages).toEqual([]);
  });

  test("give a text its signature back, or stand for a text without characters", () => {
    const previous = item(packSignature({ vendor: "gemini", value: "ST" }, "previous"));
    const empty = item(packSignature({ vendor: "gemini", value: "SE" }, "empty_text"));
    const signature = { vendor: "gemini", value: "ST" } as const;
    expect(read({ role: "assistant", content: "t" }, previous, empty, { role: "assistant", content: "u" })).toEqual([
      { type: "text", text: "t", signature },
      { type: "text", text: "", signature: { vendor: "gemini", value: "SE" } },
      { type: "text", text: "u" },
    ]);
    expect(read(previous)).toEqual([{ type: "text", text: "", signature }]);
  });

  test("tell withheld thoughts from empty ones", () => {
    expect(read(item(packSignature({ vendor: "anthropic", value: "R" }, "redacted")))).toEqual([
      { type: "reasoning", text: "", signature: { vendor: "anthropic", value: "R" }, redacted: true },
    ]);
  });
});

describe("tools", () => {
  const fn = (name: string, change: object = {}) => ({ type: "function", name, ...change });

  test("are functions, with or without schema", () => {
    const { tools } = decode({ tools: [fn("a", { description: "d", parameters: {}, strict: true }), fn("b")] });
    expect(tools).toEqual([
      { name: "a", description: "d", parameters: {}, strict: true },
      { name: "b", description: null, parameters: null, strict: null },
    ]);
  });

  test("of namespaces stand flat, under their own names where these are free", () => {
    const request = decode({
      tools: [
        {
          type: "namespace",
          name: "crm",
          description: "about crm",
          tools: [fn("find"), fn("get", { description: "own" })],
        },
        {
          type: "namespace",
          name: "erp",
          description: "about erp",
          tools: [fn("find"), { type: "custom", name: "run" }],
        },
        fn("get"),
        fn("get"), // declared twice: the same tool
      ],
      input: [
        { type: "function_call", call_id: "1", name: "find", namespace: "erp", arguments: "{}" },
        { type: "function_call", call_id: "2", name: "get", namespace: "crm", arguments: "{}" },
        { type: "function_call", call_id: "3", name: "get", arguments: "{}" },
        { type: "function_call", call_id: "4", name: "run", arguments: "{}" },
        { type: "function_call", call_id: "5", name: "old", namespace: "gone", arguments: "{}" },
        { type: "function_call_output", call_id: "1", name: "find", namespace: "erp", output: "" },
      ],
    });
    expect(request.tools.map(({ name, description }) => [name, description])).toEqual([
      ["find", "about crm"],
      ["crm__get", "own"],
      ["erp__find", "about erp"],
      ["run", "about erp"],
      ["get", null],
    ]);
    expect(request.messages).toMatchObject([
      { parts: ["erp__find", "crm__get", "get", "run", "old"].map((name) => ({ name })) },
      { results: [{ name: "erp__find", parts: [] }] },
    ]);
  });

  test("never share a name", () => {
    const inside = { type: "namespace", name: "a", tools: [fn("b")] };
    const { tools } = decode({ tools: [fn("b"), fn("a__b"), inside] });
    expect(tools.map((tool) => tool.name)).toEqual(["b", "a__b", "a__b_2"]);
  });

  test("with free text are functions of one string that are told their grammar", () => {
    const format = { type: "grammar", syntax: "lark", definition: "start: /x/" };
    const request = decode({
      tools: [
        { type: "custom", name: "apply_patch", description: "Patches.", format },
        { type: "custom", name: "bare", format: { type: "text" } },
        { type: "custom", name: "ruled", format },
      ],
      input: [
        { type: "custom_tool_call", call_id: "1", name: "apply_patch", input: 'a"b' },
        { type: "custom_tool_call_output", call_id: "1", output: "ok" },
      ],
    });
    const rule = "The input must follow this lark grammar:\nstart: /x/";
    expect(request.tools.map((tool) => tool.description)).toEqual([`Patches.\n\n${rule}`, null, rule]);
    expect(request.tools[0]?.parameters).toMatchObject({ required: ["input"], additionalProperties: false });
    expect(request.messages).toMatchObject([
      { parts: [{ type: "tool_call", arguments: '{"input":"a\\"b"}' }] },
      { role: "tool", results: [{ callId: "1", parts: [{ text: "ok" }] }] },
    ]);
  });

  test("that a vendor runs keep their own object and place", () => {
    const types = ["web_search", "web_search_preview_2025_03_11", "code_interpreter", "mcp", "local_shell", "computer"];
    const { hostedTools } = decode({ tools: [fn("f"), ...types.map((type) => ({ type, x: 1 }))] });
    expect(hostedTools.map((tool) => tool.kind)).toEqual([
      "web_search",
      "web_search",
      "code_execution",
      null,
      null,
      null,
    ]);
    expect(hostedTools[2]).toEqual({
      kind: "code_execution",
      type: "code_interpreter",
      raw: { type: "code_interpreter", x: 1 },
      path: "tools[3]",
    });
  });

  test("may come within the input", () => {
    const more = { type: "additional_tools", role: "developer", tools: [fn("late"), { type: "mcp" }] };
    const request = decode({ tools: [fn("f")], input: [{ role: "user", content: "x" }, more] });
    expect(request.tools.map((tool) => tool.name)).toEqual(["f", "late"]);
    expect(request.hostedTools).toMatchObject([{ path: "input[1].tools[1]" }]);
    expect(request.messages).toHaveLength(1);
  });

  test("report settings that only OpenAI has", () => {
    const settings = { defer_loading: true, async: false, output_schema: null, allowed_callers: ["direct"] };
    const { extra } = decode({ tools: [fn("a", settings)] });
    expect(extra).toEqual({ "tools[0].defer_loading": true, "tools[0].allowed_callers": ["direct"] });
  });

  const tools = [
    fn("a"),
    { type: "namespace", name: "n", tools: [fn("a"), fn("b")] },
    { type: "web_search" },
    { type: "custom", name: "c" },
  ];
  test.each([
    ["auto", { type: "auto" }, 1],
    ["none", { type: "none" }, 1],
    ["required", { type: "required" }, 1],
    [null, null, 1],
    [{ type: "function", name: "a" }, { type: "tool", name: "a" }, 1],
    [{ type: "function", name: "a", namespace: "n" }, { type: "tool", name: "n__a" }, 1],
    [{ type: "custom", name: "c" }, { type: "tool", name: "c" }, 1],
    [
      { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "a" }] },
      { type: "allowed", names: ["a"], required: true },
      0,
    ],
    [
      {
        type: "allowed_tools",
        tools: [{ type: "namespace", name: "n" }, { type: "custom", name: "c" }, { type: "web_search" }],
      },
      { type: "allowed", names: ["n__a", "b", "c"], required: false },
      1,
    ],
  ])("are chosen by %j", (tool_choice, choice, hosted) => {
    const request = decode({ tools, tool_choice });
    expect(request.toolChoice).toEqual(choice as never);
    expect(request.hostedTools).toHaveLength(hosted);
  });

  test("that a vendor runs can be demanded only where there is no other", () => {
    const tool_choice = { type: "web_search" };
    expect(decode({ tools: [{ type: "web_search" }], tool_choice }).toolChoice).toEqual({ type: "required" });
    expect(caught({ model: "m", input: "x", tools, tool_choice })).toMatchObject({ param: "tool_choice" });
  });
});

describe("a wrong request is refused by the path of its first wrong field:", () => {
  const wrong: [string, object | string][] = [
    ["body", "text"],
    ["model", { model: 7 }],
    ["input", { input: 7 }],
    ["input", { input: undefined }],
    ["input[0]", { input: ["x"] }],
    ["input[0].role", { input: [{ role: "tool", content: "x" }] }],
    ["input[0].content", { input: [{ role: "user" }] }],
    ["input[0].content[0]", { input: [{ role: "user", content: [7] }] }],
    ["input[0].content[0].type", { input: [{ role: "user", content: [{ type: "image_url" }] }] }],
    ["input[0].content[0].type", { input: [{ role: "user", content: [{ type: "refusal", refusal: "x" }] }] }],
    ["input[0].content[0].text", { input: [{ role: "user", content: [{ type: "input_text" }] }] }],
    ["input[0].content[0].image_url", { input: [{ role: "user", content: [{ type: "input_image", image_url: {} }] }] }],
    [
      "input[0].content[0].image_url",
      { input: [{ role: "user", content: [{ type: "input_image", image_url: "data:image/png;base64,%" }] }] },
    ],
    ["input[0].content[0].file_data", { input: [{ role: "user", content: [{ type: "input_file" }] }] }],
    ["input[0].content[0].input_audio", { input: [{ role: "user", content: [{ type: "input_audio" }] }] }],
    [
      "input[0].content[0].type",
      { input: [{ role: "system", content: [{ type: "input_image", image_url: "https://x" }] }] },
    ],
    ["input[0].content[0].refusal", { input: [{ role: "assistant", content: [{ type: "refusal" }] }] }],
    ["input[0].summary[0].text", { input: [{ type: "reasoning", summary: [{}] }] }],
    ["input[0].encrypted_content", { input: [{ type: "reasoning", encrypted_content: 7 }] }],
    ["input[0].arguments", { input: [{ type: "function_call", call_id: "c", name: "f", arguments: {} }] }],
    ["input[0].call_id", { input: [{ type: "function_call", name: "f", arguments: "{}" }] }],
    ["input[0].name", { input: [{ type: "function_call", call_id: "c", arguments: "{}" }] }],
    ["input[0].input", { input: [{ type: "custom_tool_call", call_id: "c", name: "f" }] }],
    ["input[0].output", { input: [{ type: "function_call_output", call_id: "c" }] }],
    ["input[0].tools", { input: [{ type: "additional_tools" }] }],
    ["tools[0].type", { tools: [{}] }],
    ["tools[0].name", { tools: [{ type: "function" }] }],
    ["tools[0].parameters", { tools: [{ type: "function", name: "f", parameters: "x" }] }],
    ["tools[0].tools[0].name", { tools: [{ type: "namespace", name: "n", tools: [{ type: "function" }] }] }],
    [
      "tools[0].format.definition",
      { tools: [{ type: "custom", name: "c", format: { type: "grammar", syntax: "lark" } }] },
    ],
    ["tool_choice", { tool_choice: "sometimes" }],
    ["tool_choice.name", { tool_choice: { type: "function" } }],
    ["tool_choice.mode", { tool_choice: { type: "allowed_tools", mode: "never", tools: [] } }],
    ["tool_choice.tools[0].name", { tool_choice: { type: "allowed_tools", tools: [{ type: "function" }] } }],
    ["max_output_tokens", { max_output_tokens: 0.5 }],
    ["reasoning.effort", { reasoning: { effort: "huge" } }],
    ["text.format.type", { text: { format: { type: "xml" } } }],
    ["text.format.schema", { text: { format: { type: "json_schema", name: "x" } } }],
    ["text.verbosity", { text: { verbosity: "mute" } }],
    ["include[0]", { include: [7] }],
    ["metadata.a", { metadata: { a: 7 } }],
    ["background", { background: "yes" }],
  ];
  test.each(wrong)("%s", (param, body) => {
    const error = caught(typeof body === "string" ? body : { model: "m", input: "x", ...body });
    expect(error).toMatchObject({ status: 400, errorClass: "invalid_request", param });
  });

  const stored: [string, object][] = [
    ["input[0]", { input: [{ type: "item_reference", id: "msg_1" }] }],
    ["input[0]", { input: [{ id: "msg_1" }] }],
    ["input[0]", { input: [{ type: "computer_call", call_id: "c" }] }],
    ["input[0]", { input: [{ type: "compaction", encrypted_content: "x" }] }],
    ["input[0]", { input: [{ type: 7 }] }],
  ];
  test.each(stored)("%s, for what only OpenAI has stored or can run (%j)", (param, body) => {
    const error = caught({ model: "m", input: "x", ...body });
    expect(error).toMatchObject({ status: 400, code: "unsupported_parameter", param });
  });
});

test("what OpenAI has stored is left to the gateway, and to the upstream to refuse", () => {
  const stored = { conversation: "conv_1", prompt: { id: "p" }, background: true, previous_response_id: "resp_1" };
  expect(decode(stored).extra).toEqual(stored);
});

test("fields are called as this format calls them", () => {
  expect(responsesClient.fieldName("maxOutputTokens")).toBe("max_output_tokens");
  expect(responsesClient.fieldName("logprobs")).toBe("include");
  expect(responsesClient.fieldName("responseFormat")).toBe("text.format");
});

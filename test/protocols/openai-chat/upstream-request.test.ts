import { describe, expect, test } from "bun:test";
import type { ChatCompletionCreateParams } from "openai/resources/chat/completions";
import { GatewayError } from "../../../src/errors.ts";
import type { HostedTool, LlmRequest, MediaPart, Message, OutputPart, Tool } from "../../../src/llm/request.ts";
import type { Quirk } from "../../../src/protocols/codec.ts";
import { chatUpstream } from "../../../src/protocols/openai-chat/codec.ts";
import { decode, encode, request, target } from "./contexts.ts";

const compatible = (...quirks: readonly Quirk[]) => target("openai-compatible", { quirks });
const body = (change: Partial<LlmRequest>, to = target()) =>
  encode(change, to).body as unknown as ChatCompletionCreateParams;
const text = (value: string) => ({ type: "text", text: value }) as const;
const media = (
  type: MediaPart["type"],
  mediaType: string | null,
  source: MediaPart["source"],
  more: Partial<MediaPart> = {},
): MediaPart => ({ type, mediaType, source, name: null, detail: null, ...more });
const data = (base64: string) => ({ kind: "data", base64 }) as const;
const tool = (name: string, more: Partial<Tool> = {}): Tool => ({
  name,
  description: null,
  parameters: null,
  strict: null,
  ...more,
});
const call = (id: string, more: object = {}): OutputPart => ({
  type: "tool_call",
  id,
  name: "f",
  arguments: "{}",
  signature: null,
  ...more,
});
const assistant = (...parts: OutputPart[]): Message => ({ role: "assistant", parts });
const results = (...list: object[]): Message => ({
  role: "tool",
  results: list.map((each) => ({ callId: "1", name: null, parts: [], isError: false, ...each })),
});
const PNG_PART = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
const png = media("image", "image/png", data("AAAA"));

describe("messages", () => {
  const cases: readonly (readonly [
    what: string,
    change: Partial<LlmRequest>,
    to: ReturnType<typeof target>,
    expected: readonly object[],
  ])[] = [
    ["developer at OpenAI", { system: [text("a")], messages: [] }, target(), [{ role: "developer", content: "a" }]],
    [
      "system where developer is not known",
      { system: [text("a")], messages: [] },
      target("openai", { quirks: ["no_developer_role"] }),
      [{ role: "system", content: "a" }],
    ],
    [
      "system at Azure, parts kept",
      { system: [text("a"), text("b")], messages: [] },
      target("azure-openai"),
      [{ role: "system", content: [text("a"), text("b")] }],
    ],
    [
      "system joined for compatible servers",
      { system: [text("a"), text("b")], messages: [] },
      compatible(),
      [{ role: "system", content: "a\n\nb" }],
    ],
    [
      "instructions in place (I25)",
      {
        messages: [
          { role: "user", parts: [text("a")] },
          { role: "system", parts: [text("brief")] },
          { role: "user", parts: [text("c")], name: "eva" },
        ],
      },
      target(),
      [
        { role: "user", content: "a" },
        { role: "developer", content: "brief" },
        { role: "user", content: "c", name: "eva" },
      ],
    ],
    [
      "a name that OpenAI would refuse",
      { messages: [{ role: "user", parts: [text("a"), text("b")], name: "é a" }] },
      target(),
      [{ role: "user", content: [text("a"), text("b")] }],
    ],
    [
      "media of a user",
      {
        messages: [
          {
            role: "user",
            parts: [
              text("see"),
              media("image", null, { kind: "url", url: "https://x" }, { detail: "low" }),
              media("image", null, data("AAAA")),
              media("audio", "audio/mpeg", data("BBBB")),
              media("file", "application/pdf", data("CCCC")),
              media("file", null, data("DDDD")),
              media("file", "application/pdf", data("EEEE"), { name: "a.pdf" }),
              media("file", "text/plain", { kind: "text", text: "t" }, { name: "a.txt" }),
              media("file", "text/plain", { kind: "text", text: "u" }),
            ],
          },
        ],
      },
      target(),
      [
        {
          role: "user",
          content: [
            text("see"),
            { type: "image_url", image_url: { url: "https://x", detail: "low" } },
            PNG_PART,
            { type: "input_audio", input_audio: { data: "BBBB", format: "mp3" } },
            { type: "file", file: { filename: "document.pdf", file_data: "data:application/pdf;base64,CCCC" } },
            { type: "file", file: { filename: "document", file_data: "data:application/octet-stream;base64,DDDD" } },
            { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,EEEE" } },
            text("a.txt\n\nt"),
            text("u"),
          ],
        },
      ],
    ],
    [
      "text beside a call stays",
      { messages: [assistant(text("ok"), text(""), call("1", { arguments: "" }))] },
      target(),
      [
        {
          role: "assistant",
          content: "ok",
          tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }],
        },
      ],
    ],
    [
      "calls alone",
      { messages: [assistant(call("1"))] },
      target(),
      [{ role: "assistant", content: null, tool_calls: [expect.anything()] }],
    ],
    [
      "nothing to say",
      { messages: [assistant({ type: "reasoning", text: "hm", signature: null, redacted: false })] },
      target(),
      [{ role: "assistant", content: "" }],
    ],
    [
      "a refusal",
      { messages: [assistant({ type: "refusal", text: "no" })] },
      target(),
      [{ role: "assistant", content: null, refusal: "no" }],
    ],
    [
      "a refusal to a compatible server",
      { messages: [assistant({ type: "refusal", text: "no" })] },
      compatible(),
      [{ role: "assistant", content: "no" }],
    ],
    [
      "results: errors are visible, images move behind all results (I04)",
      {
        messages: [
          assistant(call("1"), call("2"), call("3")),
          results(
            { callId: "1", parts: [text("see"), png] },
            { callId: "2", parts: [text("bad")], isError: true },
            { callId: "3", parts: [png, media("file", "text/plain", { kind: "text", text: "doc" })] },
          ),
          { role: "user", parts: [text("so?")] },
        ],
      },
      target(),
      [
        expect.anything(),
        { role: "tool", tool_call_id: "1", content: "see" },
        { role: "tool", tool_call_id: "2", content: "Error: bad" },
        { role: "tool", tool_call_id: "3", content: "doc" },
        {
          role: "user",
          content: [
            text("From the result of tool call 1:"),
            PNG_PART,
            text("From the result of tool call 3:"),
            PNG_PART,
            text("so?"),
          ],
        },
      ] as object[],
    ],
    [
      "results without text",
      { messages: [results({ parts: [png] }, { isError: true }, { parts: [text("")] })] },
      target(),
      [
        { role: "tool", tool_call_id: "1", content: "The result follows in the next user message." },
        { role: "tool", tool_call_id: "1", content: "Error: the tool failed without a message." },
        { role: "tool", tool_call_id: "1", content: "" },
        { role: "user", content: [text("From the result of tool call 1:"), PNG_PART] },
      ],
    ],
    [
      "an image the assistant made",
      {
        messages: [
          assistant(text("here"), png),
          { role: "system", parts: [text("s")] },
          { role: "user", parts: [text("more")] },
        ],
      },
      compatible(),
      [
        { role: "assistant", content: "here" },
        { role: "user", content: [text("From the assistant's answer above:"), PNG_PART] },
        { role: "system", content: "s" },
        { role: "user", content: "more" },
      ],
    ],
  ];
  test.each(cases)("%s", (_what, change, to, expected) => {
    expect(body(change, to).messages as unknown[]).toEqual(expected as unknown[]);
  });

  const thought: OutputPart = {
    type: "reasoning",
    text: "hm",
    signature: { vendor: "anthropic", value: "S" },
    redacted: false,
  };
  const turn = {
    messages: [
      assistant(thought, text("a"), call("1", { signature: { vendor: "gemini", value: "G" } })),
      assistant(thought, text("b")),
    ],
  };
  const echoes: readonly (readonly [what: string, to: ReturnType<typeof target>, expected: object])[] = [
    ["not to OpenAI", target(), { reasoning: undefined, reasoning_content: undefined, google: undefined }],
    ["not unasked", compatible(), { reasoning: undefined, reasoning_content: undefined, google: "G" }],
    [
      "to those that want it",
      compatible("echo_reasoning"),
      { reasoning: undefined, reasoning_content: "hm", google: "G" },
    ],
    [
      "under their name",
      compatible("echo_reasoning", "reasoning_field"),
      { reasoning: "hm", reasoning_content: undefined, google: "G" },
    ],
  ];
  interface Echo {
    readonly reasoning?: string;
    readonly reasoning_content?: string;
    readonly tool_calls: readonly [
      { readonly extra_content?: { readonly google: { readonly thought_signature: string } } },
    ];
  }
  test.each(echoes)("thoughts of a tool turn go back: %s", (_what, to, expected) => {
    const [first, second] = body(turn, to).messages as unknown as [Echo, object];
    const google = first.tool_calls[0].extra_content?.google.thought_signature;
    expect({ reasoning: first.reasoning, reasoning_content: first.reasoning_content, google }).toEqual(
      expected as never,
    );
    expect(Object.keys(second)).toEqual(["role", "content"]);
    expect(JSON.stringify(first)).not.toContain('"S"');
  });
});

describe("fields", () => {
  const schema = {
    type: "json_schema",
    name: "my answer",
    description: null,
    schema: { type: "object" },
    strict: null,
  } as const;
  const cases: readonly (readonly [
    what: string,
    change: Partial<LlmRequest>,
    to: ReturnType<typeof target>,
    expected: object,
    dropped: readonly string[],
  ])[] = [
    ["nothing", {}, target(), { model: "gpt-up", stream: undefined, tools: undefined }, []],
    ["a stream", { stream: true }, target(), { stream: true, stream_options: { include_usage: true } }, []],
    [
      "a stream without options",
      { stream: true },
      compatible("no_stream_options"),
      { stream: true, stream_options: undefined },
      [],
    ],
    [
      "length at OpenAI, as much as it gives",
      { maxOutputTokens: 64_000 },
      target(),
      { max_completion_tokens: 10_000, max_tokens: undefined },
      [],
    ],
    [
      "length at Azure by its old name",
      { maxOutputTokens: 64 },
      target("azure-openai", { quirks: ["max_tokens_only"] }),
      { max_tokens: 64 },
      [],
    ],
    [
      "length at others",
      { maxOutputTokens: 64_000 },
      compatible(),
      { max_tokens: 64_000, max_completion_tokens: undefined },
      [],
    ],
    [
      "sampling",
      { temperature: 0, topP: 1, topK: 4, seed: 5, frequencyPenalty: 1, presencePenalty: 2, logitBias: { a: 1 } },
      target(),
      {
        temperature: 0,
        top_p: 1,
        seed: 5,
        frequency_penalty: 1,
        presence_penalty: 2,
        logit_bias: { a: 1 },
        top_k: undefined,
      },
      ["client.topK"],
    ],
    [
      "sampling of a model that takes none",
      { temperature: 0, topP: 1, seed: 5, logitBias: {} },
      target("openai", { sampling: false }),
      { temperature: undefined, top_p: undefined, seed: 5 },
      ["client.temperature", "client.topP", "client.logitBias"],
    ],
    [
      "sampling while reasoning",
      { temperature: 0, reasoning: { effort: "low", budgetTokens: null, visible: null } },
      target(),
      { temperature: undefined, reasoning_effort: "low" },
      ["client.temperature"],
    ],
    [
      "sampling while not reasoning",
      { temperature: 0, reasoning: { effort: "none", budgetTokens: null, visible: null } },
      target(),
      { temperature: 0, reasoning_effort: "none" },
      [],
    ],
    [
      "sampling while a compatible server reasons",
      { temperature: 0, reasoning: { effort: "low", budgetTokens: null, visible: null } },
      compatible(),
      { temperature: 0, reasoning_effort: "low" },
      [],
    ],
    ["stop", { stop: ["a", "", "b"] }, target(), { stop: ["a", "b"] }, []],
    [
      "five stops for a compatible server",
      { stop: ["a", "b", "c", "d", "e"] },
      compatible(),
      { stop: ["a", "b", "c", "d", "e"] },
      [],
    ],
    ["text format", { responseFormat: { type: "text" } }, target(), { response_format: undefined }, []],
    [
      "a schema gets the name it must have",
      { responseFormat: schema },
      target(),
      { response_format: { type: "json_schema", json_schema: { name: "my_answer", schema: { type: "object" } } } },
      [],
    ],
    [
      "a schema without a name",
      { responseFormat: { ...schema, name: null, description: "d", strict: true } },
      target(),
      {
        response_format: {
          type: "json_schema",
          json_schema: { name: "answer", description: "d", schema: { type: "object" }, strict: true },
        },
      },
      [],
    ],
    [
      "a schema where there are none",
      { responseFormat: schema },
      compatible("no_json_schema"),
      {
        response_format: { type: "json_object" },
        messages: [{ role: "system", content: expect.stringContaining('{"type":"object"}') }, expect.anything()],
      },
      ["client.responseFormat"],
    ],
    [
      "a schema the model does not take",
      { responseFormat: schema },
      target("openai", { structuredOutput: false }),
      { response_format: { type: "json_object" } },
      ["client.responseFormat"],
    ],
    [
      "JSON must be spoken of",
      { responseFormat: { type: "json_object" }, system: [text("a")] },
      compatible(),
      {
        response_format: { type: "json_object" },
        messages: [{ role: "system", content: "a\n\nAnswer with a JSON object." }, expect.anything()],
      },
      [],
    ],
    [
      "JSON spoken of by the client",
      { responseFormat: { type: "json_object" }, system: [text("as Json")] },
      target(),
      { messages: [{ role: "developer", content: "as Json" }, expect.anything()] },
      [],
    ],
    [
      "JSON spoken of by a tool",
      { responseFormat: { type: "json_object" }, messages: [results({ parts: [text("json")] })] },
      target(),
      { messages: [{ role: "tool" }] },
      [],
    ],
    [
      "what only steers",
      { verbosity: "low", user: "u", serviceTier: "flex", promptCacheKey: "k", metadata: { a: "b" }, candidates: 2 },
      target(),
      { verbosity: "low", user: "u", service_tier: "flex", prompt_cache_key: "k", metadata: undefined, n: 2 },
      ["client.metadata"],
    ],
    [
      "what only steers, elsewhere",
      { verbosity: "low", user: "u", serviceTier: "flex", promptCacheKey: "k" },
      compatible(),
      { user: "u", verbosity: undefined, service_tier: undefined, prompt_cache_key: undefined },
      ["client.verbosity", "client.serviceTier", "client.promptCacheKey"],
    ],
    [
      "Anthropic's tier and a long user",
      { serviceTier: "standard_only", user: "u".repeat(65) },
      target(),
      { service_tier: "default", user: undefined },
      ["client.user"],
    ],
    ["an unknown tier", { serviceTier: "batch" }, target(), { service_tier: undefined }, ["client.serviceTier"]],
    [
      "images of a compatible server",
      { modalities: ["text", "image"] },
      compatible(),
      { modalities: ["text", "image"] },
      [],
    ],
    [
      "fields of the client's format",
      { extra: { safetySettings: [], background: false } },
      target(),
      {},
      ["safetySettings"],
    ],
  ];
  test.each(cases)("%s", (_what, change, to, expected, dropped) => {
    const encoded = encode(change, to);
    expectFields(encoded.body, expected);
    expect(encoded.dropped).toEqual([...dropped]);
    expect([encoded.headers, encoded.query]).toEqual([{}, ""]);
  });

  const efforts: readonly (readonly [
    what: string,
    reasoning: LlmRequest["reasoning"],
    to: ReturnType<typeof target>,
    effort: string | undefined,
    dropped: boolean,
  ])[] = [
    ["its own word", { effort: "high", budgetTokens: null, visible: null }, target(), "high", false],
    ["more than it knows", { effort: "max", budgetTokens: null, visible: null }, target(), "high", false],
    [
      "less than it knows is never none",
      { effort: "minimal", budgetTokens: null, visible: null },
      target(),
      "low",
      false,
    ],
    [
      "none where it always reasons",
      { effort: "none", budgetTokens: null, visible: null },
      target("openai", { efforts: ["minimal", "low"] }),
      "minimal",
      false,
    ],
    [
      "none at a server nobody knows",
      { effort: "none", budgetTokens: null, visible: null },
      target("openai-compatible", { efforts: ["low"] }),
      undefined,
      true,
    ],
    ["no thoughts bought", { effort: null, budgetTokens: 0, visible: null }, target(), "none", false],
    ["a small budget", { effort: null, budgetTokens: 2000, visible: null }, target(), "low", false],
    ["a middle budget", { effort: null, budgetTokens: 10_000, visible: null }, target(), "medium", false],
    ["Claude Code's budget", { effort: null, budgetTokens: 31_999, visible: null }, target(), "high", false],
    ["as the model likes", { effort: null, budgetTokens: -1, visible: true }, target(), undefined, false],
    [
      "a model without thoughts",
      { effort: "low", budgetTokens: null, visible: null },
      target("openai", { thinking: "none" }),
      undefined,
      true,
    ],
    [
      "none of a model without thoughts",
      { effort: "none", budgetTokens: null, visible: null },
      target("openai", { thinking: "none" }),
      undefined,
      false,
    ],
    [
      "a model without efforts",
      { effort: "low", budgetTokens: null, visible: null },
      target("openai", { efforts: [] }),
      undefined,
      true,
    ],
  ];
  test.each(efforts)("effort: %s", (_what, reasoning, to, effort, isDropped) => {
    const encoded = encode({ reasoning }, to);
    expect(encoded.body.reasoning_effort).toBe(effort);
    expect(encoded.dropped).toEqual(isDropped ? ["client.reasoning"] : []);
  });
});

describe("tools", () => {
  const f = { type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } };
  const cases: readonly (readonly [
    what: string,
    change: Partial<LlmRequest>,
    to: ReturnType<typeof target>,
    expected: object,
    dropped: readonly string[],
  ])[] = [
    [
      "defined",
      { tools: [tool("f"), tool("g", { description: "d", parameters: { type: "object", x: 1 }, strict: true })] },
      target(),
      {
        tools: [
          f,
          {
            type: "function",
            function: { name: "g", description: "d", parameters: { type: "object", x: 1 }, strict: true },
          },
        ],
        tool_choice: undefined,
        parallel_tool_calls: undefined,
      },
      [],
    ],
    [
      "a choice among none",
      { toolChoice: { type: "auto" }, parallelToolCalls: false },
      target(),
      { tools: undefined, tool_choice: undefined, parallel_tool_calls: undefined },
      [],
    ],
    [
      "required",
      { tools: [tool("f")], toolChoice: { type: "required" }, parallelToolCalls: false },
      target(),
      { tool_choice: "required", parallel_tool_calls: false },
      [],
    ],
    [
      "named",
      { tools: [tool("f")], toolChoice: { type: "tool", name: "f" } },
      target(),
      { tool_choice: { type: "function", function: { name: "f" } } },
      [],
    ],
    [
      "some allowed",
      { tools: [tool("f"), tool("g")], toolChoice: { type: "allowed", names: ["f"], required: false } },
      target(),
      {
        tools: [f, expect.anything()],
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "f" } }] },
        },
      },
      [],
    ],
    [
      "some allowed, elsewhere",
      { tools: [tool("f"), tool("g")], toolChoice: { type: "allowed", names: ["f"], required: true } },
      compatible(),
      { tools: [f], tool_choice: "required" },
      [],
    ],
    [
      "one after the other where that cannot be said",
      { tools: [tool("f")], parallelToolCalls: false },
      compatible("no_parallel_tool_calls"),
      { parallel_tool_calls: undefined },
      ["client.parallelToolCalls"],
    ],
  ];
  test.each(cases)("%s", (_what, change, to, expected, dropped) => {
    const encoded = encode(change, to);
    expectFields(encoded.body, expected);
    expect(encoded.dropped).toEqual([...dropped]);
  });

  test("names that do not fit are rewritten everywhere and told apart", () => {
    const long = "n".repeat(70);
    const { body, toolNames } = encode({
      tools: [tool("a.b"), tool("a_b"), tool("a:b"), tool(long), tool("")],
      toolChoice: { type: "tool", name: "a.b" },
      messages: [assistant(call("1", { name: "a:b" }), call("2", { name: "old.one" }))],
    });
    const names = (body.tools as { function: { name: string } }[]).map((each) => each.function.name);
    expect(names).toEqual(["a_b_2", "a_b", "a_b_3", "n".repeat(64), "_"]);
    expect(body.tool_choice).toEqual({ type: "function", function: { name: "a_b_2" } });
    expect(body.messages).toMatchObject([
      { tool_calls: [{ function: { name: "a_b_3" } }, { function: { name: "old_one" } }] },
    ]);
    expect([...toolNames]).toEqual([
      ["a_b_2", "a.b"],
      ["a_b_3", "a:b"],
      ["n".repeat(64), long],
      ["_", ""],
      ["old_one", "old.one"],
    ]);
  });

  const hosted = (raw: object, more: Partial<HostedTool> = {}): Partial<LlmRequest> => ({
    hostedTools: [{ kind: "web_search", type: "web_search_20260209", raw: { ...raw }, path: "tools[3]", ...more }],
  });
  const searcher = target("openai", { model: "gpt-5-search-api" });
  test.each([
    [
      "Anthropic's",
      { type: "web_search_20260209", name: "web_search", user_location: { type: "approximate", city: "Rome" } },
      { user_location: { type: "approximate", approximate: { city: "Rome" } } },
    ],
    [
      "Responses'",
      { type: "web_search", search_context_size: "low", user_location: null, filters: null },
      { search_context_size: "low" },
    ],
    [
      "chat's",
      { user_location: { type: "approximate", approximate: { city: "Rome" } } },
      { user_location: { type: "approximate", approximate: { city: "Rome" } } },
    ],
  ])("a search model searches: %s options", (_what, raw, expected) => {
    expect(body(hosted(raw), searcher).web_search_options as unknown).toEqual(expected);
  });

  test.each([
    ["a model that cannot search", hosted({}), target()],
    ["a compatible server (I23b)", hosted({}), target("openai-compatible", { model: "x-search" })],
    ["options that chat has not", hosted({ allowed_domains: ["x"] }), searcher],
    ["another tool", hosted({}, { kind: "code_execution", type: "code_execution" }), searcher],
  ])("hosted tools are refused by name: %s", (_what, change, to) => {
    const error = refusal(change, to);
    expect(error).toMatchObject({ status: 400, code: "unsupported_parameter", param: "tools[3]" });
    expect(error.message).toContain(change.hostedTools![0]!.type);
  });
});

describe("what changes the answer and cannot be carried is refused", () => {
  const inMessage = (part: MediaPart): Partial<LlmRequest> => ({ messages: [{ role: "user", parts: [part] }] });
  const cases: readonly (readonly [what: string, change: Partial<LlmRequest>, param: string])[] = [
    ["logprobs", { logprobs: true }, "client.logprobs"],
    ["top logprobs", { topLogprobs: 3 }, "client.topLogprobs"],
    ["sound", { modalities: ["text", "audio"] }, "client.modalities"],
    ["images", { modalities: ["image"] }, "client.modalities"],
    ["a fifth stop sequence (I29)", { stop: ["a", "b", "c", "d", "e"] }, "client.stop"],
    ["a former response", { extra: { previous_response_id: "resp_1" } }, "previous_response_id"],
    ["a conversation", { extra: { conversation: { id: "c" } } }, "conversation"],
    ["cached content", { extra: { cachedContent: "c" } }, "cachedContent"],
    ["a foreign file", inMessage(media("file", null, { kind: "file_id", id: "file_1" })), "client.messages"],
    ["a foreign image", inMessage(media("image", null, { kind: "file_id", id: "file_1" })), "client.messages"],
    [
      "a document by its address",
      inMessage(media("file", "application/pdf", { kind: "url", url: "https://x" })),
      "client.messages",
    ],
    ["sound of another kind", inMessage(media("audio", "audio/ogg", data("AAAA"))), "client.messages"],
    ["sound of no kind", inMessage(media("audio", null, data("AAAA"))), "client.messages"],
    ["video", inMessage(media("file", "video/mp4", data("AAAA"))), "client.messages"],
  ];
  test.each(cases)("%s", (_what, change, param) => {
    expect(refusal(change, target())).toMatchObject({ status: 400, code: "unsupported_parameter", param });
  });

  test("nothing is refused that says nothing", () => {
    expect(() =>
      encode({ topLogprobs: 0, logprobs: false, modalities: ["text"], extra: { background: false } }),
    ).not.toThrow();
  });
});

test("what chat completions carry comes back the same", () => {
  const full: Partial<LlmRequest> = {
    system: [text("a"), text("b")],
    messages: [
      { role: "user", parts: [text("q"), png], name: "eva" },
      assistant(text("ok"), call("1"), call("2")),
      results({ callId: "1", parts: [text("r")] }, { callId: "2", parts: [text("s"), text("t")] }),
      { role: "developer", parts: [text("d")] },
      {
        role: "user",
        parts: [
          media("file", "application/pdf", data("CCCC"), { name: "a.pdf" }),
          media("audio", "audio/wav", data("BBBB")),
        ],
      },
    ],
    tools: [tool("f", { description: "d", parameters: { type: "object" }, strict: false })],
    toolChoice: { type: "allowed", names: ["f"], required: true },
    parallelToolCalls: false,
    maxOutputTokens: 100,
    temperature: 0.5,
    topP: 0.5,
    stop: ["a"],
    responseFormat: { type: "json_schema", name: "n", description: "d", schema: { type: "object" }, strict: true },
    verbosity: "high",
    candidates: 2,
    seed: 1,
    frequencyPenalty: 1,
    presencePenalty: 1,
    logitBias: { "1": 2 },
    user: "u",
    serviceTier: "flex",
    promptCacheKey: "k",
    stream: true,
  };
  const { body, dropped } = encode(full);
  expect(dropped).toEqual([]);
  expect(decode(JSON.parse(JSON.stringify(body)))).toEqual(request({ ...full, model: "gpt-up", includeUsage: true }));
});

/** Undefined: the field must not be there. */
function expectFields(body: object, expected: object): void {
  const entries = Object.entries(expected);
  expect(body).toMatchObject(Object.fromEntries(entries.filter(([, value]) => value !== undefined)));
  for (const [name, value] of entries) if (value === undefined) expect(body).not.toHaveProperty(name);
}

function refusal(change: Partial<LlmRequest>, to: ReturnType<typeof target>): GatewayError {
  try {
    chatUpstream.encodeRequest(request(change), to);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

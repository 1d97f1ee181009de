import { describe, expect, test } from "bun:test";
import { EMPTY_REQUEST } from "../../../src/llm/request.ts";
import { packSignature, type SignaturePlace } from "../../../src/llm/signature.ts";
import { messagesClient } from "../../../src/protocols/anthropic-messages/codec.ts";
import { decode, decodeTurn, type Json, refusal } from "./fixture.ts";

describe("a Messages request", () => {
  test("of the least fields says nothing else", () => {
    expect(decode({})).toEqual({
      ...EMPTY_REQUEST,
      model: "m",
      maxOutputTokens: 10,
      messages: [{ role: "user", parts: [{ type: "text", text: "hi" }] }],
    });
  });

  test("with everything keeps everything", () => {
    const request = decode({
      stream: true,
      system: [{ type: "text", text: "be brief", cache_control: { type: "ephemeral", ttl: "1h" } }],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop_sequences: ["END"],
      metadata: { user_id: "u-1", team: "x" },
      service_tier: "standard_only",
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      thinking: { type: "enabled", budget_tokens: 31_999, display: "omitted" },
      output_config: { effort: "high", format: { type: "json_schema", schema: { type: "object" } }, task_budget: 3 },
      tools: [
        {
          name: "f",
          description: "F",
          input_schema: { type: "object" },
          strict: true,
          cache_control: { type: "ephemeral" },
          defer_loading: true,
          eager_input_streaming: null,
          input_examples: [{}],
        },
        { type: "custom", name: "g" },
        { type: "web_search_20260209", name: "web_search" },
        { type: "code_execution_20250825", name: "code_execution" },
        { type: "web_fetch_20250910", name: "web_fetch" },
        { type: "bash_20250124", name: "bash" },
      ],
      container: "container_1",
      context_management: { edits: [] },
      mcp_servers: [],
      speed: null,
    });
    expect(request).toEqual({
      ...EMPTY_REQUEST,
      model: "m",
      maxOutputTokens: 10,
      stream: true,
      system: [{ type: "text", text: "be brief", cacheControl: { type: "ephemeral", ttl: "1h" } }],
      messages: [{ role: "user", parts: [{ type: "text", text: "hi" }] }],
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      stop: ["END"],
      user: "u-1",
      serviceTier: "default",
      toolChoice: { type: "required" },
      parallelToolCalls: false,
      reasoning: { effort: "high", budgetTokens: 31_999, visible: false },
      responseFormat: { type: "json_schema", name: null, description: null, schema: { type: "object" }, strict: null },
      tools: [
        {
          name: "f",
          description: "F",
          parameters: { type: "object" },
          strict: true,
          cacheControl: { type: "ephemeral" },
        },
        { name: "g", description: null, parameters: null, strict: null },
      ],
      hostedTools: [
        {
          kind: "web_search",
          type: "web_search_20260209",
          raw: { type: "web_search_20260209", name: "web_search" },
          path: "tools[2]",
        },
        {
          kind: "code_execution",
          type: "code_execution_20250825",
          raw: { type: "code_execution_20250825", name: "code_execution" },
          path: "tools[3]",
        },
        {
          kind: "url_context",
          type: "web_fetch_20250910",
          raw: { type: "web_fetch_20250910", name: "web_fetch" },
          path: "tools[4]",
        },
        { kind: null, type: "bash_20250124", raw: { type: "bash_20250124", name: "bash" }, path: "tools[5]" },
      ],
      extra: {
        container: "container_1",
        context_management: { edits: [] },
        mcp_servers: [],
        "metadata.team": "x",
        "output_config.task_budget": 3,
        "tools[0].input_examples": [{}],
      },
    });
  });

  test.each([
    [{ type: "auto" }, { type: "auto" }],
    [{ type: "any" }, { type: "required" }],
    [{ type: "none" }, { type: "none" }],
    [
      { type: "tool", name: "f" },
      { type: "tool", name: "f" },
    ],
  ])("tool_choice %j", (tool_choice, toolChoice) => {
    expect(decode({ tool_choice })).toMatchObject({ toolChoice, parallelToolCalls: null });
  });

  test.each([
    [{ thinking: { type: "adaptive" } }, { effort: null, budgetTokens: null, visible: true }],
    [
      { thinking: { type: "adaptive", display: "omitted" }, output_config: { effort: "max" } },
      { effort: "max", budgetTokens: null, visible: false },
    ],
    [{ thinking: { type: "enabled", budget_tokens: 2048 } }, { effort: null, budgetTokens: 2048, visible: true }],
    [
      { thinking: { type: "disabled" }, output_config: { effort: "high" } },
      { effort: "none", budgetTokens: null, visible: null },
    ],
    [{ output_config: { effort: "low" } }, { effort: "low", budgetTokens: null, visible: null }],
  ] as [Json, unknown][])("%j", (body, reasoning) => {
    expect(decode(body).reasoning as unknown).toEqual(reasoning);
  });

  test("that thinks between tools only says so in extra", () => {
    const { reasoning, extra } = decode({ thinking: { type: "between_tools" } });
    expect(reasoning).toEqual({ effort: null, budgetTokens: null, visible: null });
    expect(extra).toEqual({ "thinking.type": "between_tools" });
  });

  test("takes the beta's output_format", () => {
    expect(decode({ output_format: { type: "json_schema", schema: {} } }).responseFormat).toMatchObject({ schema: {} });
    expect(decode({ output_config: { format: null } }).responseFormat).toBeNull();
  });

  test("loses Claude Code's billing header, and says so", () => {
    const header = "x-anthropic-billing-header: cc_version=2.1.329.abc; cc_entrypoint=cli; cch=fa690;";
    const { system, extra } = decode({
      system: [
        { type: "text", text: header },
        { type: "text", text: "You are Claude Code." },
      ],
    });
    expect(system).toEqual([{ type: "text", text: "You are Claude Code." }]);
    expect(extra).toEqual({ "system[0]": header });
    expect(decode({ system: header }).extra).toEqual({ system: header });
    const talk = `${header}\nis what the client sends`;
    expect(decode({ system: talk }).system).toEqual([{ type: "text", text: talk }]);
  });

  test.each([
    [[], "body"],
    [{ model: 1 }, "model"],
    [{ max_tokens: undefined }, "max_tokens"],
    [{ max_tokens: 0 }, "max_tokens"],
    [{ max_tokens: "9" }, "max_tokens"],
    [{ stream: 1 }, "stream"],
    [{ system: 3 }, "system"],
    [{ system: [{ type: "image" }] }, "system[0].type"],
    [{ system: [{ type: "text" }] }, "system[0].text"],
    [{ system: [{ type: "text", text: "", cache_control: { type: "x" } }] }, "system[0].cache_control.type"],
    [{ messages: {} }, "messages"],
    [{ messages: [1] }, "messages[0]"],
    [{ messages: [{ role: "bot", content: "" }] }, "messages[0].role"],
    [{ messages: [{ role: "user", content: 3 }] }, "messages[0].content"],
    [{ messages: [{ role: "user", content: [{ type: "sound" }] }] }, "messages[0].content[0].type"],
    [{ messages: [{ role: "assistant", content: [{ type: "sound" }] }] }, "messages[0].content[0].type"],
    [{ messages: [{ role: "user", content: [{ type: "tool_use" }] }] }, "messages[0].content[0].type"],
    [{ messages: [{ role: "system", content: [{ type: "image" }] }] }, "messages[0].content[0].type"],
    [{ messages: [{ role: "user", content: [{ type: "image" }] }] }, "messages[0].content[0].source"],
    [
      { messages: [{ role: "user", content: [{ type: "image", source: { type: "url", url: 1 } }] }] },
      "messages[0].content[0].source.url",
    ],
    [{ messages: [{ role: "user", content: [{ type: "tool_result" }] }] }, "messages[0].content[0].tool_use_id"],
    [
      { messages: [{ role: "assistant", content: [{ type: "tool_use", id: "t", name: "n", input: [] }] }] },
      "messages[0].content[0].input",
    ],
    [{ tools: [{}] }, "tools[0].name"],
    [{ tools: [{ name: "f", input_schema: 1 }] }, "tools[0].input_schema"],
    [{ tool_choice: { type: "tool" } }, "tool_choice.name"],
    [{ tool_choice: { type: "some" } }, "tool_choice.type"],
    [{ thinking: { type: "much" } }, "thinking.type"],
    [{ thinking: { type: "enabled" } }, "thinking.budget_tokens"],
    [{ output_config: { effort: "huge" } }, "output_config.effort"],
    [{ output_config: { format: { type: "text" } } }, "output_config.format.type"],
    [{ stop_sequences: [1] }, "stop_sequences[0]"],
    [{ metadata: { user_id: 1 } }, "metadata.user_id"],
  ] as [Json, string][])("%j is wrong in its field %s", (body, param) => {
    expect(refusal(() => (Array.isArray(body) ? decodeRaw(body) : decode(body)))).toMatchObject({ status: 400, param });
  });

  test("that leans on what Anthropic stores is refused", () => {
    const thread = { type: "continue", previous_message_id: "msg_1" };
    expect(decode({ thread }).extra).toEqual({ thread }); // which every upstream refuses
    for (const block of [
      { type: "container_upload", file_id: "file_1" },
      { type: "compaction", content: null },
    ]) {
      expect(refusal(() => decodeTurn("user", [block]))).toMatchObject({ param: "messages[0].content[0]" });
    }
  });

  test("names its fields as its clients do", () => {
    expect(messagesClient.fieldName("maxOutputTokens")).toBe("max_tokens");
    expect(messagesClient.fieldName("seed")).toBe("seed");
  });
});

describe("a user's turn", () => {
  test("holds pictures and documents of every source", () => {
    const [message] = decodeTurn("user", [
      { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
      { type: "image", source: { type: "url", url: "https://a/b.png" } },
      { type: "image", source: { type: "file", file_id: "file_1" } },
      {
        type: "document",
        source: { type: "base64", media_type: "application/pdf", data: "JVBERi" },
        title: "T",
        cache_control: { type: "ephemeral" },
      },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "words" }, context: "from the CEO" },
      { type: "document", source: { type: "url", url: "https://a/b.pdf" } },
      { type: "document", source: { type: "file", file_id: "file_2" } },
      { type: "document", source: { type: "content", content: "plain" } },
      {
        type: "document",
        source: {
          type: "content",
          content: [
            { type: "text", text: "a" },
            { type: "image", source: { type: "url", url: "https://c" } },
            { type: "text", text: "b" },
          ],
        },
      },
      {
        type: "document",
        source: { type: "content", content: [{ type: "image", source: { type: "url", url: "https://d" } }] },
      },
    ]);
    const none = { name: null, detail: null };
    expect(message as unknown).toEqual({
      role: "user",
      parts: [
        { type: "image", mediaType: "image/png", source: { kind: "data", base64: "AAAA" }, ...none },
        { type: "image", mediaType: null, source: { kind: "url", url: "https://a/b.png" }, ...none },
        { type: "image", mediaType: null, source: { kind: "file_id", id: "file_1" }, ...none },
        {
          type: "file",
          mediaType: "application/pdf",
          source: { kind: "data", base64: "JVBERi==" },
          name: "T",
          detail: null,
          cacheControl: { type: "ephemeral" },
        },
        { type: "text", text: "from the CEO" },
        { type: "file", mediaType: "text/plain", source: { kind: "text", text: "words" }, ...none },
        { type: "file", mediaType: "application/pdf", source: { kind: "url", url: "https://a/b.pdf" }, ...none },
        { type: "file", mediaType: null, source: { kind: "file_id", id: "file_2" }, ...none },
        { type: "file", mediaType: "text/plain", source: { kind: "text", text: "plain" }, ...none },
        { type: "file", mediaType: "text/plain", source: { kind: "text", text: "a\n\nb" }, ...none },
        { type: "image", mediaType: null, source: { kind: "url", url: "https://c" }, ...none },
        { type: "image", mediaType: null, source: { kind: "url", url: "https://d" }, ...none },
      ],
    });
  });

  test("with results and words is two messages, the results first", () => {
    const messages = decodeTurn("user", [
      { type: "text", text: "and now?" },
      { type: "tool_result", tool_use_id: "a", content: "18", cache_control: { type: "ephemeral" } },
      {
        type: "tool_result",
        tool_use_id: "b",
        is_error: true,
        content: [
          { type: "text", text: "see" },
          { type: "image", source: { type: "url", url: "https://a" } },
          { type: "tool_reference", tool_name: "grep" },
          { type: "search_result", title: "T", source: "https://s", content: [{ type: "text", text: "found" }] },
        ],
      },
      { type: "tool_result", tool_use_id: "c" },
    ]);
    expect(messages as unknown).toEqual([
      {
        role: "tool",
        results: [
          {
            callId: "a",
            name: null,
            parts: [{ type: "text", text: "18" }],
            isError: false,
            cacheControl: { type: "ephemeral" },
          },
          {
            callId: "b",
            name: null,
            isError: true,
            parts: [
              { type: "text", text: "see" },
              {
                type: "image",
                mediaType: null,
                source: { kind: "url", url: "https://a" },
                name: null,
                detail: null,
              },
              { type: "text", text: "grep" },
              { type: "text", text: "T\nhttps://s\n\nfound" },
            ],
          },
          { callId: "c", name: null, parts: [], isError: false },
        ],
      },
      { role: "user", parts: [{ type: "text", text: "and now?" }] },
    ]);
  });

  test("of nothing is nothing", () => {
    expect(decodeTurn("user", [])).toEqual([]);
    expect(decodeTurn("system", [])).toEqual([]);
  });

  test("asks for citations in extra only", () => {
    const document = { type: "document", source: { type: "text", data: "a" }, citations: { enabled: true } };
    expect(decode({ messages: [{ role: "user", content: [document] }] }).extra).toEqual({
      "messages[0].content[0].citations": { enabled: true },
    });
  });

  test("may be a summary of earlier ones", () => {
    const parts = [{ type: "text", text: "so far" }] as const;
    expect(decodeTurn("user", [{ type: "compaction", content: "so far" }])).toEqual([{ role: "user", parts }]);
    expect(decodeTurn("assistant", [{ type: "compaction", content: "so far" }])).toEqual([
      { role: "assistant", parts },
    ]);
  });
});

test("a system message stays in its place", () => {
  const { messages } = decode({
    messages: [
      { role: "user", content: "a" },
      { role: "assistant", content: "b" },
      { role: "system", content: "brief" },
      { role: "user", content: "c" },
    ],
  });
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "system", "user"]);
  expect(messages[2]).toEqual({ role: "system", parts: [{ type: "text", text: "brief" }] });
});

test("tools that come and go within the conversation are there from the start, or refused", () => {
  const offer = { type: "tool_addition", tool: { type: "tool_reference", name: "f" } };
  const removal = { type: "tool_removal", tool: { type: "tool_reference", name: "f" } };
  const { messages, extra } = decode({
    messages: [{ role: "system", content: [offer, removal, { type: "text", text: "t" }] }],
  });
  expect(messages).toEqual([{ role: "system", parts: [{ type: "text", text: "t" }] }]);
  expect(extra).toEqual({ "messages[0].content[1]": removal });
  const inline = { type: "tool_addition", tool: { type: "tool_definition", definition: { name: "g" } } };
  expect(refusal(() => decodeTurn("system", [inline]))).toMatchObject({ param: "messages[0].content[0]" });
});

describe("an assistant's turn", () => {
  test("keeps its parts in their order", () => {
    const [message] = decodeTurn("assistant", [
      { type: "thinking", thinking: "plan\n ", signature: "SIG+/==" },
      { type: "redacted_thinking", data: "RED==" },
      {
        type: "text",
        text: "ok",
        citations: [
          {
            type: "web_search_result_location",
            url: "https://x",
            title: "X",
            cited_text: "says",
            encrypted_index: "i",
          },
          { type: "search_result_location", source: "https://y", title: null, cited_text: "too" },
          { type: "page_location", document_title: "D", cited_text: "no address" },
          7,
        ],
      },
      { type: "tool_use", id: "t1", name: "f", input: { city: "R" }, caller: { type: "direct" } },
      { type: "tool_use", id: "t2", name: "g", input: null, cache_control: { type: "ephemeral" } },
      { type: "image", source: { type: "url", url: "https://p" } },
      { type: "document", source: { type: "text", data: "doc" } },
    ]);
    expect(message as unknown).toEqual({
      role: "assistant",
      parts: [
        { type: "reasoning", text: "plan\n ", signature: { vendor: "anthropic", value: "SIG+/==" }, redacted: false },
        { type: "reasoning", text: "", signature: { vendor: "anthropic", value: "RED==" }, redacted: true },
        {
          type: "text",
          text: "ok",
          citations: [
            { url: "https://x", title: "X", citedText: "says", start: null, end: null },
            { url: "https://y", title: null, citedText: "too", start: null, end: null },
          ],
        },
        { type: "tool_call", id: "t1", name: "f", arguments: '{"city":"R"}', signature: null },
        {
          type: "tool_call",
          id: "t2",
          name: "g",
          arguments: "{}",
          signature: null,
          cacheControl: { type: "ephemeral" },
        },
        { type: "image", mediaType: null, source: { kind: "url", url: "https://p" }, name: null, detail: null },
        { type: "file", mediaType: "text/plain", source: { kind: "text", text: "doc" }, name: null, detail: null },
      ],
    });
  });

  test("leaves out what Anthropic's own tools did, and says so once", () => {
    const { messages, extra } = decode({
      messages: [
        {
          role: "assistant",
          content: [
            { type: "text", text: "let me see" },
            { type: "server_tool_use", id: "s", name: "web_search", input: {} },
            { type: "web_search_tool_result", tool_use_id: "s", content: [] },
            { type: "container_upload", file_id: "f" },
          ],
        },
        { role: "user", content: [{ type: "mcp_tool_result", tool_use_id: "x" }] },
      ],
    });
    expect(messages).toEqual([{ role: "assistant", parts: [{ type: "text", text: "let me see" }] }]);
    expect(Object.keys(extra)).toEqual(["messages[0].content[1]"]);
    expect(decodeTurn("assistant", [{ type: "container_upload", file_id: "f" }])).toEqual([
      { role: "assistant", parts: [] },
    ]);
  });

  const gemini = (place: SignaturePlace | null = null) => packSignature({ vendor: "gemini", value: "SG" }, place);
  const signature = { vendor: "gemini", value: "SG" } as const;
  const thinking = (text: string, packed: string) => ({ type: "thinking", thinking: text, signature: packed });
  const use = { type: "tool_use", id: "t1", name: "f", input: {} };
  const call = { type: "tool_call", id: "t1", name: "f", arguments: "{}", signature };
  const unsigned = { ...call, signature: null };
  const said = { type: "text", text: "ok" };
  const thought = { type: "reasoning", text: "plan", signature: null, redacted: false };

  test.each([
    ["a call's, by its id", [thinking("plan", gemini("call:t1")), use], [thought, call]],
    ["a call's that came late", [use, thinking("", gemini("call:t1"))], [call]],
    ["the thoughts' own", [thinking("plan", gemini()), use], [{ ...thought, signature }, unsigned]],
    ["that of thoughts without words", [thinking("", gemini()), use], [{ ...thought, text: "", signature }, unsigned]],
    [
      "that of withheld thoughts",
      [thinking("", gemini("redacted"))],
      [{ ...thought, text: "", signature, redacted: true }],
    ],
    ["the next text's", [thinking("", gemini("next")), said], [{ ...said, signature }]],
    [
      "an empty text's",
      [thinking("", gemini("empty_text")), said, use],
      [{ type: "text", text: "", signature }, said, unsigned],
    ],
    [
      "that of a next text that is not there",
      [thinking("", gemini("next")), use],
      [{ type: "text", text: "", signature }, unsigned],
    ],
    ["the text's before", [said, thinking("", gemini("previous"))], [{ ...said, signature }]],
    [
      "a text's that is gone",
      [thinking("", gemini("previous")), use],
      [{ type: "text", text: "", signature }, unsigned],
    ],
    ["a broken one", [thinking("plan", "sluice.sig.1.?"), use], [thought, unsigned]],
    ["none", [thinking("plan", ""), { type: "thinking", thinking: "" }, use], [thought, unsigned]],
    ["a broken redacted one", [{ type: "redacted_thinking", data: "sluice.sig.1.?" }, use], [unsigned]],
  ] as [string, unknown[], unknown[]][])("gives back a carried signature: %s", (_what, content, parts) => {
    expect(decodeTurn("assistant", content) as unknown).toEqual([{ role: "assistant", parts }]);
  });

  test("gives back OpenAI's signature with its item's id", () => {
    const own = { vendor: "openai", value: "gAAA", id: "rs_1" } as const;
    expect(decodeTurn("assistant", [thinking("sum", packSignature(own))]) as unknown).toEqual([
      { role: "assistant", parts: [{ type: "reasoning", text: "sum", signature: own, redacted: false }] },
    ]);
  });
});

function decodeRaw(body: unknown) {
  return messagesClient.decodeRequest(body, { model: null, stream: false });
}

import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import type { ProviderKind } from "../../src/llm/names.ts";
import { EMPTY_REQUEST, type HostedTool, type LlmRequest, type RequestField } from "../../src/llm/request.ts";
import { messagesClient, messagesUpstream } from "../../src/protocols/anthropic-messages/codec.ts";
import type { ClientCodec, UpstreamCodec } from "../../src/protocols/codec.ts";
import { cozeUpstream } from "../../src/protocols/coze/codec.ts";
import { geminiClient, geminiUpstream } from "../../src/protocols/gemini/codec.ts";
import { chatClient, chatUpstream } from "../../src/protocols/openai-chat/codec.ts";
import { responsesClient, responsesUpstream } from "../../src/protocols/openai-responses/codec.ts";
import { traitsOf } from "../../src/providers/traits.ts";

/** What is lost between formats is the same for every upstream: refused by the client's own path, or named in `dropped`. */

type Upstream = readonly [name: string, codec: UpstreamCodec, kind: ProviderKind, model: string];

const COMPATIBLE: Upstream = ["chat of a compatible server", chatUpstream, "openai-compatible", "qwen-local"];
const CHAT: Upstream = ["OpenAI's chat", chatUpstream, "openai", "gpt-4.1"];
const RESPONSES: Upstream = ["Responses", responsesUpstream, "openai", "gpt-6-astra"];
const CLAUDE: Upstream = ["Messages", messagesUpstream, "anthropic", "claude-opus-5-5"];
const GEMINI_2: Upstream = ["Gemini 2.5", geminiUpstream, "gemini", "gemini-2.5-flash"];
const GEMINI_3: Upstream = ["Gemini 3", geminiUpstream, "gemini", "gemini-3.1-pro"];
const COZE: Upstream = ["Coze", cozeUpstream, "coze", "coze/7"];
const UPSTREAMS = [COMPATIBLE, CHAT, RESPONSES, CLAUDE, GEMINI_2, GEMINI_3, COZE];

const fieldName = (field: RequestField) => `my_${field}`;

function encode(
  change: Partial<LlmRequest>,
  [, codec, kind, model]: Upstream,
  client: Pick<ClientCodec, "fieldName"> = { fieldName },
) {
  const said: LlmRequest["messages"] = [{ role: "user", parts: [{ type: "text", text: "x" }] }];
  const target = { kind, model, traits: traitsOf(kind, model), quirks: new Set<never>(), fieldName: client.fieldName };
  return codec.encodeRequest({ ...EMPTY_REQUEST, model: "m", messages: said, ...change }, target);
}

function refusal(action: () => unknown): GatewayError {
  try {
    action();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("what is kept at one vendor, or changes the whole answer", () => {
  const fields: [name: string, value: unknown][] = [
    ["previous_response_id", "resp_1"],
    ["conversation", "conv_1"],
    ["prompt", { id: "pmpt_1" }],
    ["background", true],
    ["thread", { type: "continue", previous_message_id: "msg_1" }],
    ["container", "container_1"],
    ["mcp_servers", [{ url: "https://x" }]],
    ["cachedContent", "cachedContents/1"],
    ["audio", { voice: "alloy" }],
  ];
  const own = new Set(["gemini cachedContent", "gemini audio"]);
  for (const upstream of UPSTREAMS) {
    test.each(fields)(`%s is refused by name: ${upstream[0]}`, (name, value) => {
      const action = () => encode({ extra: { [name]: value } }, upstream);
      if (own.has(`${upstream[2]} ${name}`)) expect(action).not.toThrow();
      else expect(refusal(action)).toMatchObject({ status: 400, code: "unsupported_parameter", param: name });
    });

    test(`is no loss where it says nothing: ${upstream[0]}`, () => {
      const extra = { background: false, mcp_servers: [], container: null, store: false, stream_options: {} };
      expect(encode({ extra }, upstream).dropped).toEqual([]);
      expect(encode({ extra: { ...extra, unheard_of: 1, thread: { type: "create" } } }, upstream).dropped).toEqual([
        "unheard_of",
      ]);
    });
  }
});

describe("a tool that the vendor runs, and the upstream has not", () => {
  const tool = { name: "f", description: null, parameters: null, strict: null };
  const strange: HostedTool = { kind: null, type: "hologram_20301231x", raw: { name: "hologram" }, path: "tools[1]" };
  for (const upstream of UPSTREAMS) {
    test(`is refused when nothing else is there: ${upstream[0]}`, () => {
      const error = refusal(() => encode({ hostedTools: [strange] }, upstream));
      expect(error).toMatchObject({ status: 400, code: "unsupported_parameter", param: "tools[1]" });
      expect(error.message).toContain(strange.type);
    });

    test(`is refused when it must be called: ${upstream[0]}`, () => {
      for (const toolChoice of [
        { type: "tool", name: "hologram" },
        { type: "allowed", names: [], required: true },
      ] as const) {
        if (upstream === COZE) continue; // refuses every demand
        expect(refusal(() => encode({ hostedTools: [strange], tools: [tool], toolChoice }, upstream))).toMatchObject({
          param: "tools[1]",
        });
      }
    });

    test(`is left out and reported beside a function: ${upstream[0]}`, () => {
      const { dropped } = encode({ hostedTools: [strange], tools: [tool] }, upstream);
      expect(dropped).toContain("tools[1]");
    });

    test(`is not missed where no tool may be called: ${upstream[0]}`, () => {
      expect(encode({ hostedTools: [strange], toolChoice: { type: "none" } }, upstream).dropped).toContain("tools[1]");
    });
  }

  test("is Codex's search on models that cannot", () => {
    const body = {
      model: "m",
      input: "x",
      tools: [{ type: "function", name: "shell", parameters: { type: "object" } }, { type: "web_search" }],
    };
    const request = responsesClient.decodeRequest(body, { model: null, stream: false });
    for (const upstream of [COMPATIBLE, CHAT, GEMINI_2]) {
      expect(encode(request, upstream, responsesClient).dropped).toEqual(["tools[1]"]);
    }
    for (const upstream of [CLAUDE, GEMINI_3, RESPONSES]) {
      expect(encode(request, upstream, responsesClient).dropped).toEqual([]);
    }
  });

  test("is demanded from OpenAI by its type, whatever its name", () => {
    const search: HostedTool = {
      kind: "web_search",
      type: "web_search_20260209",
      raw: { type: "web_search_20260209", name: "web_search" },
      path: "tools[0]",
    };
    const toolChoice = { type: "tool", name: "web_search" } as const;
    expect(encode({ hostedTools: [search], tools: [tool], toolChoice }, RESPONSES).body.tool_choice).toEqual({
      type: "web_search",
    });
  });
});

describe("media that cannot be carried are named by their place", () => {
  const file = { type: "file", file: { file_id: "file-1" } };
  const chat = {
    model: "m",
    messages: [
      { role: "system", content: "s" },
      { role: "user", content: [{ type: "text", text: "x" }, file] },
    ],
  };
  const responses = { model: "m", input: [{ role: "user", content: [{ type: "input_file", file_id: "file_1" }] }] };
  const image = { type: "image", source: { type: "file", file_id: "file_1" } };
  const messages = {
    model: "m",
    max_tokens: 9,
    messages: [
      { role: "assistant", content: [{ type: "tool_use", id: "t", name: "f", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: [image] }] },
    ],
  };
  const uri = "https://generativelanguage.googleapis.com/v1beta/files/1";
  const gemini = { contents: [{ parts: [{ text: "x" }, { fileData: { fileUri: uri } }] }] };
  const table: [client: ClientCodec, body: object, path: string][] = [
    [chatClient, chat, "messages[1].content[1]"],
    [responsesClient, responses, "input[0].content[0]"],
    [messagesClient, messages, "messages[1].content[0].content[0]"],
    [geminiClient, gemini, "contents[0].parts[1]"],
  ];
  for (const upstream of UPSTREAMS) {
    test.each(table)(`%#: ${upstream[0]}`, (client, body, path) => {
      const isOwn =
        (client === geminiClient && upstream[2] === "gemini") || (client === chatClient && upstream === RESPONSES);
      const action = () => encode(client.decodeRequest(body, { model: "m", stream: false }), upstream, client);
      if (isOwn) expect(action).not.toThrow();
      else expect(refusal(action)).toMatchObject({ status: 400, code: "unsupported_parameter", param: path });
    });
  }
});

describe("what is lost within messages and tools is reported", () => {
  const image = {
    type: "image",
    mediaType: null,
    source: { kind: "url", url: "https://x/y.png" },
    name: null,
  } as const;
  const request: Partial<LlmRequest> = {
    messages: [{ role: "user", name: "Ann Lee", parts: [{ ...image, detail: "low" }] }],
    tools: [{ name: "f", description: null, parameters: null, strict: true }],
  };
  const [name, detail, strict] = ["my_messages[].name", "my_messages[].detail", "my_tools[].strict"];
  const table: [upstream: Upstream, losses: (string | undefined)[]][] = [
    [CHAT, [name]],
    [RESPONSES, [name]],
    [CLAUDE, [name, detail]],
    [
      ["an older Claude", messagesUpstream, "anthropic", "claude-opus-4-0"],
      [name, detail, strict],
    ],
    [GEMINI_3, [name, detail, strict]],
    [COZE, ["my_tools", name, detail]],
  ];
  test.each(table)("%#", (upstream, losses) => {
    expect(encode(request, upstream).dropped).toEqual(losses as string[]);
  });

  test("and not where nothing is lost", () => {
    const harmless: Partial<LlmRequest> = {
      messages: [{ role: "user", name: "Ann", parts: [{ ...image, detail: "auto" }] }],
      tools: [{ name: "f", description: null, parameters: null, strict: false }],
    };
    expect(encode(harmless, CHAT).dropped).toEqual([]);
    expect(
      encode({ ...harmless, messages: [{ role: "user", parts: [{ ...image, detail: null }] }] }, GEMINI_3).dropped,
    ).toEqual([]);
  });
});

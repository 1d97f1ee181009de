import { describe, expect, test } from "bun:test";
import type { EndpointId, ProtocolId } from "../../src/llm/names.ts";
import { protocols } from "../../src/protocols/index.ts";
import {
  anthropicError,
  chatAnswer,
  geminiAnswer,
  geminiError,
  messageAnswer,
  openAiError,
  responseAnswer,
  USAGE,
} from "../support/samples.ts";

const read = (id: ProtocolId, body: unknown, endpoint: EndpointId = "chat.completions") =>
  protocols[id].readAnswer(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)), endpoint);
const filler = { filler: "Grüße ".repeat(3000) };

describe("a whole answer", () => {
  const answers: [ProtocolId, (change: object) => object][] = [
    ["openai-chat", chatAnswer],
    ["openai-responses", (change) => responseAnswer("resp_1", change)],
    ["anthropic-messages", messageAnswer],
    ["gemini", geminiAnswer],
  ];
  test.each(answers)("of %s tells its usage, short or long", (id, make) => {
    for (const change of [{}, filler]) {
      const facts = read(id, make(change));
      expect(facts).toMatchObject({ usage: USAGE, isError: false });
      expect(JSON.parse(facts.rawUsage!)).toBeObject();
    }
  });

  test.each(answers)("of %s without usage, or with one that is none, tells nothing", (id, make) => {
    const field = id === "gemini" ? "usageMetadata" : "usage";
    for (const value of [undefined, null, "12", [1]]) {
      expect(read(id, make({ [field]: value }))).toMatchObject({ usage: null, rawUsage: null, isError: false });
    }
  });

  const errors: [ProtocolId, unknown][] = [
    ["openai-chat", openAiError("x")],
    ["openai-chat", { error: "overloaded" }],
    ["openai-chat", { ...chatAnswer(), error: { code: 502 } }],
    ["openai-chat", `{"\\u0065rror":{"code":502},${JSON.stringify(chatAnswer()).slice(1)}`],
    ["openai-responses", openAiError("x")],
    ["anthropic-messages", anthropicError("overloaded_error", "x")],
    ["gemini", geminiError(503, "UNAVAILABLE", "x")],
    ["gemini", [geminiError(503, "UNAVAILABLE", "x")]],
  ];
  test.each(errors)("of %s that is an error in disguise is known for it (case %#)", (id, body) => {
    expect(read(id, body).isError).toBe(true);
  });

  test.each(["openai-chat", "openai-responses", "gemini"] as const)("of %s with an empty error field is none", (id) => {
    for (const error of [null, "", {}]) expect(read(id, { id: "x", error }).isError).toBe(false);
  });

  test.each(answers)("of %s that is no object is refused", (id) => {
    for (const body of ["", "null", "7", '"x"', '{"a":', "<html>", `{"a":${"[".repeat(100_000)}`]) {
      expect(() => read(id, body)).toThrow();
    }
  });

  test("of count_tokens has no usage of its own", () => {
    expect(
      read("anthropic-messages", { input_tokens: 5, usage: { input_tokens: 5 } }, "messages.count_tokens"),
    ).toMatchObject({ usage: null });
  });

  test("behind a byte order mark is read", () => {
    expect(read("openai-chat", `\ufeff${JSON.stringify(chatAnswer())}`).usage).toEqual(USAGE);
  });
});

describe("ids that only the same key can use again", () => {
  const bound: [ProtocolId, unknown, readonly string[]][] = [
    ["openai-responses", responseAnswer("resp_7", { conversation: { id: "conv_1" } }), ["resp_7", "conv_1"]],
    ["openai-responses", { object: "list", data: [] }, []],
    ["anthropic-messages", messageAnswer({ container: { id: "ctr_1" } }), ["ctr_1"]],
    ["anthropic-messages", messageAnswer({ content: [{ type: "x", file_id: "file_1" }] }), ["file_1"]],
    ["anthropic-messages", messageAnswer(), []],
    ["openai-chat", chatAnswer(), []],
    ["gemini", { name: "cachedContents/abc", usageMetadata: {} }, ["cachedContents/abc"]],
    ["gemini", geminiAnswer(), []],
  ];
  test.each(bound)("of %s (case %#)", (id, body, expected) => {
    expect([...read(id, body).boundIds]).toEqual([...expected]);
  });
});

describe("the models' shapes", () => {
  const models = [
    { name: "a", ownedBy: "openai", createdAtMs: 1_700_000_000_500 },
    { name: "b/c", ownedBy: "x", createdAtMs: 0 },
  ];
  test("of an empty list are whole", () => {
    expect(protocols["openai-chat"].listModels([])).toEqual({ object: "list", data: [] });
    expect(protocols["anthropic-messages"].listModels([])).toEqual({
      data: [],
      has_more: false,
      first_id: null,
      last_id: null,
    });
    expect(protocols.gemini.listModels([])).toEqual({ models: [] });
  });

  test("of one model are what the format's SDK types say", () => {
    expect(protocols["openai-responses"].showModel(models[0]!)).toEqual({
      id: "a",
      object: "model",
      created: 1_700_000_000,
      owned_by: "openai",
    });
    expect(protocols["anthropic-messages"].showModel(models[0]!)).toEqual({
      type: "model",
      id: "a",
      display_name: "a",
      created_at: "2023-11-14T22:13:20Z",
    });
    expect(protocols.gemini.showModel(models[1]!)).toMatchObject({
      name: "models/b/c",
      supportedGenerationMethods: expect.arrayContaining(["generateContent"]),
    });
  });
});

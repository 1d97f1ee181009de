import { describe, expect, test } from "bun:test";
import type { GenerateContentParameters } from "@google/genai";
import { GatewayError } from "../../../src/errors.ts";
import type { LlmRequest } from "../../../src/llm/request.ts";
import { packSignature } from "../../../src/llm/signature.ts";
import { geminiClient } from "../../../src/protocols/gemini/codec.ts";
import { withoutPaths } from "../without-paths.ts";

const read = (body: object): LlmRequest =>
  withoutPaths(
    geminiClient.decodeRequest({ contents: [{ parts: [{ text: "x" }] }], ...body }, { model: "m", stream: false }),
  );
const say = (text: string) => ({ role: "user", parts: [{ type: "text", text }] });

describe("the body", () => {
  test("says little and leaves the rest unsaid", () => {
    const request = geminiClient.decodeRequest(
      { contents: [{ parts: [{ text: "x" }] }] },
      { model: "m", stream: true },
    );
    expect(request).toMatchObject({
      model: "m",
      stream: true,
      includeUsage: true,
      system: [],
      messages: [say("x")],
      tools: [],
      toolChoice: null,
      stop: [],
      reasoning: null,
      extra: {},
    });
  });

  test("may name the model itself", () => {
    const body = { model: "own", contents: "x" };
    expect(geminiClient.decodeRequest(body, { model: null, stream: false }).model).toBe("own");
    expect(geminiClient.decodeRequest({ contents: "x" }, { model: null, stream: false }).model).toBe("");
  });

  const everything: GenerateContentParameters["config"] = {
    temperature: 0.5,
    topP: 0.9,
    topK: 40,
    maxOutputTokens: 100,
    stopSequences: ["END"],
    candidateCount: 2,
    seed: 7,
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    responseLogprobs: true,
    logprobs: 3,
    responseModalities: ["TEXT", "IMAGE"],
  };
  const neutral = {
    temperature: 0.5,
    topP: 0.9,
    topK: 40,
    maxOutputTokens: 100,
    stop: ["END"],
    candidates: 2,
    seed: 7,
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    logprobs: true,
    topLogprobs: 3,
    modalities: ["text", "image"],
  } as const;

  test("is read in camelCase and in snake_case alike", () => {
    const snake = Object.fromEntries(
      Object.entries(everything).map(([key, value]) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]),
    );
    expect(read({ generationConfig: everything })).toMatchObject(neutral);
    expect(read({ generation_config: snake })).toMatchObject(neutral);
    expect(read({ generationConfig: everything }).extra).toEqual({});
    expect(read({ generation_config: snake }).extra).toEqual({});
  });

  test("keeps what has no neutral name under its own path", () => {
    const request = read({
      safetySettings: [{ category: "A" }],
      cached_content: "cachedContents/1",
      labels: { a: "b" },
      generationConfig: { speechConfig: { a: 1 }, image_config: { b: 2 }, responseModalities: ["VIDEO"] },
      toolConfig: { retrievalConfig: { c: 3 } },
      contents: [{ parts: [{ text: "x", videoMetadata: { fps: 1 } }], flavour: 1 }],
      unknown: null,
    });
    expect(request.extra).toEqual({
      safetySettings: [{ category: "A" }],
      cached_content: "cachedContents/1",
      labels: { a: "b" },
      "generationConfig.speechConfig": { a: 1 },
      "generationConfig.image_config": { b: 2 },
      "generationConfig.responseModalities": ["VIDEO"],
      "toolConfig.retrievalConfig": { c: 3 },
      "contents[0].parts[0].videoMetadata": { fps: 1 },
      "contents[0].flavour": 1,
    });
    expect(request.modalities).toBeNull();
  });

  test.each([
    ["flex", "flex"],
    ["STANDARD", "default"],
    ["unspecified", null],
  ])("a service tier %s is %p", (serviceTier, expected) => {
    expect(read({ serviceTier }).serviceTier).toBe(expected);
  });

  const wrong: [body: unknown, param: string][] = [
    ["x", "body"],
    [{}, "contents"],
    [{ contents: [] }, "contents"],
    [{ contents: [1] }, "contents[0]"],
    [{ contents: [{ role: "system", parts: [{ text: "x" }] }] }, "contents[0].role"],
    [{ contents: [{ role: "user" }] }, "contents[0].parts"],
    [{ contents: [{ parts: [{ text: 1 }] }] }, "contents[0].parts[0].text"],
    [{ contents: [{ parts: [{}] }] }, "contents[0].parts[0]"],
    [{ contents: [{ parts: [{ inline_data: { mime_type: "image/png" } }] }] }, "contents[0].parts[0].inline_data.data"],
    [{ contents: [{ parts: [{ fileData: {} }] }] }, "contents[0].parts[0].fileData.fileUri"],
    [{ contents: [{ parts: [{ functionCall: { name: "f" } }] }] }, "contents[0].parts[0]"],
    [{ contents: [{ role: "model", parts: [{ functionCall: {} }] }] }, "contents[0].parts[0].functionCall.name"],
    [
      { contents: [{ role: "model", parts: [{ functionCall: { name: "f", args: [] } }] }] },
      "contents[0].parts[0].functionCall.args",
    ],
    [{ contents: [{ role: "model", parts: [{ functionResponse: { name: "f" } }] }] }, "contents[0].parts[0]"],
    [{ contents: [{ parts: [{ functionResponse: {} }] }] }, "contents[0].parts[0].functionResponse.name"],
    [
      { contents: [{ parts: [{ functionResponse: { name: "f", response: "x" } }] }] },
      "contents[0].parts[0].functionResponse.response",
    ],
    [
      { contents: "x", systemInstruction: { parts: [{ inlineData: { mimeType: "a", data: "AA==" } }] } },
      "systemInstruction.parts[0]",
    ],
    [{ contents: "x", tools: [{ functionDeclarations: [{}] }] }, "tools[0].functionDeclarations[0].name"],
    [
      { contents: "x", tools: { functionDeclarations: { name: "f", parameters: 1 } } },
      "tools.functionDeclarations.parameters",
    ],
    [{ contents: "x", generationConfig: { temperature: "hot" } }, "generationConfig.temperature"],
    [{ contents: "x", generationConfig: { maxOutputTokens: 0 } }, "generationConfig.maxOutputTokens"],
    [{ contents: "x", generation_config: { stop_sequences: [1] } }, "generation_config.stop_sequences[0]"],
    [
      { contents: "x", generationConfig: { thinkingConfig: { thinkingBudget: -2 } } },
      "generationConfig.thinkingConfig.thinkingBudget",
    ],
  ];
  test.each(wrong)("%j is refused by its first wrong field, %s", (body, param) => {
    try {
      geminiClient.decodeRequest(body, { model: "m", stream: false });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(GatewayError);
      expect(error).toMatchObject({ status: 400, param });
    }
  });
});

describe("the conversation", () => {
  const messages = (contents: unknown) => read({ contents }).messages;

  test.each([["x"], [["x"]], [{ parts: { text: "x" } }], [[{ role: "", parts: [{ text: "x" }] }]]])(
    "may be as short as %j",
    (contents) => {
      expect(messages(contents)).toEqual([say("x")] as LlmRequest["messages"]);
    },
  );

  test("has its instructions as text or as content", () => {
    const text = [{ type: "text", text: "be" }];
    expect(read({ systemInstruction: "be" }).system).toEqual(text as never);
    expect(read({ system_instruction: { role: "user", parts: { text: "be" } } }).system).toEqual(text as never);
    expect(read({ systemInstruction: "" }).system).toEqual([]);
    expect(read({ systemInstruction: { parts: [{ text: "" }] } }).system).toEqual([]);
  });

  test("pairs results with calls by name and order when nobody gave ids", () => {
    const call = (name: string, n: number) => ({ functionCall: { name, args: { n } } });
    const result = (name: string, output: string) => ({ functionResponse: { name, response: { output } } });
    const contents = [
      { role: "model", parts: [call("f", 1), call("f", 2), call("g", 3)] },
      { role: "user", parts: [{ text: "and" }, result("f", "a")] },
      { role: "function", parts: [result("g", "c"), result("f", "b")] },
      { role: "model", parts: [call("f", 4)] },
      { role: "user", parts: [result("f", "d")] },
    ];
    const decoded = messages(contents);
    expect(decoded.map(({ role }) => role)).toEqual(["assistant", "tool", "user", "assistant", "tool"]);
    expect(decoded[1]).toMatchObject({
      results: [
        { callId: "gemini_call_1", name: "f", parts: [{ text: "a" }] },
        { callId: "gemini_call_3", name: "g", parts: [{ text: "c" }] },
        { callId: "gemini_call_2", name: "f", parts: [{ text: "b" }] },
      ],
    });
    expect(decoded[4]).toMatchObject({ results: [{ callId: "gemini_call_4" }] });
    expect(messages(contents.slice(0, 3))).toEqual(decoded.slice(0, 3));
  });

  test("pairs by id when there are ids, whatever the order and the names", () => {
    const decoded = messages([
      {
        role: "model",
        parts: [{ functionCall: { id: "a", name: "f" } }, { function_call: { id: "b", name: "f", args: { n: 1 } } }],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { id: "b", name: "f", response: { result: "B" } } },
          { function_response: { id: "a", response: {} } },
          { functionResponse: { id: "z", name: "lost" } },
          { functionResponse: { name: "lost" } },
        ],
      },
    ]);
    expect(decoded).toMatchObject([
      {
        parts: [
          { type: "tool_call", id: "a", arguments: "{}" },
          { id: "b", arguments: '{"n":1}' },
        ],
      },
      {
        results: [
          { callId: "b", parts: [{ text: "B" }] },
          { callId: "a", name: "f", parts: [{ text: "{}" }] },
          { callId: "z", name: "lost", parts: [] },
          { callId: "gemini_call_1", name: "lost" },
        ],
      },
    ]);
  });

  test("has results that failed, are objects or hold pictures", () => {
    const [message] = messages([
      {
        role: "user",
        parts: [
          { functionResponse: { name: "f", response: { error: { code: 1 } } } },
          { functionResponse: { name: "f", response: { output: 1, more: 2 } } },
          {
            functionResponse: {
              name: "f",
              response: { output: "see" },
              parts: [
                { inlineData: { mimeType: "image/png", data: "QQ==" } },
                { fileData: { fileUri: "https://a/b" } },
              ],
              scheduling: "SILENT",
            },
          },
        ],
      },
    ]);
    expect(message).toMatchObject({
      results: [
        { isError: true, parts: [{ text: '{"code":1}' }] },
        { isError: false, parts: [{ text: '{"output":1,"more":2}' }] },
        { parts: [{ text: "see" }, { type: "image" }, { type: "file", source: { kind: "url", url: "https://a/b" } }] },
      ],
    });
  });

  test("has media of every kind", () => {
    const [message] = messages([
      {
        parts: [
          { inlineData: { mimeType: "image/png", data: "_-8", displayName: "a.png" } },
          { inlineData: { mimeType: "audio/wav", data: "QQ==" } },
          { inlineData: { mimeType: "application/pdf", data: "QUI=" } },
          { fileData: { fileUri: "https://a/b.mp4", mimeType: "video/mp4", displayName: "film" } },
          { fileData: { fileUri: "https://generativelanguage.googleapis.com/v1beta/files/1", mimeType: "image/png" } },
          { fileData: { fileUri: "gs://bucket/x" } },
        ],
      },
    ]);
    expect(message).toMatchObject({
      role: "user",
      parts: [
        { type: "image", mediaType: "image/png", source: { kind: "data", base64: "/+8=" }, name: "a.png" },
        { type: "audio" },
        { type: "file", mediaType: "application/pdf" },
        { type: "file", source: { kind: "url", url: "https://a/b.mp4" }, name: "film" },
        { type: "image", source: { kind: "file_id" } },
        { type: "file", mediaType: null, source: { kind: "file_id", id: "gs://bucket/x" } },
      ],
    });
  });

  test("joins the chunks of a streamed turn that a client kept one by one", () => {
    const anthropic = { vendor: "anthropic", value: "S1" } as const;
    const decoded = messages([
      { role: "user", parts: [{ text: "x" }, { text: "thoughts of a user are none", thought: true }] },
      { role: "model", parts: [{ text: "pl", thought: true }] },
      { role: "model", parts: [{ text: "an", thought: true }] },
      { role: "model", parts: [{ text: "", thought: true, thoughtSignature: packSignature(anthropic) }] },
      { role: "model", parts: [{ thought: true, thoughtSignature: packSignature(anthropic, "redacted") }] },
      { role: "model", parts: [{ text: "o" }, { text: "k" }] },
      { role: "model", parts: [{ text: "", thoughtSignature: "SG" }] },
      { role: "model", parts: [{ text: "" }] },
      { role: "model" },
      { role: "model", parts: [{ functionCall: { name: "f" }, thoughtSignature: "skip_thought_signature_validator" }] },
      { role: "model", parts: [{ inlineData: { mimeType: "image/png", data: "QQ==" }, thoughtSignature: "I" }] },
      { role: "model", parts: [{ text: "", thought: true }] },
    ]);
    expect(decoded).toHaveLength(2);
    expect(decoded[0]).toEqual(say("x") as never);
    expect(decoded[1]).toEqual({
      role: "assistant",
      parts: [
        { type: "reasoning", text: "plan", signature: anthropic, redacted: false },
        { type: "reasoning", text: "", signature: anthropic, redacted: true },
        { type: "text", text: "ok", signature: { vendor: "gemini", value: "SG" } },
        {
          type: "tool_call",
          id: "gemini_call_1",
          name: "f",
          arguments: "{}",
          signature: { vendor: "gemini", value: "skip_thought_signature_validator" },
        },
        {
          type: "image",
          mediaType: "image/png",
          source: { kind: "data", base64: "QQ==" },
          name: null,
          detail: null,
          signature: { vendor: "gemini", value: "I" },
        },
      ],
    });
  });

  test("skips signatures that are broken or no text", () => {
    const [, message] = messages([
      "x",
      {
        role: "model",
        parts: [
          { text: "a", thoughtSignature: "sluice.sig.1.broken" },
          { text: "b", thoughtSignature: 1 },
        ],
      },
    ]);
    expect(message).toEqual({ role: "assistant", parts: [{ type: "text", text: "ab" }] });
  });

  test("shows code that Gemini ran as text, and keeps parts of its own tools aside", () => {
    const request = read({
      contents: [
        "x",
        {
          role: "model",
          parts: [
            { executableCode: { language: "PYTHON", code: "print(1)\n" } },
            { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1\n" } },
            { toolCall: { id: "t" } },
          ],
        },
      ],
    });
    expect(request.messages[1]).toEqual({
      role: "assistant",
      parts: [{ type: "text", text: "\n```python\nprint(1)\n```\n\n```\n1\n```\n" }],
    });
    expect(request.extra).toEqual({ "contents[1].parts[2].toolCall": { id: "t" } });
  });
});

describe("tools", () => {
  test("are declared in Gemini's schema or in JSON Schema", () => {
    const request = read({
      tools: [
        {
          function_declarations: [
            {
              name: "f",
              description: "d",
              parameters: {
                type: "OBJECT",
                properties: {
                  any_of: { type: "STRING", nullable: true, format: "enum", enum: ["a"] },
                  list: { type: "ARRAY", min_items: "1", maxItems: 3, items: { type: "INTEGER", format: "int32" } },
                  either: { nullable: true, anyOf: [{ type: "NUMBER" }, { type: "BOOLEAN", nullable: false }] },
                  odd: { type: "TYPE_UNSPECIFIED", example: 1, description: null },
                  both: { type: ["STRING", "INTEGER"], nullable: true },
                  map: { type: "object", additionalProperties: { type: "STRING" } },
                  none: { type: "NULL", nullable: true },
                  strange: { type: 1, properties: 1, anyOf: 1 },
                },
                required: ["any_of"],
                propertyOrdering: ["any_of"],
              },
              response: { type: "STRING" },
            },
            { name: "g", parametersJsonSchema: { type: "object", $schema: "s" } },
            { name: "h" },
          ],
        },
      ],
    });
    expect(request.tools).toEqual([
      {
        name: "f",
        description: "d",
        strict: null,
        parameters: {
          type: "object",
          properties: {
            any_of: { type: ["string", "null"], enum: ["a", null] },
            list: { type: "array", minItems: 1, maxItems: 3, items: { type: "integer", format: "int32" } },
            either: { anyOf: [{ type: "number" }, { type: "boolean" }, { type: "null" }] },
            odd: { examples: [1] },
            both: { type: ["string", "integer", "null"] },
            map: { type: "object", additionalProperties: { type: "string" } },
            none: { type: "null" },
            strange: { type: 1, properties: 1, anyOf: 1 },
          },
          required: ["any_of"],
        },
      },
      { name: "g", description: null, strict: null, parameters: { type: "object", $schema: "s" } },
      { name: "h", description: null, strict: null, parameters: null },
    ]);
    expect(request.extra).toEqual({ "tools[0].function_declarations[0].response": { type: "STRING" } });
  });

  test("of Google's own keep their names and places", () => {
    const request = read({
      tools: [{ google_search: {} }, { codeExecution: {}, urlContext: {} }, { googleMaps: { a: 1 } }],
    });
    expect(request.hostedTools).toEqual([
      { kind: "web_search", type: "googleSearch", raw: { googleSearch: {} }, path: "tools[0].google_search" },
      { kind: "code_execution", type: "codeExecution", raw: { codeExecution: {} }, path: "tools[1].codeExecution" },
      { kind: "url_context", type: "urlContext", raw: { urlContext: {} }, path: "tools[1].urlContext" },
      { kind: null, type: "googleMaps", raw: { googleMaps: { a: 1 } }, path: "tools[2].googleMaps" },
    ]);
  });

  const choices: [config: object | undefined, expected: LlmRequest["toolChoice"]][] = [
    [undefined, null],
    [{}, null],
    [{ functionCallingConfig: {} }, null],
    [{ functionCallingConfig: { mode: "MODE_UNSPECIFIED" } }, null],
    [{ functionCallingConfig: { mode: "AUTO" } }, { type: "auto" }],
    [{ function_calling_config: { mode: "any" } }, { type: "required" }],
    [{ functionCallingConfig: { mode: "NONE" } }, { type: "none" }],
    [{ functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } }, { type: "tool", name: "f" }],
    [
      { functionCallingConfig: { mode: "ANY", allowed_function_names: ["f", "g"] } },
      { type: "allowed", names: ["f", "g"], required: true },
    ],
    [{ functionCallingConfig: { mode: "VALIDATED" } }, { type: "auto" }],
    [
      { functionCallingConfig: { mode: "VALIDATED", allowedFunctionNames: ["f"] } },
      { type: "allowed", names: ["f"], required: false },
    ],
    [{ functionCallingConfig: { mode: "NEW" } }, null],
  ];
  test.each(choices)("the choice %j is %j", (toolConfig, expected) => {
    const tools = [{ functionDeclarations: [{ name: "f" }] }];
    expect(read({ tools, ...(toolConfig === undefined ? {} : { toolConfig }) }).toolChoice).toEqual(expected);
    if (toolConfig !== undefined) expect(read({ toolConfig }).toolChoice).toBeNull();
  });
});

describe("the answer's form", () => {
  const schema = { type: "OBJECT", properties: { a: { type: "STRING" } } };
  const json = { type: "object", properties: { a: { type: "string" } } };
  const asked = { type: "json_schema", name: null, description: null, strict: null };
  const formats: [config: object, expected: unknown, extra: object][] = [
    [{}, null, {}],
    [{ responseMimeType: "text/plain" }, { type: "text" }, {}],
    [{ response_mime_type: "application/json" }, { type: "json_object" }, {}],
    [{ responseMimeType: "application/json", responseSchema: schema }, { ...asked, schema: json }, {}],
    [{ responseMimeType: "application/json", responseJsonSchema: json }, { ...asked, schema: json }, {}],
    [{ _responseJsonSchema: json }, { ...asked, schema: json }, {}],
    [
      { responseMimeType: "text/x.enum", responseSchema: schema },
      null,
      { "generationConfig.responseMimeType": "text/x.enum", "generationConfig.responseSchema": schema },
    ],
    [{ responseFormat: [{ text: { mimeType: "application/json", schema: json } }] }, { ...asked, schema: json }, {}],
    [{ responseFormat: { text: { mimeType: "APPLICATION_JSON" } } }, { type: "json_object" }, {}],
    [{ responseFormat: [{ text: { mimeType: "text/plain" } }] }, { type: "text" }, {}],
    [{ responseFormat: [{ text: {} }] }, null, { "generationConfig.responseFormat": [{ text: {} }] }],
    [{ responseFormat: [{ image: {} }] }, null, { "generationConfig.responseFormat": [{ image: {} }] }],
  ];
  test.each(formats)("%j is %j", (generationConfig, expected, extra) => {
    const request = read({ generationConfig });
    expect(request.responseFormat).toEqual(expected as never);
    expect(request.extra).toEqual(extra as Record<string, unknown>);
  });

  const thinking: [config: object, expected: LlmRequest["reasoning"]][] = [
    [{}, null],
    [{ thinkingBudget: 0 }, { effort: "none", budgetTokens: null, visible: null }],
    [{ thinkingBudget: -1 }, { effort: null, budgetTokens: -1, visible: null }],
    [
      { thinking_budget: 900, include_thoughts: true },
      { effort: null, budgetTokens: 900, visible: true },
    ],
    [{ thinkingLevel: "HIGH" }, { effort: "high", budgetTokens: null, visible: null }],
    [
      { thinkingLevel: "THINKING_LEVEL_UNSPECIFIED", includeThoughts: false },
      { effort: null, budgetTokens: null, visible: false },
    ],
  ];
  test.each(thinking)("thinking %j is %j", (thinkingConfig, expected) => {
    expect(read({ generationConfig: { thinkingConfig } }).reasoning).toEqual(expected);
  });

  test("a single stop sequence and an empty list of modalities are taken", () => {
    expect(read({ generationConfig: { stopSequences: "a", responseModalities: [] } })).toMatchObject({
      stop: ["a"],
      modalities: null,
    });
  });
});

test("fields are called what a Gemini client calls them", () => {
  expect(geminiClient.fieldName("maxOutputTokens")).toBe("generationConfig.maxOutputTokens");
  expect(geminiClient.fieldName("messages")).toBe("contents");
});

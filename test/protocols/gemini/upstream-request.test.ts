import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../../src/errors.ts";
import type { Effort, LlmRequest, Message, OutputPart, Reasoning, ToolResult } from "../../../src/llm/request.ts";
import type { ModelTraits } from "../../../src/llm/traits.ts";
import type { UpstreamTarget } from "../../../src/protocols/codec.ts";
import { geminiUpstream } from "../../../src/protocols/gemini/codec.ts";
import { ask, BUDGET, LEVEL, old, PLAIN, target } from "./contexts.ts";

const SKIP = "skip_thought_signature_validator";
const encode = (change: Partial<LlmRequest>, to = target()) => geminiUpstream.encodeRequest(ask(change), to);
const body = (change: Partial<LlmRequest>, to = target()) => encode(change, to).body;
const contents = (messages: readonly Message[], to = target()) => body({ messages }, to).contents as unknown[];
const config = (change: Partial<LlmRequest>, to = target()) => body(change, to).generationConfig as object | undefined;

const user = (text: string): Message => ({ role: "user", parts: [{ type: "text", text }] });
const model = (...parts: OutputPart[]): Message => ({ role: "assistant", parts });
const call = (id: string, name = "f", args = "{}", signature: string | null = null): OutputPart => ({
  type: "tool_call",
  id,
  name,
  arguments: args,
  signature: signature === null ? null : { vendor: "gemini", value: signature },
});
const result = (callId: string, text: string, more: Partial<ToolResult> = {}): ToolResult => ({
  callId,
  name: null,
  parts: [{ type: "text", text }],
  isError: false,
  ...more,
});
const tool = (...results: ToolResult[]): Message => ({ role: "tool", results });
const said = (text: string) => ({ role: "user", parts: [{ text }] });

function refusal(change: Partial<LlmRequest>, to?: UpstreamTarget): GatewayError {
  try {
    encode(change, to);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error("was not refused");
}

describe("a request", () => {
  test("says what the client said and nothing else", () => {
    expect(encode({})).toEqual({
      body: { contents: [said("x")] },
      dropped: [],
      toolNames: new Map(),
      headers: {},
      query: "",
    });
  });

  test("carries every setting that Gemini has", () => {
    const settings = {
      maxOutputTokens: 10,
      temperature: 0,
      topP: 0.5,
      topK: 4,
      stop: ["a", "", "b"],
      candidates: 2,
      seed: 1,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      modalities: ["text", "image"],
    } as const;
    expect(config(settings)).toEqual({
      maxOutputTokens: 10,
      temperature: 0,
      topP: 0.5,
      topK: 4,
      stopSequences: ["a", "b"],
      candidateCount: 2,
      seed: 1,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      responseModalities: ["TEXT", "IMAGE"],
    });
    expect(config({ candidates: 1, modalities: ["text"], logprobs: false, topLogprobs: 0 })).toBeUndefined();
  });

  test("names what had to be left out as the client calls it", () => {
    const { dropped } = encode(
      {
        temperature: 1,
        topP: 1,
        topK: 1,
        verbosity: "low",
        parallelToolCalls: false,
        tools: [{ name: "f", description: null, parameters: null, strict: true }],
        user: "u",
        metadata: {},
        promptCacheKey: "k",
        logitBias: {},
        serviceTier: "scale",
        reasoning: { effort: "low", budgetTokens: null, visible: null },
        responseFormat: { type: "json_schema", name: "n", description: null, schema: {}, strict: true },
        extra: { store: false, stream_options: {}, "generationConfig.a.b": 1, "labels.a": 1 },
      },
      target("gemini-x", PLAIN),
    );
    expect(dropped).toEqual([
      "my_temperature",
      "my_topP",
      "my_topK",
      "my_responseFormat",
      "my_reasoning",
      "my_serviceTier",
      "my_verbosity",
      "my_logitBias",
      "my_user",
      "my_metadata",
      "my_promptCacheKey",
      "my_parallelToolCalls",
      "my_tools[].strict",
      "generationConfig.a.b",
      "labels.a",
    ]);
  });

  test("does not report what needs no telling", () => {
    const quiet = {
      parallelToolCalls: true,
      serviceTier: "auto",
      reasoning: { effort: "none", budgetTokens: null, visible: null },
    };
    expect(encode(quiet as Partial<LlmRequest>, target("gemini-x", PLAIN)).dropped).toEqual([]);
    expect(encode({ parallelToolCalls: false }).dropped).toEqual([]);
  });

  test.each([
    ["flex", "flex"],
    ["priority", "priority"],
    ["default", "standard"],
  ])("asks for the tier %s as %s", (serviceTier, expected) => {
    expect(body({ serviceTier }).serviceTier).toBe(expected);
  });

  test("gives a Gemini client's own fields back", () => {
    const { body: written, dropped } = encode({
      tools: [{ name: "f", description: null, parameters: null, strict: null }],
      toolChoice: { type: "auto" },
      extra: {
        safetySettings: [1],
        cached_content: "c",
        "generation_config.speech_config": { a: 1 },
        "toolConfig.retrievalConfig": { b: 2 },
      },
    });
    expect(written).toMatchObject({
      safetySettings: [1],
      cachedContent: "c",
      generationConfig: { speechConfig: { a: 1 } },
      toolConfig: { functionCallingConfig: { mode: "AUTO" }, retrievalConfig: { b: 2 } },
    });
    expect(dropped).toEqual([]);
  });

  const refused: [change: Partial<LlmRequest>, param: string][] = [
    [{ logprobs: true }, "my_logprobs"],
    [{ topLogprobs: 2 }, "my_topLogprobs"],
    [{ stop: ["a", "b", "c", "d", "e", "f"] }, "my_stop"],
    [{ hostedTools: [{ kind: null, type: "mcp", raw: {}, path: "tools[2]" }] }, "tools[2]"],
    [
      {
        messages: [
          {
            role: "user",
            parts: [
              { type: "file", mediaType: null, source: { kind: "file_id", id: "file-1" }, name: null, detail: null },
            ],
          },
        ],
      },
      "my_messages",
    ],
  ];
  test.each(refused)("%j is refused by its name", (change, param) => {
    expect(refusal(change)).toMatchObject({ status: 400, code: "unsupported_parameter", param });
  });

  test("with a result of no call is wrong", () => {
    expect(refusal({ messages: [tool(result("c9", "x"))] })).toMatchObject({ status: 400, param: "my_messages" });
  });
});

describe("the conversation", () => {
  test("has its instructions before it, and those within it in place", () => {
    const text = (words: string) => ({ type: "text", text: words }) as const;
    expect(
      body({
        system: [text("a"), text(""), text("b")],
        messages: [
          user("x"),
          model({ type: "text", text: "y" }),
          { role: "developer", parts: [text("be"), text("")] },
          user("z"),
          { role: "system", parts: [text("end")] },
        ],
      }),
    ).toEqual({
      systemInstruction: { parts: [{ text: "a" }, { text: "b" }] },
      contents: [
        said("x"),
        { role: "model", parts: [{ text: "y" }] },
        {
          role: "user",
          parts: [{ text: "<system>\nbe\n</system>" }, { text: "z" }, { text: "<system>\nend\n</system>" }],
        },
      ],
    });
  });

  test("is never without contents", () => {
    expect(body({ system: [{ type: "text", text: "go" }], messages: [] })).toEqual({ contents: [said("go")] });
    expect(body({ messages: [user("")] })).toEqual({ contents: [said("")] });
  });

  test("answers parallel calls in one content, by name, with objects (D05)", () => {
    const messages = [
      user("both"),
      model(call("c1", "f", '{"city":"R"}'), call("c2", "g", " ")),
      tool(result("c2", "12:00")),
      tool(result("c1", '{"t":18}')),
    ];
    expect(contents(messages, old)).toEqual([
      said("both"),
      {
        role: "model",
        parts: [{ functionCall: { name: "f", args: { city: "R" } } }, { functionCall: { name: "g", args: {} } }],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { name: "g", response: { output: "12:00" } } },
          { functionResponse: { name: "f", response: { t: 18 } } },
        ],
      },
    ]);
    expect(contents(messages)[2]).toMatchObject({
      parts: [{ functionResponse: { id: "c2" } }, { functionResponse: { id: "c1" } }],
    });
  });

  const responses: [text: string, isError: boolean, expected: object][] = [
    ["plain", false, { output: "plain" }],
    ["bad", true, { error: "bad" }],
    ['{"a":1}', true, { error: '{"a":1}' }],
    ["[1]", false, { output: "[1]" }],
    ['{"output":"o"}', false, { output: "o" }],
    ['{"output":"o","code":1}', false, { output: { output: "o", code: 1 } }],
    ['{"id":12345678901234567890}', false, { output: '{"id":12345678901234567890}' }],
    ["{broken", false, { output: "{broken" }],
    ["", false, { output: "" }],
  ];
  test.each(responses)("a result %j (failed: %p) is %j", (text, isError, response) => {
    const [, , last] = contents([user("x"), model(call("c")), tool(result("c", text, { isError }))], old);
    expect(last).toEqual({ role: "user", parts: [{ functionResponse: { name: "f", response } }] });
  });

  test("shows pictures in results: inside them from Gemini 3 on, before that behind them", () => {
    const parts = [
      { type: "text", text: "see" },
      { type: "image", mediaType: "image/png", source: { kind: "data", base64: "QQ==" }, name: null, detail: null },
      { type: "file", mediaType: null, source: { kind: "text", text: "read" }, name: "a.txt", detail: null },
    ] as const;
    const messages = [user("x"), model(call("c"), call("d")), tool(result("c", "", { parts }), result("d", "2"))];
    const picture = { inlineData: { mimeType: "image/png", data: "QQ==" } };
    const response = { output: "see\na.txt\n\nread" };
    expect(contents(messages)[2]).toEqual({
      role: "user",
      parts: [
        { functionResponse: { id: "c", name: "f", response, parts: [picture] } },
        { functionResponse: { id: "d", name: "f", response: { output: "2" } } },
      ],
    });
    expect(contents(messages, old)[2]).toEqual({
      role: "user",
      parts: [
        { functionResponse: { name: "f", response } },
        { functionResponse: { name: "f", response: { output: "2" } } },
        picture,
      ],
    });
  });

  test("puts what stands between calls and results behind the results", () => {
    const messages = [
      user("x"),
      model(call("c")),
      { role: "system", parts: [{ type: "text", text: "s" }] } as const,
      tool(result("c", "1")),
      user("y"),
    ];
    expect(contents(messages, old)[2]).toEqual({
      role: "user",
      parts: [
        { functionResponse: { name: "f", response: { output: "1" } } },
        { text: "<system>\ns\n</system>" },
        { text: "y" },
      ],
    });
  });

  test("carries media by value or by address", () => {
    const media = (type: "image" | "audio" | "file", url: string, mediaType: string | null = null) =>
      ({ type, mediaType, source: { kind: "url", url }, name: null, detail: null }) as const;
    const parts = [
      media("image", "https://a/b.PNG?x=1"),
      media("image", "https://a/b"),
      media("audio", "https://a/b"),
      media("file", "https://a.pdf/b"),
      media("file", "https://a/b", "video/mp4"),
      media("file", "https://www.youtube.com/watch?v=1"),
      { type: "file", mediaType: null, source: { kind: "data", base64: "QQ==" }, name: "t.csv", detail: null },
      { type: "file", mediaType: "image/png", source: { kind: "file_id", id: "gs://b/c" }, name: null, detail: null },
      { type: "file", mediaType: null, source: { kind: "file_id", id: "gs://b/d" }, name: null, detail: null },
      { type: "file", mediaType: null, source: { kind: "text", text: "t" }, name: null, detail: null },
    ] as const;
    expect(contents([{ role: "user", parts }])).toEqual([
      {
        role: "user",
        parts: [
          { fileData: { fileUri: "https://a/b.PNG?x=1", mimeType: "image/png" } },
          { fileData: { fileUri: "https://a/b", mimeType: "image/jpeg" } },
          { fileData: { fileUri: "https://a/b", mimeType: "audio/wav" } },
          { fileData: { fileUri: "https://a.pdf/b", mimeType: "application/pdf" } },
          { fileData: { fileUri: "https://a/b", mimeType: "video/mp4" } },
          { fileData: { fileUri: "https://www.youtube.com/watch?v=1" } },
          { inlineData: { mimeType: "text/csv", data: "QQ==" } },
          { fileData: { fileUri: "gs://b/c", mimeType: "image/png" } },
          { fileData: { fileUri: "gs://b/d" } },
          { text: "t" },
        ],
      },
    ]);
  });

  test("sends arguments that no parser reads as one text", () => {
    expect(contents([user("x"), model(call("c", "f", "{oops"))], old)[1]).toEqual({
      role: "model",
      parts: [{ functionCall: { name: "f", args: { arguments: "{oops" } } }],
    });
  });
});

describe("signatures", () => {
  const thought = (text: string, value: string, vendor: "gemini" | "anthropic" = "gemini"): OutputPart => ({
    type: "reasoning",
    text,
    signature: { vendor, value },
    redacted: false,
  });
  const answerOf = (...parts: OutputPart[]) => (contents([user("x"), model(...parts)])[1] as { parts: object[] }).parts;
  const f = (id = "c") => ({ functionCall: { id, name: "f", args: {} } });

  test("go back on calls, texts and pictures; other vendors' and their thoughts stay here", () => {
    const signed = { vendor: "gemini", value: "T" } as const;
    expect(
      answerOf(
        thought("secret", "A", "anthropic"),
        { type: "reasoning", text: "unsigned", signature: null, redacted: false },
        { type: "text", text: "a", signature: signed },
        { type: "text", text: "" },
        { type: "text", text: "", signature: signed },
        { type: "refusal", text: "no" },
        { type: "refusal", text: "" },
        {
          type: "image",
          mediaType: "image/png",
          source: { kind: "data", base64: "QQ==" },
          name: null,
          detail: null,
          signature: signed,
        },
        call("c", "f", "{}", "S"),
        { ...call("d"), signature: { vendor: "anthropic", value: "A" } } as OutputPart,
      ),
    ).toEqual([
      { text: "a", thoughtSignature: "T" },
      { text: "", thoughtSignature: "T" },
      { text: "no" },
      { inlineData: { mimeType: "image/png", data: "QQ==" }, thoughtSignature: "T" },
      { ...f(), thoughtSignature: "S" },
      f("d"),
    ]);
    expect(contents([user("x"), model(thought("a", "A", "anthropic")), user("y")])).toEqual([
      { role: "user", parts: [{ text: "x" }, { text: "y" }] },
    ]);
  });

  test("that travelled in a thought go back to what follows it (J02, L14)", () => {
    expect(answerOf(thought("plan", "S"), call("c"), call("d"))).toEqual([
      { text: "plan", thought: true },
      { ...f(), thoughtSignature: "S" },
      f("d"),
    ]);
    expect(answerOf(thought("plan", "A"), thought("", "B"), call("c"))).toEqual([
      { text: "plan", thought: true, thoughtSignature: "A" },
      { ...f(), thoughtSignature: "B" },
    ]);
    expect(answerOf(thought("", "B"), { type: "text", text: "a" })).toEqual([{ text: "a", thoughtSignature: "B" }]);
    expect(answerOf(thought("plan", "B"), { type: "text", text: "a" })).toEqual([
      { text: "plan", thought: true, thoughtSignature: "B" },
      { text: "a" },
    ]);
    expect(answerOf({ type: "text", text: "a" }, thought("", "B"))).toEqual([
      { text: "a" },
      { text: "", thoughtSignature: "B" },
    ]);
    expect(answerOf(thought("", "B"), call("c", "f", "{}", "S"))).toEqual([
      { text: "", thoughtSignature: "B" },
      { ...f(), thoughtSignature: "S" },
    ]);
  });

  test("that nobody has are skipped for the first call of each step of the current turn (D08)", () => {
    const messages = [
      user("old"),
      model(call("a")),
      tool(result("a", "1")),
      model({ type: "text", text: "done" }),
      user("new"),
      model({ type: "text", text: "hm" }, call("b"), call("c")),
      tool(result("b", "1"), result("c", "2")),
      model(call("d", "f", "{}", "S")),
      tool(result("d", "3")),
      user("more"),
      model(call("e")),
    ];
    const signatures = (to: UpstreamTarget) =>
      (contents(messages, to) as { parts: Record<string, unknown>[] }[])
        .flatMap(({ parts }) => parts)
        .filter((part) => part.functionCall !== undefined)
        .map(({ thoughtSignature }) => thoughtSignature);
    expect(signatures(target())).toEqual([undefined, SKIP, undefined, "S", SKIP]);
    expect(signatures(old)).toEqual([undefined, undefined, undefined, "S", undefined]);
  });

  test.each([
    ["gemini-3-flash", true],
    ["models/gemini-4-argon", true],
    ["gemini-2.5-pro", false],
    ["my-gemini-3", false],
  ])("are checked by %s: %p", (name, isChecked) => {
    const [, answer] = contents([user("x"), model(call("c"))], target(name, PLAIN)) as {
      parts: { thoughtSignature?: string }[];
    }[];
    expect(answer?.parts[0]?.thoughtSignature === SKIP).toBe(isChecked);
  });
});

describe("tools", () => {
  const declare = (name: string, parameters: Record<string, unknown> | null = null) =>
    ({ name, description: null, parameters, strict: null }) as const;

  test("are declared with their JSON Schema unreduced", () => {
    const schema = {
      type: "object",
      properties: { a: { $ref: "#/$defs/a" } },
      $defs: { a: { type: "string" } },
      additionalProperties: false,
    };
    const tools = [{ ...declare("f", { $schema: "s", ...schema }), description: "d" }, declare("g")];
    expect(body({ tools }).tools).toEqual([
      { functionDeclarations: [{ name: "f", description: "d", parametersJsonSchema: schema }, { name: "g" }] },
    ]);
  });

  test("of the vendor are asked for beside them", () => {
    const hosted = (kind: "web_search" | "code_execution" | "url_context" | null, type: string) =>
      ({ kind, type, raw: { [type]: { a: 1 } }, path: "tools[0]" }) as const;
    const hostedTools = [
      hosted("web_search", "web_search_20260209"),
      hosted("code_execution", "code_interpreter"),
      hosted("url_context", "web_fetch"),
      hosted(null, "googleMaps"),
    ];
    const { tools, toolConfig } = body({ hostedTools, tools: [declare("f")], toolChoice: { type: "auto" } });
    const config = { functionCallingConfig: { mode: "VALIDATED" }, includeServerSideToolInvocations: true };
    expect(toolConfig).toEqual(config);
    expect(tools).toEqual([
      { functionDeclarations: [{ name: "f" }] },
      { googleSearch: {} },
      { codeExecution: {} },
      { urlContext: {} },
      { googleMaps: { a: 1 } },
    ]);
  });

  const choices: [choice: LlmRequest["toolChoice"], expected: object][] = [
    [{ type: "auto" }, { mode: "AUTO" }],
    [{ type: "none" }, { mode: "NONE" }],
    [{ type: "required" }, { mode: "ANY" }],
    [
      { type: "tool", name: "f" },
      { mode: "ANY", allowedFunctionNames: ["f"] },
    ],
    [
      { type: "allowed", names: ["f", "1/2"], required: true },
      { mode: "ANY", allowedFunctionNames: ["f", "_1_2"] },
    ],
    [
      { type: "allowed", names: ["f"], required: false },
      { mode: "VALIDATED", allowedFunctionNames: ["f"] },
    ],
  ];
  test.each(choices)("the choice %j is %j", (toolChoice, expected) => {
    const tools = [declare("f"), declare("1/2")];
    expect(body({ tools, toolChoice }).toolConfig).toEqual({ functionCallingConfig: expected });
    expect(body({ toolChoice }).toolConfig).toBeUndefined();
  });

  test("whose names Gemini refuses get others, everywhere the same and all different", () => {
    const long = "x".repeat(130);
    const names = ["ns.get/weather", "ns.get_weather", "ns.get weather", "1st", long, `${long}y`, "ok:name-1.2"];
    const { body: written, toolNames } = encode({
      tools: names.map((name) => declare(name)),
      messages: [
        user("x"),
        model(call("c", "ns.get/weather"), call("d", "gone away")),
        tool(result("c", "1"), result("d", "2")),
      ],
    });
    const [{ functionDeclarations }] = written.tools as [{ functionDeclarations: { name: string }[] }];
    const given = functionDeclarations.map(({ name }) => name);
    expect(given).toEqual([
      "ns.get_weather_2",
      "ns.get_weather",
      "ns.get_weather_3",
      "_1st",
      "x".repeat(128),
      `${"x".repeat(126)}_2`,
      "ok:name-1.2",
    ]);
    expect(Object.fromEntries(toolNames)).toEqual({
      "ns.get_weather_2": "ns.get/weather",
      "ns.get_weather_3": "ns.get weather",
      _1st: "1st",
      ["x".repeat(128)]: long,
      [`${"x".repeat(126)}_2`]: `${long}y`,
      gone_away: "gone away",
    });
    expect(written.contents).toMatchObject([
      {},
      { parts: [{ functionCall: { name: "ns.get_weather_2" } }, { functionCall: { name: "gone_away" } }] },
      { parts: [{ functionResponse: { name: "ns.get_weather_2" } }, { functionResponse: { name: "gone_away" } }] },
    ]);
  });
});

describe("the answer's form", () => {
  test("is text, JSON, or JSON of a schema", () => {
    const schema = { type: "object", oneOf: [] };
    const asked = {
      type: "json_schema",
      name: "n",
      description: "d",
      schema: { $schema: "s", ...schema },
      strict: true,
    } as const;
    expect(config({ responseFormat: { type: "text" } })).toBeUndefined();
    expect(config({ responseFormat: { type: "json_object" } })).toEqual({ responseMimeType: "application/json" });
    for (const to of [target(), old]) {
      expect(config({ responseFormat: asked }, to)).toEqual({
        responseMimeType: "application/json",
        responseJsonSchema: schema,
      });
    }
    expect(config({ responseFormat: asked }, target("x", PLAIN))).toEqual({ responseMimeType: "application/json" });
  });
});

describe("thinking", () => {
  const think = (change: Partial<Reasoning>, to: UpstreamTarget) =>
    (
      config({ reasoning: { effort: null, budgetTokens: null, visible: null, ...change } }, to) as {
        thinkingConfig?: object;
      }
    )?.thinkingConfig;
  const flash = target("gemini-3-flash", { ...LEVEL, efforts: ["minimal", "low", "medium", "high"] });
  const few = target("gemini-3-pro", { ...LEVEL, efforts: ["low", "high"] });
  const unknown = target("gemini-9", { ...LEVEL, efforts: [] });

  const levels: [effort: Effort, pro: string, flash: string, few: string][] = [
    ["none", "LOW", "MINIMAL", "LOW"],
    ["minimal", "LOW", "MINIMAL", "LOW"],
    ["low", "LOW", "LOW", "LOW"],
    ["medium", "MEDIUM", "MEDIUM", "HIGH"],
    ["high", "HIGH", "HIGH", "HIGH"],
    ["xhigh", "HIGH", "HIGH", "HIGH"],
    ["max", "HIGH", "HIGH", "HIGH"],
  ];
  test.each(levels)("effort %s is the level that comes nearest", (effort, ...expected) => {
    const given = [target(), flash, few].map((to) => think({ effort }, to));
    const shown = effort === "none" ? {} : { includeThoughts: true };
    expect(given).toEqual(expected.map((thinkingLevel) => ({ thinkingLevel, ...shown })));
    expect(think({ effort }, unknown)).toEqual(given[1]!);
  });

  const budgets: [tokens: number, level: string | undefined][] = [
    [-1, undefined],
    [0, "LOW"],
    [1024, "LOW"],
    [8000, "MEDIUM"],
    [31_999, "HIGH"],
  ];
  test.each(budgets)("a budget of %d is the level %p", (budgetTokens, thinkingLevel) => {
    expect(think({ budgetTokens }, target())).toEqual({
      ...(thinkingLevel === undefined ? {} : { thinkingLevel }),
      includeThoughts: true,
    });
  });

  const pro = target("gemini-2.5-pro", { ...BUDGET, efforts: ["low", "medium", "high"] });
  const tokens: [change: Partial<Reasoning>, flash: number | undefined, pro: number | undefined][] = [
    [{ effort: "none" }, 0, 128],
    [{ effort: "minimal" }, 1024, 1024],
    [{ effort: "medium" }, 8192, 8192],
    [{ effort: "high" }, 24_576, 24_576],
    [{ effort: "max" }, 24_576, 32_768],
    [{ budgetTokens: 31_999 }, 24_576, 31_999],
    [{ budgetTokens: 5, effort: "high" }, 5, 128],
    [{ budgetTokens: -1 }, -1, -1],
    [{ visible: true }, undefined, undefined],
  ];
  test.each(tokens)("%j is a budget on Gemini 2.5", (change, ...expected) => {
    const shown = change.effort === "none" ? {} : { includeThoughts: true };
    expect([old, pro].map((to) => think(change, to))).toEqual(
      expected.map((thinkingBudget) => ({ ...(thinkingBudget === undefined ? {} : { thinkingBudget }), ...shown })),
    );
  });

  test("is not shown to who does not want it, and not asked of models without it", () => {
    expect(think({ effort: "high", visible: false }, target())).toEqual({ thinkingLevel: "HIGH" });
    expect(think({ visible: false }, target())).toBeUndefined();
    const traits: ModelTraits = { ...PLAIN, thinking: "adaptive" };
    for (const reasoning of [{ budgetTokens: 5 }, { visible: true }]) {
      const full = { effort: null, budgetTokens: null, visible: null, ...reasoning };
      expect(encode({ reasoning: full }, target("x", traits)).dropped).toEqual(["my_reasoning"]);
    }
  });
});

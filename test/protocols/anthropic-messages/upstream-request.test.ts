import { describe, expect, test } from "bun:test";
import type { LlmRequest, Message, OutputPart } from "../../../src/llm/request.ts";
import type { UpstreamTarget } from "../../../src/protocols/codec.ts";
import { call, encode, type Json, refusal, requestOf, result, SIGNED, SONNET, targetOf, USER } from "./fixture.ts";

const SONNET_45 = targetOf(SONNET, "claude-sonnet-4-5");
const TOOL = { name: "f", description: "F", parameters: { type: "object", properties: {} }, strict: null };

describe("a request to Claude", () => {
  test("has max_tokens and a version even when nothing was said", () => {
    expect(encode({})).toEqual({
      body: {
        model: "claude-opus-5-5",
        max_tokens: 64_000,
        messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
      },
      dropped: [],
      toolNames: new Map(),
      headers: { "anthropic-version": "2026-10-21" },
      query: "",
    });
  });

  test("carries what both know", () => {
    const { body } = encode({
      stream: true,
      maxOutputTokens: 100,
      stop: ["END"],
      user: "u-1",
      serviceTier: "default",
      system: [
        { type: "text", text: "long", cacheControl: { type: "ephemeral", ttl: "1h" } },
        { type: "text", text: " " },
      ],
    });
    expect(body).toMatchObject({
      stream: true,
      max_tokens: 100,
      stop_sequences: ["END"],
      metadata: { user_id: "u-1" },
      service_tier: "standard_only",
      system: [{ type: "text", text: "long", cache_control: { type: "ephemeral", ttl: "1h" } }],
    });
    expect(encode({ serviceTier: "auto" }).body.service_tier).toBe("auto");
    expect(encode({ maxOutputTokens: 1_000_000 }).body.max_tokens).toBe(64_000);
  });

  test("reports what it leaves out by the client's names", () => {
    const { body, dropped } = encode({
      seed: 1,
      frequencyPenalty: 0.5,
      presencePenalty: -1,
      logitBias: { a: 1 },
      verbosity: "low",
      metadata: { a: "b" },
      promptCacheKey: "k",
      serviceTier: "flex",
      user: "someone@example.com",
      stop: ["", "\n", "END"],
      temperature: 1,
      topP: 0.5,
      topK: 3,
      extra: { "reasoning.context": "all", prediction: {} },
    });
    expect(dropped.toSorted()).toEqual(
      [
        "reasoning.context",
        "prediction",
        ...["seed", "frequencyPenalty", "presencePenalty", "logitBias", "verbosity", "metadata", "promptCacheKey"],
        ...["serviceTier", "user", "stop", "temperature", "topP", "topK"],
      ]
        .map((name) => (name === "reasoning.context" || name === "prediction" ? name : `client.${name}`))
        .toSorted(),
    );
    expect(Object.keys(body).toSorted()).toEqual(["max_tokens", "messages", "model", "stop_sequences"]);
    expect(encode({ metadata: {}, logitBias: {}, user: "", frequencyPenalty: 0 }).dropped).toEqual([]);
    expect(encode({ user: "+49 151 123456" }).dropped).toEqual(["client.user"]);
    expect(encode({ stop: [" "] }).body.stop_sequences).toBeUndefined();
  });

  test.each([
    [{ candidates: 2 }, "client.candidates"],
    [{ logprobs: true }, "client.logprobs"],
    [{ topLogprobs: 2 }, "client.topLogprobs"],
    [{ modalities: ["text", "audio"] }, "client.modalities"],
    [{ extra: { previous_response_id: "resp_1" } }, "previous_response_id"],
    [{ extra: { cachedContent: "c" } }, "cachedContent"],
    [{ hostedTools: [{ kind: null, type: "file_search", raw: {}, path: "tools[1]" }] }, "tools[1]"],
  ] as [Partial<LlmRequest>, string][])("refuses %j", (fields, param) => {
    expect(refusal(() => encode(fields))).toMatchObject({ status: 400, code: "unsupported_parameter", param });
  });

  test("takes what only repeats a default", () => {
    const fields = { candidates: 1, logprobs: false, topLogprobs: 0, modalities: ["text"] } as const;
    expect(encode({ ...fields, extra: { audio: null } }).dropped).toEqual([]);
  });
});

describe("sampling", () => {
  const cases: [Partial<LlmRequest>, Json, string[]][] = [
    [{ temperature: 1.5 }, { temperature: 1 }, []],
    [{ temperature: -1, topK: 5 }, { temperature: 0, top_k: 5 }, []],
    [{ temperature: 0.5, topP: 0.5 }, { temperature: 0.5 }, ["topP"]],
    [{ temperature: 1, topP: 0.5 }, { top_p: 0.5 }, []],
    [{ topP: 3 }, { top_p: 1 }, []],
    [{ temperature: 0.5, reasoning: effort("high") }, {}, ["temperature"]],
    [{ temperature: 1, reasoning: effort("high") }, {}, []],
    [{ topP: 0.96, topK: 2, reasoning: effort("high") }, { top_p: 0.96 }, ["topK"]],
    [{ topP: 0.9, reasoning: effort("high") }, {}, ["topP"]],
    [{ temperature: 0.5, reasoning: effort("none") }, { temperature: 0.5 }, []],
  ];
  test.each(cases)("%j", (fields, sampling, dropped) => {
    const encoded = encode(fields, SONNET_45);
    const { temperature, top_p, top_k } = encoded.body;
    expect(defined({ temperature, top_p, top_k })).toEqual(sampling);
    expect(encoded.dropped).toEqual(dropped.map((field) => `client.${field}`));
    const isSent = Object.keys(sampling).length > 0;
    expect(encoded.headers["anthropic-version"]).toBe(isSent ? "2023-06-01" : "2026-10-21");
  });

  test("is forbidden while thinking adaptively too", () => {
    const target = targetOf({ sampling: true }, "claude-opus-4-6");
    expect(encode({ temperature: 0.5, reasoning: effort("low") }, target).dropped).toEqual(["client.temperature"]);
    expect(encode({ temperature: 0.5 }, target).body.temperature).toBe(0.5);
  });
});

describe("thinking", () => {
  const adaptive: [LlmRequest["reasoning"], Json][] = [
    [null, {}],
    [effort("xhigh"), { thinking: { type: "adaptive" }, output_config: { effort: "xhigh" } }],
    [effort("minimal"), { thinking: { type: "adaptive" }, output_config: { effort: "low" } }],
    [effort("none"), { thinking: { type: "disabled" } }],
    [{ effort: null, budgetTokens: 0, visible: null }, { thinking: { type: "disabled" } }],
    [{ effort: null, budgetTokens: -1, visible: true }, { thinking: { type: "adaptive", display: "summarized" } }],
    [
      { effort: null, budgetTokens: 10_000, visible: false },
      { thinking: { type: "adaptive", display: "omitted" }, output_config: { effort: "medium" } },
    ],
  ];
  test.each(adaptive)("%j on an adaptive model", (reasoning, fields) => {
    const { thinking, output_config } = encode({ reasoning }).body;
    expect(defined({ thinking, output_config })).toEqual(fields);
  });

  test("is left to the effort when a call is forced, or cannot be turned off", () => {
    const forced = { reasoning: effort("high"), tools: [TOOL], toolChoice: { type: "required" } } as const;
    const { thinking, output_config } = encode(forced).body;
    expect(defined({ thinking, output_config })).toEqual({ output_config: { effort: "high" } });
    const always = targetOf({ efforts: ["low", "high"] });
    const least = encode({ reasoning: effort("none") }, always).body;
    expect(defined({ thinking: least.thinking, output_config: least.output_config })).toEqual({
      output_config: { effort: "low" },
    });
  });

  const budgets: [Partial<LlmRequest>, unknown, number, string[]][] = [
    [{ reasoning: effort("high") }, enabled(24_576), 64_000, []],
    [{ reasoning: effort("high"), maxOutputTokens: 8_000 }, enabled(6_400), 8_000, []],
    [{ reasoning: effort("low"), maxOutputTokens: 200 }, enabled(1_024), 1_224, []],
    [{ reasoning: { effort: "max", budgetTokens: 500, visible: null } }, enabled(1_024), 64_000, []],
    [{ reasoning: { effort: null, budgetTokens: 2_000, visible: true } }, enabled(2_000), 64_000, []],
    [{ reasoning: { effort: null, budgetTokens: -1, visible: null } }, enabled(8_192), 64_000, []],
    [{ reasoning: { effort: null, budgetTokens: null, visible: true } }, enabled(8_192), 64_000, []],
    [{ reasoning: { effort: null, budgetTokens: null, visible: false } }, undefined, 64_000, []],
    [{ reasoning: effort("none") }, { type: "disabled" }, 64_000, []],
    [{ reasoning: { effort: null, budgetTokens: 0, visible: null } }, { type: "disabled" }, 64_000, []],
    [
      { reasoning: effort("low"), tools: [TOOL], toolChoice: { type: "tool", name: "f" } },
      undefined,
      64_000,
      ["client.reasoning"],
    ],
  ];
  test.each(budgets)("%j on a model with budgets", (fields, thinking, maxTokens, dropped) => {
    const encoded = encode(fields, SONNET_45);
    expect([encoded.body.thinking, encoded.body.max_tokens]).toEqual([thinking, maxTokens]);
    expect(encoded.dropped).toEqual(dropped);
  });

  test("that does not fit into what the model gives is left out", () => {
    const tiny = targetOf({ ...SONNET, maxOutputTokens: 1_000 });
    expect(encode({ reasoning: effort("low") }, tiny)).toMatchObject({
      body: { max_tokens: 1_000 },
      dropped: ["client.reasoning"],
    });
  });

  test("waits for a new turn where the thoughts of this one were lost", () => {
    const turn = (parts: readonly OutputPart[]): Message[] => [
      USER,
      { role: "assistant", parts: [...parts, call("t1", "{}")] },
      { role: "tool", results: [result("t1", "18")] },
    ];
    const lost = encode({ reasoning: effort("low"), messages: turn([]), tools: [TOOL] }, SONNET_45);
    expect([lost.body.thinking, lost.dropped]).toEqual([undefined, ["client.reasoning"]]);
    const kept = encode({ reasoning: effort("low"), messages: turn([SIGNED]), tools: [TOOL] }, SONNET_45);
    expect(kept.body.thinking).toEqual(enabled(1_024));
    const adaptively = encode({ reasoning: effort("low"), messages: turn([]), tools: [TOOL] });
    expect(adaptively.body.thinking).toEqual({ type: "adaptive" });
    const orphan = encode({ reasoning: effort("low"), messages: turn([]).slice(2) }, SONNET_45);
    expect(orphan.body.thinking).toEqual(enabled(1_024));
  });

  test("of other kinds", () => {
    expect(encode({ reasoning: effort("low") }, targetOf({ thinking: "effort" })).body.output_config).toEqual({
      effort: "low",
    });
    expect(encode({ reasoning: effort("none") }, targetOf({ thinking: "effort" })).body.output_config).toBeUndefined();
    expect(encode({ reasoning: effort("low") }, targetOf({ thinking: "none" })).dropped).toEqual(["client.reasoning"]);
    expect(encode({ reasoning: effort("none") }, targetOf({ thinking: "level" })).dropped).toEqual([]);
  });
});

describe("tools", () => {
  test("have an object schema without its dialect", () => {
    const { body } = encode({
      tools: [
        { name: "a", description: null, parameters: null, strict: false },
        {
          name: "b",
          description: "B",
          parameters: { $schema: "x", type: "object", properties: { n: { minimum: 1 } } },
          strict: null,
          cacheControl: { type: "ephemeral", ttl: "9d" },
        },
        {
          name: "c",
          description: "",
          parameters: { properties: { n: { type: "integer", minimum: 1 } } },
          strict: true,
        },
      ],
    });
    expect(body.tools).toEqual([
      { name: "a", input_schema: { type: "object", properties: {} }, strict: false },
      {
        name: "b",
        description: "B",
        input_schema: { type: "object", properties: { n: { minimum: 1 } } },
        cache_control: { type: "ephemeral" },
      },
      {
        name: "c",
        strict: true,
        input_schema: {
          type: "object",
          properties: { n: { type: "integer", description: "{minimum: 1}" } },
          additionalProperties: false,
        },
      },
    ]);
    const older = encode({ tools: [{ ...TOOL, strict: true }] }, targetOf({ structuredOutput: false }));
    expect(older.body.tools).toEqual([{ name: "f", description: "F", input_schema: TOOL.parameters }]);
  });

  test.each([
    [null, null, undefined],
    [{ type: "auto" }, null, { type: "auto" }],
    [{ type: "none" }, false, { type: "none" }],
    [{ type: "required" }, true, { type: "any" }],
    [null, false, { type: "auto", disable_parallel_tool_use: true }],
    [{ type: "tool", name: "f" }, false, { type: "tool", name: "f", disable_parallel_tool_use: true }],
  ] as [LlmRequest["toolChoice"], boolean | null, unknown][])(
    "chosen by %j, parallel %p",
    (toolChoice, parallelToolCalls, choice) => {
      expect(encode({ tools: [TOOL], toolChoice, parallelToolCalls }).body.tool_choice).toEqual(choice);
    },
  );

  test("that are not allowed are not offered", () => {
    const tools = [TOOL, { ...TOOL, name: "g" }];
    const only = (required: boolean) => encode({ tools, toolChoice: { type: "allowed", names: ["g"], required } }).body;
    expect(only(true)).toMatchObject({ tools: [{ name: "g" }], tool_choice: { type: "any" } });
    expect(only(false)).toMatchObject({ tools: [{ name: "g" }], tool_choice: { type: "auto" } });
  });

  test("of former calls are named when none are offered any more", () => {
    const messages: Message[] = [USER, { role: "assistant", parts: [call("t", "{}")] }];
    expect(encode({ messages }).body).toMatchObject({
      tools: [{ name: "f", input_schema: { type: "object", properties: {} } }],
      tool_choice: { type: "none" },
    });
    expect(encode({ parallelToolCalls: false, toolChoice: { type: "required" } }).body.tool_choice).toBeUndefined();
  });

  test("with names that Anthropic refuses are mapped everywhere", () => {
    const { body, toolNames } = encode({
      tools: [{ ...TOOL, name: "ns.get/weather" }],
      toolChoice: { type: "tool", name: "ns.get/weather" },
      messages: [{ role: "assistant", parts: [{ ...call("t", "{}"), name: "ns.get/weather" }] }],
    });
    const [name] = [...toolNames.keys()];
    expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(toolNames.get(name ?? "")).toBe("ns.get/weather");
    expect(body).toMatchObject({
      tools: [{ name }],
      tool_choice: { name },
      messages: [{ content: [{ type: "tool_use", name }] }],
    });
  });

  test("that the vendor runs", () => {
    const hosted = (kind: "web_search" | "code_execution" | "url_context" | null, type: string, raw: Json = {}) => ({
      kind,
      type,
      raw,
      path: "tools[0]",
    });
    const location = { type: "approximate", country: "DE", city: null };
    const { body } = encode({
      hostedTools: [
        hosted("web_search", "web_search", {
          filters: { allowed_domains: ["a.de"], blocked_domains: [] },
          user_location: location,
        }),
        hosted("web_search", "web_search", { user_location: { type: "approximate", approximate: { city: "Ulm" } } }),
        hosted("web_search", "googleSearch", { googleSearch: {} }),
        hosted("code_execution", "code_interpreter"),
        hosted("url_context", "urlContext"),
        hosted("web_search", "web_search_20260209", { type: "web_search_20260209", name: "web_search", max_uses: 3 }),
        hosted(null, "bash_20250124", { type: "bash_20250124", name: "bash" }),
      ],
      parallelToolCalls: false,
    });
    expect(body.tools).toEqual([
      {
        type: "web_search_20250305",
        name: "web_search",
        allowed_domains: ["a.de"],
        user_location: { type: "approximate", country: "DE" },
      },
      { type: "web_search_20250305", name: "web_search", user_location: { type: "approximate", city: "Ulm" } },
      { type: "web_search_20250305", name: "web_search" },
      { type: "code_execution_20250825", name: "code_execution" },
      { type: "web_fetch_20250910", name: "web_fetch" },
      { type: "web_search_20260209", name: "web_search", max_uses: 3 },
      { type: "bash_20250124", name: "bash" },
    ]);
  });
});

describe("an answer's format", () => {
  const schema = { type: "object", properties: { a: { type: "integer", minimum: 0 } } };
  const json = { type: "json_schema", name: "p", description: "a person", schema, strict: true } as const;
  test("is a schema that Anthropic compiles", () => {
    expect(encode({ responseFormat: json, reasoning: effort("low") })).toMatchObject({
      body: {
        output_config: {
          effort: "low",
          format: {
            type: "json_schema",
            schema: {
              type: "object",
              description: "a person",
              properties: { a: { type: "integer", description: "{minimum: 0}" } },
              additionalProperties: false,
            },
          },
        },
      },
      dropped: [],
    });
    const described = { ...json, schema: { ...schema, description: "mine" } };
    expect(encode({ responseFormat: described }).body).toMatchObject({
      output_config: { format: { schema: { description: "mine" } } },
    });
  });

  test("is told in words where nothing enforces it", () => {
    const any = encode({ responseFormat: { type: "json_object" }, system: [{ type: "text", text: "s" }] });
    expect(any).toMatchObject({
      body: {
        system: [
          { text: "s" },
          { text: "Answer with one JSON object and nothing else, no words around it and no code fence." },
        ],
      },
      dropped: ["client.responseFormat"],
    });
    const older = encode({ responseFormat: json }, targetOf({ structuredOutput: false }));
    expect(older.body.output_config).toBeUndefined();
    expect(JSON.stringify(older.body.system)).toContain("It must fit this JSON schema");
    expect(encode({ responseFormat: { type: "text" } }).body.system).toBeUndefined();
  });
});

test("encoding changes nothing in the request", () => {
  const request = requestOf({ tools: [TOOL], responseFormat: { type: "json_object" } });
  const before = JSON.stringify(request);
  encode(request, SONNET_45 satisfies UpstreamTarget);
  expect(JSON.stringify(request)).toBe(before);
});

function effort(effort: NonNullable<LlmRequest["reasoning"]>["effort"]) {
  return { effort, budgetTokens: null, visible: null };
}

function enabled(budget_tokens: number) {
  return { type: "enabled", budget_tokens };
}

function defined(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

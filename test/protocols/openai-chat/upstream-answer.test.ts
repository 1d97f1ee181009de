import { describe, expect, test } from "bun:test";
import { foldEvents, type LlmAnswer, unfoldAnswer } from "../../../src/llm/answer.ts";
import type { FinishReason, LlmEvent } from "../../../src/llm/event.ts";
import type { OutputPart } from "../../../src/llm/request.ts";
import { sequential } from "../../../src/llm/sequence.ts";
import { chatClient, chatUpstream } from "../../../src/protocols/openai-chat/codec.ts";
import { answerContext, answerOf, chunk, decodeContext, readStream, writeStream } from "./contexts.ts";

const toolDelta = (call: object) => chunk({ tool_calls: [call] });
const fn = (name: string | undefined, args: unknown) => ({
  function: { ...(name === undefined ? {} : { name }), arguments: args },
});
const END = chunk({}, "tool_calls");
const USAGE = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14, prompt_tokens_details: { cached_tokens: 4 } };

/** What a client gets: the parts of the first choice and how it ended. */
function folded(frames: readonly (object | string)[], toolNames?: ReadonlyMap<string, string>) {
  const { events, isComplete } = readStream(frames, decodeContext(toolNames));
  checkOrder(events);
  const result = foldEvents(events);
  if (result.kind !== "answer") return result;
  const [choice] = result.answer.choices;
  return { isComplete, ...choice, usage: result.answer.usage };
}
const partsOf = (frames: readonly (object | string)[]) => (folded(frames) as { parts: readonly OutputPart[] }).parts;

/** The promises of llm/event.ts. */
function checkOrder(events: readonly LlmEvent[]): void {
  const open = new Set<number>();
  let next = 0;
  for (const [index, event] of events.entries()) {
    expect(event.type === "start").toBe(index === 0 && event.type !== "error");
    if (event.type === "block_start") {
      expect(event.block).toBe(next++);
      open.add(event.block);
    } else if ("block" in event) expect(open.has(event.block)).toBe(true);
    if (event.type === "delta") expect(event.text).not.toBe("");
    if (event.type === "block_end") open.delete(event.block);
    if (event.type === "finish")
      expect(events.filter((each) => each.type === "finish" && each.choice === event.choice)).toHaveLength(1);
    if (event.type === "error") expect(index).toBe(events.length - 1);
  }
  expect([...sequentially(events)]).toHaveLength(events.length);
}
function* sequentially(events: readonly LlmEvent[]) {
  const put = sequential();
  for (const event of events) yield* put(event);
}

const text = (value: string) => ({ type: "text", text: value });
const thought = (value: string) => ({ type: "reasoning", text: value, signature: null, redacted: false });
const call = (id: string, args: string, more: object = {}) => ({
  type: "tool_call",
  id,
  name: "f",
  arguments: args,
  signature: null,
  ...more,
});

describe("a stream's parts", () => {
  const cases: readonly (readonly [what: string, frames: readonly (object | string)[], parts: readonly object[]])[] = [
    [
      "text",
      [chunk({ role: "assistant", content: "" }), chunk({ content: "a" }), chunk({ content: "b" }, "stop")],
      [text("ab")],
    ],
    ["an empty answer", [chunk({ role: "assistant", content: null }), chunk({}, "stop")], []],
    [
      "thoughts and text in one chunk (I21)",
      [
        chunk({ reasoning_content: "t." }),
        chunk({ reasoning_content: "\n", content: "Hi" }),
        chunk({ content: "!" }, "stop"),
      ],
      [thought("t.\n"), text("Hi!")],
    ],
    [
      "thoughts by their other name",
      [
        chunk({ reasoning: "t", reasoning_details: [{ type: "reasoning.text", text: "t" }] }),
        chunk({ content: "a" }, "stop"),
      ],
      [thought("t"), text("a")],
    ],
    [
      "thoughts only in the list",
      [
        chunk({
          reasoning_details: [
            { type: "reasoning.text", text: "t" },
            { type: "reasoning.summary", summary: "s" },
            { type: "reasoning.encrypted", data: "x" },
            null,
          ],
        }),
        END,
      ],
      [thought("ts")],
    ],
    ["tags are text", [chunk({ content: "<think>t</think>a" }, "stop")], [text("<think>t</think>a")]],
    [
      "Mistral's pieces",
      [
        chunk(
          {
            content: [
              { type: "thinking", thinking: [{ type: "text", text: "t" }] },
              { type: "thinking", thinking: "u" },
              { type: "text", text: "a" },
              { type: "refusal", refusal: "no" },
              7,
              { type: "reference" },
            ],
          },
          "stop",
        ),
      ],
      [thought("tu"), text("a"), { type: "refusal", text: "no" }],
    ],
    [
      "a refusal",
      [chunk({ refusal: "n" }), chunk({ refusal: "o" }), chunk({}, "stop")],
      [{ type: "refusal", text: "no" }],
    ],
    [
      "a call",
      [
        toolDelta({ index: 0, id: "c1", type: "function", ...fn("f", "") }),
        toolDelta({ index: 0, ...fn(undefined, "{") }),
        toolDelta({ index: 0, ...fn(undefined, "}") }),
        END,
      ],
      [call("c1", "{}")],
    ],
    [
      "calls interleaved (I09)",
      [
        toolDelta({ index: 0, id: "c1", ...fn("f", "") }),
        toolDelta({ index: 1, id: "c2", ...fn("f", "[") }),
        toolDelta({ index: 0, ...fn(undefined, "{") }),
        toolDelta({ index: 1, ...fn(undefined, "]") }),
        toolDelta({ index: 0, ...fn(undefined, "}") }),
        END,
      ],
      [call("c1", "{}"), call("c2", "[]")],
    ],
    [
      "text, then a call (I10)",
      [chunk({ content: "ok" }), toolDelta({ index: 0, id: "c1", ...fn("f", "{}") }), END],
      [text("ok"), call("c1", "{}")],
    ],
    [
      "calls without index, with empty ids (F02)",
      [
        chunk({
          tool_calls: [
            { id: "", ...fn("f", "1") },
            { id: "", ...fn("f", "2") },
          ],
        }),
        END,
      ],
      [call("call_new_1", "1"), call("call_new_2", "2")],
    ],
    [
      "pieces without index",
      [
        toolDelta({ id: "c1", ...fn("f", "1") }),
        toolDelta(fn(undefined, "2")),
        toolDelta({ id: "c2", ...fn("f", "3") }),
        toolDelta({ id: "c1", ...fn(undefined, "4") }),
        END,
      ],
      [call("c1", "124"), call("c2", "3")],
    ],
    [
      "id and name on each piece",
      [toolDelta({ index: 0, id: "c1", ...fn("f", "1") }), toolDelta({ index: 0, id: "c1", ...fn("f", "2") }), END],
      [call("c1", "12")],
    ],
    [
      "every call at index 0",
      [
        toolDelta({ index: 0, id: "c1", ...fn("f", "1") }),
        toolDelta({ index: 0, id: "c2", ...fn("f", "2") }),
        toolDelta({ index: 0, ...fn(undefined, "3") }),
        END,
      ],
      [call("c1", "1"), call("c2", "23")],
    ],
    [
      "indices from 1 on",
      [toolDelta({ index: 1, id: "c1", ...fn("f", "1") }), toolDelta({ index: 1, ...fn(undefined, "2") }), END],
      [call("c1", "12")],
    ],
    [
      "one id for two calls",
      [toolDelta({ index: 0, id: "c", ...fn("f", "1") }), toolDelta({ index: 1, id: "c", ...fn("f", "2") }), END],
      [call("c", "1"), call("call_new_1", "2")],
    ],
    [
      "the name comes late",
      [
        toolDelta({ index: 0, id: "c1" }),
        toolDelta({ index: 0, ...fn(undefined, "{") }),
        toolDelta({ index: 0, ...fn("f", "}") }),
        END,
      ],
      [call("c1", "{}")],
    ],
    ["the name never comes", [toolDelta({ index: 0, id: "c1", ...fn(undefined, "{}") }), END], []],
    [
      "arguments as an object, or none",
      [
        chunk({
          tool_calls: [{ index: 0, id: "c1", ...fn("f", { a: 1 }) }, { index: 1, id: "c2", ...fn("f", null) }, null],
        }),
        END,
      ],
      [call("c1", '{"a":1}'), call("c2", "{}")],
    ],
    [
      "Gemini's signatures",
      [
        toolDelta({ index: 0, id: "c1", ...fn("f", "{}"), extra_content: { google: { thought_signature: "S" } } }),
        toolDelta({ index: 1, id: "c2", ...fn("f", "{}") }),
        toolDelta({ index: 1, extra_content: { google: { thought_signature: "T" } } }),
        toolDelta({ index: 1, extra_content: { google: { thought_signature: "U" } } }),
        END,
      ],
      [
        call("c1", "{}", { signature: { vendor: "gemini", value: "S" } }),
        call("c2", "{}", { signature: { vendor: "gemini", value: "T" } }),
      ],
    ],
    [
      "the legacy call",
      [
        chunk({ function_call: { name: "f", arguments: "" } }),
        chunk({ function_call: { arguments: "{}" } }),
        chunk({}, "function_call"),
      ],
      [call("call_new_1", "{}")],
    ],
    [
      "annotations",
      [
        chunk({ content: "a" }),
        chunk({
          annotations: [
            { type: "url_citation", url_citation: { url: "https://x", title: "X", start_index: 0, end_index: 1 } },
            { type: "file_citation" },
          ],
        }),
        chunk({}, "stop"),
      ],
      [{ ...text("a"), citations: [{ url: "https://x", title: "X", citedText: null, start: 0, end: 1 }] }],
    ],
    [
      "images",
      [
        chunk({
          content: "a",
          images: [{ image_url: { url: "data:image/jpeg;base64,AAAA" } }, { image_url: { url: "https://x" } }, {}],
        }),
        chunk({}, "stop"),
      ],
      [
        text("a"),
        { type: "image", mediaType: "image/jpeg", source: { kind: "data", base64: "AAAA" }, name: null, detail: null },
        text("![image](https://x)"),
      ],
    ],
    [
      "sound in pieces",
      [
        chunk({ audio: { id: "a", transcript: "he" } }),
        chunk({ audio: { data: "QQ==" } }),
        chunk({ audio: { data: "Qg==" } }),
        chunk({ audio: { expires_at: 1 } }),
        "[DONE]",
      ],
      [
        text("he"),
        { type: "audio", mediaType: "audio/wav", source: { kind: "data", base64: "QUI=" }, name: null, detail: null },
      ],
    ],
    [
      "sound in one piece",
      [chunk({ audio: { data: "QQ==" } }), "[DONE]"],
      [{ type: "audio", mediaType: "audio/wav", source: { kind: "data", base64: "QQ==" }, name: null, detail: null }],
    ],
    [
      "what follows the end is not said",
      [chunk({ content: "a" }, "stop"), chunk({ content: "b" }, "stop")],
      [text("a")],
    ],
    [
      "chunks that say nothing (F08, G03)",
      [
        chunk(null, null, { choices: [], prompt_filter_results: [] }),
        { type: "ping" },
        "",
        chunk({ content: "a" }, ""),
        chunk(null),
        { choices: [7] },
        { choices: [{ delta: { content: "b" } }] },
        chunk({}, "stop"),
      ],
      [text("ab")],
    ],
    [
      "a message in place of a delta",
      [{ choices: [{ message: { content: "a" }, finish_reason: "stop" }] }],
      [text("a")],
    ],
  ];
  test.each(cases)("%s", (_what, frames, parts) => {
    expect(partsOf([...frames, "[DONE]"])).toEqual(parts as never);
  });

  test("tools have the client's names", () => {
    const frames = [toolDelta({ index: 0, id: "c1", ...fn("a_b", "{}") }), END];
    expect(folded(frames, new Map([["a_b", "a.b"]]))).toMatchObject({ parts: [{ name: "a.b" }] });
  });

  test("choices are told apart, with and without an index", () => {
    const both = { choices: [{ delta: { content: "a" } }, { delta: { content: "b" } }] };
    const ends = [
      chunk({}, "stop", { choices: [{ index: 1, delta: {}, finish_reason: "length" }] }),
      chunk({}, "stop"),
    ];
    const { events, isComplete } = readStream([both, ...ends]);
    checkOrder(events);
    expect(isComplete).toBe(true);
    expect(foldEvents(events)).toMatchObject({
      answer: {
        choices: [
          { parts: [text("a")], finish: { raw: "stop" } },
          { parts: [text("b")], finish: { raw: "length" } },
        ],
      },
    });
    expect(readStream([both, chunk({}, "stop")]).isComplete).toBe(false);
  });
});

describe("how it ended", () => {
  const refused = { refusal: "no" };
  const called = { tool_calls: [{ index: 0, id: "c", ...fn("f", "{}") }] };
  const reasons: readonly (readonly [raw: string, delta: object, unified: string])[] = [
    ["stop", {}, "stop"],
    ["eos", {}, "stop"],
    ["stop", called, "tool_calls"],
    ["stop", refused, "refusal"],
    ["length", called, "length"],
    ["max_tokens", {}, "length"],
    ["tool_calls", called, "tool_calls"],
    ["function_call", called, "tool_calls"],
    ["content_filter", {}, "content_filter"],
    ["sensitive", {}, "content_filter"],
    ["refusal", {}, "refusal"],
    ["repetition", {}, "other"],
  ];
  test.each(reasons)("%s with %o", (raw, delta, unified) => {
    expect(folded([chunk(delta, raw)])).toMatchObject({ finish: { unified, raw } });
  });

  test("an end mark without a reason is an end; a close without either is not", () => {
    expect(folded([chunk({ content: "a" }), "[DONE]"])).toMatchObject({
      isComplete: true,
      finish: { unified: "stop", raw: null },
    });
    expect(readStream([chunk({ content: "a" })]).isComplete).toBe(false);
    expect(readStream([chunk({ content: "a" }, "stop")]).isComplete).toBe(true);
    expect(readStream(["[DONE]"]).isComplete).toBe(false);
    expect(readStream([]).isComplete).toBe(false);
  });

  const counted = { inputTokens: 5, cacheReadTokens: 4, cacheWriteTokens: 0, outputTokens: 5, reasoningTokens: 0 };
  const usages: readonly (readonly [what: string, frames: readonly object[]])[] = [
    ["in a chunk of its own", [chunk({}, "stop"), chunk(null, null, { choices: [], usage: USAGE })]],
    [
      "on every chunk",
      [
        chunk({ content: "a" }, null, { usage: { prompt_tokens: 1, completion_tokens: 1 } }),
        chunk({}, "stop", { usage: USAGE }),
      ],
    ],
    ["Groq's", [chunk({}, "stop", { usage: null, x_groq: { usage: USAGE } })]],
    ["Moonshot's", [{ choices: [{ index: 0, delta: {}, finish_reason: "stop", usage: USAGE }] }]],
    ["before everything", [{ choices: [], usage: USAGE }, chunk({}, "stop")]],
  ];
  test.each(usages)("usage: %s", (_what, frames) => {
    expect(folded(frames)).toMatchObject({ usage: counted });
  });
});

describe("errors inside a stream", () => {
  const cases: readonly (readonly [what: string, frame: object | string, expected: object])[] = [
    [
      "OpenAI's",
      { error: { message: "slow", type: "requests", param: null, code: "rate_limit_exceeded" } },
      { status: 429, code: "rate_limit_exceeded", message: "slow" },
    ],
    [
      "a number as code (L13)",
      { choices: [], error: { code: 502, message: "provider_unavailable" } },
      { status: 502, code: "upstream_error", message: "provider_unavailable" },
    ],
    ["a number as text", { error: { code: "503", message: "m", type: "x" } }, { status: 503, code: "x" }],
    ["a status", { error: { status: 504, message: "m" } }, { status: 504 }],
    ["a bare text", { error: "broken" }, { status: 502, code: "upstream_error", message: "broken" }],
    ["without words", { error: { x: 1 } }, { status: 502, message: "The upstream reported an error." }],
    [
      "vLLM's",
      { object: "error", message: "m", type: "BadRequestError", code: 400 },
      { status: 400, code: "BadRequestError", message: "m" },
    ],
    ["a type", { error: { type: "overloaded_error", message: "m" } }, { status: 529, code: "overloaded_error" }],
    ["a server's", { error: { type: "server_error", message: "m" } }, { status: 500 }],
    [
      "too long",
      { error: { code: "context_length_exceeded", type: "invalid_request_error", message: "m" } },
      { status: 400, code: "context_length_exceeded" },
    ],
    ["a dead key", { error: { code: "invalid_api_key", message: "m" } }, { status: 401 }],
    ["no right", { error: { type: "permission_denied", message: "m" } }, { status: 403 }],
    ["an unknown model", { error: { code: "model_not_found", message: "m" } }, { status: 404 }],
    ["no money", { error: { type: "billing_error", message: "m" } }, { status: 402 }],
    ["too slow", { error: { type: "timeout_error", message: "m" } }, { status: 504 }],
    ["a reason that is a failure", chunk({}, "insufficient_system_resource"), { status: 503, code: "overloaded" }],
    ["a reason that is an error", chunk({ content: "x" }, "error"), { status: 502, code: "upstream_error" }],
    ["no JSON", "<html>", { status: 502, code: "upstream_protocol" }],
    ["no object", "[1]", { status: 502, code: "upstream_protocol" }],
  ];
  test.each(cases)("%s", (_what, frame, expected) => {
    const { events, isComplete } = readStream([
      chunk({ content: "a" }),
      frame,
      chunk({ content: "b" }, "stop"),
      "no JSON",
      "[DONE]",
    ]);
    checkOrder(events);
    expect(events.at(-1)).toMatchObject({ type: "error", error: expected });
    expect(isComplete).toBe(false);
  });

  test("an event named error", () => {
    const decoder = chatUpstream.decodeStream(decodeContext());
    expect(decoder.push("error", '{"message":"m","code":"rate_limited"}')).toMatchObject([
      { type: "error", error: { status: 429, message: "m" } },
    ]);
  });

  test("an empty error is none", () => {
    expect(folded([chunk({ content: "a" }, "stop", { error: null }), chunk({}, null, { error: {} })])).toMatchObject({
      parts: [text("a")],
    });
  });
});

describe("a whole answer", () => {
  const whole = (message: object, finish: string | null = "stop", more: object = {}) =>
    chatUpstream.decodeAnswer(
      {
        id: "a",
        model: "m",
        choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: finish }],
        ...more,
      },
      decodeContext(),
    );

  test("is read like a stream of one chunk", () => {
    const images = [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }];
    const message = {
      content: "a",
      reasoning_content: "t",
      refusal: null,
      images,
      tool_calls: [
        { id: "c", type: "function", ...fn("f", "{}") },
        { id: "c", type: "function", ...fn("f", "") },
      ],
    };
    expect(whole(message, "tool_calls", { usage: USAGE })).toMatchObject({
      id: "a",
      model: "m",
      choices: [
        {
          parts: [thought("t"), text("a"), { type: "image" }, call("c", "{}"), call("call_new_1", "{}")],
          finish: { unified: "tool_calls", raw: "tool_calls" },
        },
      ],
      usage: { inputTokens: 5, cacheReadTokens: 4 },
      rawUsage: USAGE,
    } as object);
  });

  test.each(["", null])("the reason %p is no reason to refuse it", (reason) => {
    expect(whole({ content: "a" }, reason).choices).toMatchObject([
      { parts: [text("a")], finish: { unified: "stop", raw: null } },
    ]);
  });

  test("the legacy call", () => {
    expect(
      whole({ content: null, function_call: { name: "f", arguments: "{}" } }, "function_call").choices[0]!.parts,
    ).toEqual([call("call_new_1", "{}")] as never);
  });

  test.each([
    ["no object", [], 502, "upstream_protocol"],
    ["no choices", { id: "x" }, 502, "upstream_protocol"],
    ["no choice", { choices: [] }, 502, "upstream_protocol"],
    ["an error in disguise", { error: { message: "m", code: 429 } }, 429, "upstream_error"],
  ])("nonsense: %s", (_what, body, status, code) => {
    expect(() => chatUpstream.decodeAnswer(body, decodeContext())).toThrow(expect.objectContaining({ status, code }));
  });
});

describe("what we write we read the same", () => {
  const image = {
    type: "image",
    mediaType: "image/png",
    source: { kind: "data", base64: "AAAA" },
    name: null,
    detail: null,
  } as const;
  const signature = { vendor: "gemini", value: "S" } as const;
  const citation = { url: "https://x", title: "X", citedText: null, start: 0, end: 1 };
  const turns: readonly (readonly [what: string, parts: readonly OutputPart[], finish: FinishReason["unified"]])[] = [
    ["text", [{ type: "text", text: "a" }], "length"],
    [
      "thoughts, text, an image",
      [
        { type: "reasoning", text: "t", signature: null, redacted: false },
        { type: "text", text: "a", citations: [citation] },
        image,
      ],
      "stop",
    ],
    [
      "calls",
      [
        { type: "text", text: "a" },
        { type: "tool_call", id: "1", name: "f", arguments: "{}", signature },
        { type: "tool_call", id: "2", name: "g", arguments: '{"a":1}', signature: null },
      ],
      "tool_calls",
    ],
    ["a refusal", [{ type: "refusal", text: "no" }], "content_filter"],
    ["nothing", [], "stop"],
  ];
  const usage = { inputTokens: 5, cacheReadTokens: 3, cacheWriteTokens: 2, outputTokens: 7, reasoningTokens: 4 };
  const answer = (parts: readonly OutputPart[], unified: FinishReason["unified"]): LlmAnswer =>
    answerOf([], { choices: [{ parts, finish: { unified, raw: unified } }], usage, rawUsage: {} });

  test.each(turns)("whole: %s", (_what, parts, unified) => {
    const written = chatClient.encodeAnswer(answer(parts, unified), answerContext());
    const read = chatUpstream.decodeAnswer(JSON.parse(JSON.stringify(written)), decodeContext());
    expect(read).toEqual({ ...answer(parts, unified), id: "chatcmpl-1", model: "alias", rawUsage: expect.anything() });
  });

  test.each(turns)("streamed: %s", (_what, parts, unified) => {
    const context = answerContext({ stream: true, stream_options: { include_usage: true } });
    const { events, isComplete } = readStream(writeStream(unfoldAnswer(answer(parts, unified)), context));
    checkOrder(events);
    expect(isComplete).toBe(true);
    const read = { ...answer(parts, unified), id: "chatcmpl-1", model: "alias", rawUsage: expect.anything() };
    expect(foldEvents(events)).toEqual({ kind: "answer", answer: read });
  });
});

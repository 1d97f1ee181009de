import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../../src/errors.ts";
import { foldEvents } from "../../../src/llm/answer.ts";
import type { LlmEvent } from "../../../src/llm/event.ts";
import { responsesUpstream } from "../../../src/protocols/openai-responses/codec.ts";
import { RESPONSE_USAGE, responseAnswer, USAGE } from "../../support/samples.ts";
import { decodeContext } from "./fixtures.ts";

type Json = Readonly<Record<string, unknown>>;

const reasoning = { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "gAAA1" };
const call = (id: string, args: string, change: object = {}) => ({
  id: `fc_${id}`,
  type: "function_call",
  call_id: id,
  name: "get_weather",
  arguments: args,
  status: "completed",
  ...change,
});
const message = (...content: object[]) => ({
  id: "msg_1",
  type: "message",
  status: "completed",
  role: "assistant",
  content,
});
const text = (text: string, annotations: object[] = []) => ({ type: "output_text", text, annotations, logprobs: [] });
const answer = (output: readonly object[], change: object = {}) => responseAnswer("resp_up", { output, ...change });

const decode = (body: unknown, names?: ReadonlyMap<string, string>) =>
  responsesUpstream.decodeAnswer(body, decodeContext(names));
const caught = (body: unknown): GatewayError => {
  try {
    decode(body);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("not refused");
};

/** The decoder's events for `events`, each in a frame of its own. */
const read = (events: readonly Json[], names?: ReadonlyMap<string, string>) => {
  const decoder = responsesUpstream.decodeStream(decodeContext(names));
  const out = events.flatMap((event) => decoder.push(String(event.type), JSON.stringify(event)));
  return { out, end: decoder.end() };
};
const created = { type: "response.created", response: { id: "resp_up", model: "gpt-6-astra", status: "in_progress" } };
const completed = (change: object = {}) => ({
  type: "response.completed",
  response: answer([], { usage: RESPONSE_USAGE, ...change }),
});
const at = (output_index: number, change: object = {}) => ({ output_index, item_id: `i${output_index}`, ...change });
const short = (events: readonly LlmEvent[]) =>
  events.map((event) => {
    if (event.type === "block_start") return `+${event.block} ${event.kind}`;
    if (event.type === "block_end") return `-${event.block}`;
    if (event.type === "delta") return `${event.block}:${event.text}`;
    if (event.type === "finish") return event.reason.unified;
    return event.type;
  });

describe("a whole Response", () => {
  test("is an answer with its thoughts, texts and calls (B01)", () => {
    expect(decode(answer([reasoning, message(text("On it.")), call("call_1", '{"city":"Rome"}')]))).toEqual({
      id: "resp_up",
      model: "gpt-6-astra",
      choices: [
        {
          parts: [
            {
              type: "reasoning",
              text: "",
              signature: { vendor: "openai", value: "gAAA1", id: "rs_1" },
              redacted: false,
            },
            { type: "text", text: "On it." },
            { type: "tool_call", id: "call_1", name: "get_weather", arguments: '{"city":"Rome"}', signature: null },
          ],
          finish: { unified: "tool_calls", raw: "completed" },
        },
      ],
      usage: USAGE,
      rawUsage: RESPONSE_USAGE,
    });
  });

  const citation = { type: "url_citation", url: "https://x", title: "X", start_index: 0, end_index: 2 };
  test.each([
    ["a refusal", message({ type: "refusal", refusal: "no" }), [{ type: "refusal", text: "no" }]],
    ["empty parts", message(text(""), { type: "refusal", refusal: "" }, { type: "new" }), []],
    [
      "citations of pages",
      message(
        text("ab", [
          citation,
          { type: "file_citation", file_id: "f" },
          { type: "url_citation", url: "https://y", title: "" },
        ]),
      ),
      [
        {
          type: "text",
          text: "ab",
          citations: [
            { url: "https://x", title: "X", citedText: null, start: 0, end: 2 },
            { url: "https://y", title: null, citedText: null, start: null, end: null },
          ],
        },
      ],
    ],
    [
      "a summary of several parts",
      { type: "reasoning", id: "", summary: [{ text: "a" }, { text: "b" }] },
      [{ type: "reasoning", text: "a\n\nb", signature: null, redacted: false }],
    ],
    ["full thoughts", { type: "reasoning", content: [{ text: "full" }], summary: [{ text: "a" }] }, [{ text: "full" }]],
    ["an anonymous signature", { ...reasoning, id: undefined }, [{ signature: { vendor: "openai", value: "gAAA1" } }]],
    ["empty thoughts", { type: "reasoning", id: "rs_1", summary: [] }, []],
    ["a call without id and arguments", call("", ""), [{ id: "call_new_1", arguments: "{}" }]],
    [
      "a custom call",
      { type: "custom_tool_call", call_id: "c", name: "patch", input: 'a"b' },
      [{ type: "tool_call", id: "c", name: "patch", arguments: '{"input":"a\\"b"}' }],
    ],
    [
      "an image",
      { type: "image_generation_call", id: "ig", result: "AAAA", output_format: "webp" },
      [{ type: "image", mediaType: "image/webp", source: { kind: "data", base64: "AAAA" } }],
    ],
    ["an image that was not drawn", { type: "image_generation_call", id: "ig", result: null }, []],
    ["a search", { type: "web_search_call", id: "ws", status: "completed", action: {} }, []],
  ])("reads %s", (_, item, parts) => {
    expect(decode(answer([item])).choices[0]?.parts as unknown).toMatchObject(parts);
    expect(decode(answer([item])).choices[0]?.parts).toHaveLength(parts.length);
  });

  test("gives tools the client's names back", () => {
    const names = new Map([["get_weather", "get.weather"]]);
    expect(decode(answer([call("c", "{}")]), names).choices[0]?.parts).toMatchObject([{ name: "get.weather" }]);
  });

  test.each([
    [{ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "length", "max_output_tokens"],
    [{ status: "incomplete", incomplete_details: { reason: "content_filter" } }, "content_filter", "content_filter"],
    [{ status: "incomplete", incomplete_details: { reason: "steered" } }, "other", "steered"],
    [{ status: "incomplete", incomplete_details: null }, "other", "incomplete"],
    [{ status: undefined }, "stop", "completed"],
  ])("%j finishes as it says", (change, unified, raw) => {
    expect(decode(answer([], change)).choices[0]?.finish).toEqual({ unified: unified as never, raw });
  });

  test("without id, model and usage is an answer all the same", () => {
    const bare = { id: null, model: null, usage: null, rawUsage: null };
    expect(decode({ output: [], status: "completed" })).toMatchObject(bare);
  });

  test("that is none is refused", () => {
    for (const body of [null, [], "x", {}, { output: {} }, answer([], { status: "queued" })]) {
      expect(caught(body)).toMatchObject({ status: 502, code: "upstream_protocol" });
    }
    const error = { code: "rate_limit_exceeded", message: "slow down" };
    expect(caught(answer([], { status: "failed", error }))).toMatchObject({ status: 429, message: "slow down" });
    expect(caught(answer([], { error: { code: "invalid_prompt", message: "m", param: "input" } }))).toMatchObject({
      status: 400,
      param: "input",
    });
  });
});

describe("a stream", () => {
  const added = (index: number, item: object) => ({ type: "response.output_item.added", ...at(index), item });
  const done = (index: number, item: object) => ({ type: "response.output_item.done", ...at(index), item });
  const delta = (type: string, index: number, delta: string, change: object = {}) => ({
    type: `response.${type}.delta`,
    ...at(index, change),
    delta,
  });

  test("of text and two calls (B02)", () => {
    const { out, end } = read([
      created,
      { type: "response.in_progress", response: created.response },
      added(0, { ...reasoning, encrypted_content: undefined }),
      done(0, reasoning),
      added(1, message()),
      { type: "response.content_part.added", ...at(1, { content_index: 0 }), part: text("") },
      delta("output_text", 1, "On ", { content_index: 0 }),
      delta("output_text", 1, "it.", { content_index: 0 }),
      { type: "response.output_text.done", ...at(1, { content_index: 0 }), text: "On it." },
      { type: "response.content_part.done", ...at(1, { content_index: 0 }), part: text("On it.") },
      done(1, message(text("On it."))),
      added(2, call("call_1", "")),
      delta("function_call_arguments", 2, '{"ci'),
      delta("function_call_arguments", 2, 'ty":"Rome"}'),
      { type: "response.function_call_arguments.done", ...at(2), arguments: '{"city":"Rome"}' },
      done(2, call("call_1", '{"city":"Rome"}')),
      added(3, call("call_2", "")),
      done(3, call("call_2", "")),
      completed({ output: [reasoning, message(text("On it.")), call("call_1", "x"), call("call_2", "y")] }),
    ]);
    expect(short(out)).toEqual([
      "start",
      "+0 reasoning",
      "signature",
      "-0",
      "+1 text",
      "1:On ",
      "1:it.",
      "-1",
      "+2 tool_call",
      '2:{"ci',
      '2:ty":"Rome"}',
      "-2",
      "+3 tool_call",
      "3:{}",
      "-3",
      "usage",
      "tool_calls",
    ]);
    expect(out[0]).toEqual({ type: "start", id: "resp_up", model: "gpt-6-astra" });
    expect(out.find((event) => event.type === "usage")).toMatchObject({ usage: USAGE, raw: RESPONSE_USAGE });
    expect(end).toEqual([]);
  });

  test("of thoughts, paragraph by paragraph", () => {
    const { out } = read([
      created,
      delta("reasoning_summary_text", 0, "a", { summary_index: 0 }),
      delta("reasoning_summary_text", 0, "b", { summary_index: 1 }),
      delta("reasoning_text", 0, "full", { content_index: 0 }),
      done(0, { ...reasoning, summary: [{ text: "a" }, { text: "b" }] }),
      delta("reasoning_text", 1, "open", { content_index: 0 }),
      done(1, { type: "reasoning", id: "rs_2", content: [{ text: "open" }] }),
      done(2, { type: "reasoning", id: "rs_3", summary: [{ text: "whole" }] }),
      done(3, { type: "reasoning", id: "rs_4", summary: [] }),
      completed(),
    ]);
    expect(foldEvents(out)).toMatchObject({
      kind: "answer",
      answer: {
        choices: [
          {
            parts: [
              { text: "a\n\nb", signature: { value: "gAAA1" } },
              { text: "open", signature: null },
              { text: "whole", signature: null },
            ],
          },
        ],
      },
    });
  });

  test("of a refusal, citations and an image", () => {
    const annotation = { type: "url_citation", url: "https://x", title: "X", start_index: 0, end_index: 1 };
    const other = { ...annotation, url: "https://y" };
    const { out } = read([
      created,
      delta("output_text", 0, "a", { content_index: 0 }),
      {
        type: "response.output_text.annotation.added",
        ...at(0, { content_index: 0 }),
        annotation_index: 0,
        annotation,
      },
      { type: "response.output_text.annotation.added", ...at(0, { content_index: 0 }), annotation: null },
      { type: "response.content_part.done", ...at(0, { content_index: 0 }), part: text("a", [annotation, other]) },
      delta("refusal", 0, "no", { content_index: 1 }),
      done(0, message(text("a", [annotation, other]), { type: "refusal", refusal: "no, never" })),
      delta("output_text", 0, "too late", { content_index: 0 }),
      { type: "response.image_generation_call.partial_image", ...at(1), partial_image_b64: "xx" },
      done(1, { type: "image_generation_call", id: "ig", result: "AAAA" }),
      done(2, { type: "web_search_call", id: "ws" }),
      completed(),
    ]);
    expect(short(out)).toEqual([
      "start",
      "+0 text",
      "0:a",
      "citation",
      "citation",
      "-0",
      "+1 refusal",
      "1:no",
      "1:, never",
      "-1",
      "+2 media",
      "-2",
      "usage",
      "stop",
    ]);
    expect(out).toContainEqual(
      expect.objectContaining({ kind: "media", mediaType: "image/png", base64: "AAAA" }) as never,
    );
  });

  const sparse: [string, readonly Json[]][] = [
    ["its terminal event alone", []],
    ["items that come whole", [done(0, message(text("ab"))), done(1, call("c", '{"a":1}'))]],
    [
      "arguments that come before their call",
      [delta("function_call_arguments", 1, '{"a"'), done(1, call("c", '{"a":1}'))],
    ],
    ["a call that is named late", [added(1, call("c", "", { name: undefined }))]],
    ["a text that is never done", [delta("output_text", 0, "a", { content_index: 0 })]],
    ["an empty delta", [delta("output_text", 0, "", { content_index: 0 })]],
    ["items that stand elsewhere in the end", [done(4, message(text("ab")))]],
  ];
  test.each(sparse)("with %s loses nothing and says nothing twice", (_, events) => {
    const { out } = read([created, ...events, completed({ output: [message(text("ab")), call("c", '{"a":1}')] })]);
    const folded = foldEvents(out);
    if (folded.kind !== "answer") throw new Error(folded.kind);
    const [choice] = folded.answer.choices;
    expect(choice?.finish.unified).toBe("tool_calls");
    const parts = [...(choice?.parts ?? [])].sort((one, other) => one.type.localeCompare(other.type));
    expect(parts).toEqual([
      { type: "text", text: "ab" },
      { type: "tool_call", id: "c", name: "get_weather", arguments: '{"a":1}', signature: null },
    ]);
  });

  test("without `created` starts by itself", () => {
    expect(read([delta("output_text", 0, "a")]).out[0]).toEqual({ type: "start", id: null, model: null });
    expect(read([completed()]).out[0]).toMatchObject({ type: "start", id: "resp_up" });
  });

  test("gives a custom call whole", () => {
    const patch = { type: "custom_tool_call", id: "ctc", call_id: "c", name: "patch" };
    const { out } = read([
      added(0, { ...patch, input: "" }),
      { type: "response.custom_tool_call_input.delta", ...at(0), delta: "a" },
      done(0, { ...patch, input: "ab" }),
    ]);
    expect(short(out)).toEqual(["start", "+0 tool_call", '0:{"input":"ab"}', "-0"]);
  });

  test("gives tools the client's names back", () => {
    const { out } = read([added(0, call("c", ""))], new Map([["get_weather", "get.weather"]]));
    expect(out[1]).toMatchObject({ kind: "tool_call", id: "c", name: "get.weather" });
  });

  test.each([
    [{ type: "response.incomplete", response: { incomplete_details: { reason: "max_output_tokens" } } }, "length"],
    [{ type: "response.incomplete", response: { incomplete_details: { reason: "content_filter" } } }, "content_filter"],
    [
      { type: "response.completed", response: { status: "incomplete", incomplete_details: { reason: "steered" } } },
      "other",
    ],
  ])("that ends with %j finishes so", (event, unified) => {
    const { out, end } = read([created, event]);
    expect(short(out)).toEqual(["start", unified]);
    expect(end).toEqual([]);
  });

  test("that is cut is known for it", () => {
    const events = [created, delta("output_text", 0, "a"), completed()];
    for (let count = 0; count < events.length; count++) expect(read(events.slice(0, count)).end).toBeNull();
    expect(read(events).end).toEqual([]);
  });

  test("passes over signs of life and what is new", () => {
    const decoder = responsesUpstream.decodeStream(decodeContext());
    expect(decoder.push("keepalive", '{"type":"keepalive","sequence_number":3}')).toEqual([]);
    expect(decoder.push("response.brand_new", '{"type":"response.brand_new","error":"no error"}')).toEqual([]);
    expect(decoder.push(null, "")).toEqual([]);
    expect(decoder.push(null, "[DONE]")).toEqual([]);
    expect(decoder.push("response.output_item.added", '{"output_index":0}')).toEqual([]);
    expect(decoder.push("response.output_item.done", '{"item":7}')).toEqual([]);
    expect(decoder.push("response.content_part.done", '{"part":{"type":"new"}}')).toEqual([]);
  });

  test("after its end says nothing more", () => {
    const { out } = read([created, completed(), delta("output_text", 0, "a"), completed()]);
    expect(short(out)).toEqual(["start", "usage", "stop"]);
  });
});

describe("an error in a stream", () => {
  const failed = (error: unknown) => ({ type: "response.failed", response: { status: "failed", error } });
  const errors: [string, object, object][] = [
    [
      "response.failed",
      failed({ code: "rate_limit_exceeded", message: "m" }),
      { status: 429, code: "rate_limit_exceeded", message: "m" },
    ],
    ["a server's", failed({ code: "server_error", message: "m" }), { status: 500 }],
    ["a prompt's", failed({ code: "invalid_prompt", message: "m", param: "input" }), { status: 400, param: "input" }],
    ["an image's", failed({ code: "image_too_large", message: "m" }), { status: 400 }],
    ["another image's", failed({ code: "failed_to_download_image", message: "m" }), { status: 400 }],
    ["none that is said", failed(null), { status: 502, code: "upstream_error" }],
    [
      "an error event",
      { type: "error", code: "server_error", message: "m", param: null, sequence_number: 3 },
      { status: 500, code: "server_error", message: "m" },
    ],
    [
      "a nested error event",
      { type: "error", error: { type: "invalid_request_error", code: null, message: "m" } },
      { status: 400, code: "invalid_request_error" },
    ],
    ["a bare error object", { error: { type: "tokens", code: "rate_limit_exceeded", message: "m" } }, { status: 429 }],
    ["a bare error text", { error: "out of memory" }, { status: 502, message: "out of memory" }],
    ["a numbered one", failed({ code: 503, message: "m" }), { status: 503, code: "upstream_error" }],
    ["an unknown one", failed({ code: "constructor", message: "m" }), { status: 502, code: "constructor" }],
  ];
  test.each(errors)("is told by %s", (_, event, error) => {
    const decoder = responsesUpstream.decodeStream(decodeContext());
    decoder.push(null, JSON.stringify(created));
    expect(decoder.push(null, JSON.stringify(event))).toMatchObject([{ type: "error", error }]);
    expect(decoder.push(null, JSON.stringify(completed()))).toEqual([]);
    expect(decoder.end()).toBeNull();
  });

  test.each(["<html>", "7", "[1]", '{"type":', "null"])("is what is no event: %s", (data) => {
    const decoder = responsesUpstream.decodeStream(decodeContext());
    expect(decoder.push(null, data)).toMatchObject([
      { type: "error", error: { status: 502, code: "upstream_protocol" } },
    ]);
  });
});

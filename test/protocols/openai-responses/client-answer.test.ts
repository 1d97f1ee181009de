import { describe, expect, test } from "bun:test";
import type { Response, ResponseOutputItem, ResponseUsage } from "openai/resources/responses/responses";
import { type Folded, foldEvents, type LlmAnswer } from "../../../src/llm/answer.ts";
import type { LlmEvent } from "../../../src/llm/event.ts";
import { responsesClient } from "../../../src/protocols/openai-responses/codec.ts";
import type { OutputItem } from "../../../src/protocols/openai-responses/output-items.ts";
import { writeUsage } from "../../../src/protocols/openai-responses/response-object.ts";
import {
  answerContext,
  called,
  cited,
  decode,
  drawn,
  ended,
  refused,
  said,
  signed,
  started,
  thought,
  USAGE,
  used,
  WRITTEN_USAGE,
  withheld,
} from "./fixtures.ts";
import { type Frame, readFrames, writeStream } from "./ladder.ts";

/** Compile-time: what is written is what the SDK's typing says (read-only there or not). */
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
const asTypedItem = (item: Mutable<OutputItem>): ResponseOutputItem => item;
const asTypedUsage = (usage: ReturnType<typeof writeUsage>): ResponseUsage => usage;

const answerOf = (folded: Folded): LlmAnswer => {
  if (folded.kind !== "answer") throw new Error(folded.kind);
  return folded.answer;
};
const whole = (events: readonly LlmEvent[], body: object = {}): Frame =>
  responsesClient.encodeAnswer(answerOf(foldEvents(events)), answerContext(body));
const streamed = (events: readonly LlmEvent[], body: object = {}): Frame =>
  writeStream(events, answerContext(body)).at(-1).response;
/** The stream's last state and the whole answer, which must be the same. */
const written = (events: readonly LlmEvent[], body: object = {}): Frame => {
  const response = streamed(events, body);
  expect(response).toEqual(whole(events, body));
  return response;
};
const types = (events: readonly LlmEvent[], body: object = {}) =>
  writeStream(events, answerContext(body)).map((frame) => frame.type.replace("response.", ""));

describe("an answer for a Responses client", () => {
  test("is a whole Response, with what the client said", () => {
    const tools = [{ type: "function", name: "f", parameters: {}, strict: false }];
    const body = {
      instructions: "i",
      tools,
      tool_choice: "required",
      parallel_tool_calls: false,
      temperature: 0.2,
      top_p: 0.3,
      text: { verbosity: "low" },
      reasoning: { effort: "low" },
      truncation: "auto",
      metadata: { a: "b" },
      max_output_tokens: 50,
      previous_response_id: "resp_0",
      store: false,
      service_tier: "flex",
      prompt_cache_key: "k",
      safety_identifier: "s",
    };
    const response: Response = written([started, ...said(0, ["a", "b"]), used, ended("stop")], body);
    expect(response).toMatchObject({
      ...body,
      id: "resp_abc",
      object: "response",
      created_at: 1_790_000_000,
      model: "alias",
      status: "completed",
      error: null,
      incomplete_details: null,
      background: false,
      text: { verbosity: "low", format: { type: "text" } },
      reasoning: { effort: "low", summary: null },
      output: [
        {
          type: "message",
          id: "msg_abc_0",
          role: "assistant",
          status: "completed",
          content: [{ type: "output_text", text: "ab", annotations: [], logprobs: [] }],
        },
      ],
      usage: WRITTEN_USAGE,
    });
  });

  test("has every field that the typing demands also where the client said nothing", () => {
    const response: Response = written([started, ...said(0, ["a"]), ended("stop")]);
    expect(response).toMatchObject({
      access_programs: null,
      instructions: null,
      metadata: {},
      parallel_tool_calls: true,
      temperature: 1,
      tool_choice: "auto",
      tools: [],
      top_p: 1,
      text: { format: { type: "text" } },
      truncation: "disabled",
      usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
    });
  });

  const outcomes: [string, readonly LlmEvent[], string, string | null, string][] = [
    ["stop", [...said(0, ["a"]), ended("stop")], "completed", null, "completed"],
    ["tool calls", [...called(0, "c", "f", ["{}"]), ended("tool_calls")], "completed", null, "completed"],
    ["a pause", [...said(0, ["a"]), ended("pause")], "completed", null, "completed"],
    ["a length", [...said(0, ["a"]), ended("length")], "incomplete", "max_output_tokens", "incomplete"],
    ["a cut call", [...called(0, "c", "f", ['{"a']), ended("length")], "incomplete", "max_output_tokens", "incomplete"],
    ["a filter", [...said(0, ["a"]), ended("content_filter")], "incomplete", "content_filter", "incomplete"],
    ["a refusal by a filter", [...said(0, ["a"]), ended("refusal")], "incomplete", "content_filter", "incomplete"],
    ["a refusal in words", [...refused(0, ["no"]), ended("refusal")], "completed", null, "completed"],
  ];
  test.each(outcomes)("ends by %s", (_, events, status, reason, itemStatus) => {
    const response = written([started, ...events]);
    expect([response.status, response.incomplete_details?.reason ?? null]).toEqual([status, reason]);
    expect(response.output.at(-1).status).toBe(itemStatus);
  });

  test("without anything has an empty text", () => {
    const response = written([started, ended("stop"), used]);
    expect(response.output).toMatchObject([{ type: "message", content: [{ type: "output_text", text: "" }] }]);
    expect(types([started, ended("stop")]).slice(2, -1)).toEqual([
      "output_item.added",
      "content_part.added",
      "output_text.done",
      "content_part.done",
      "output_item.done",
    ]);
  });

  test("says why a filter refused", () => {
    const events = [started, ...said(0, ["hm"]), ended("refusal", { explanation: "because" })];
    expect(written(events).output).toMatchObject([
      {
        content: [
          { type: "output_text", text: "hm" },
          { type: "refusal", refusal: "because" },
        ],
      },
    ]);
  });

  test("knows one choice", () => {
    const other: LlmEvent[] = [
      { type: "block_start", block: 7, choice: 1, kind: "text" },
      { type: "delta", block: 7, text: "other" },
      { type: "block_end", block: 7 },
      { type: "finish", choice: 1, reason: { unified: "length", raw: null } },
    ];
    const events = [started, ...other, ...said(8, ["one"]), ended("stop")];
    expect(written(events)).toMatchObject({ status: "completed", output: [{ content: [{ text: "one" }] }] });
  });
});

describe("the stream of an answer", () => {
  test("climbs the whole ladder (L04)", () => {
    const events = [
      started,
      ...said(0, ["He", "y"]),
      ...called(1, "t1", "get_weather", ['{"a"', ":1}"]),
      ended("stop"),
    ];
    expect(types(events)).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "output_item.added",
      "function_call_arguments.delta",
      "function_call_arguments.delta",
      "function_call_arguments.done",
      "output_item.done",
      "completed",
    ]);
  });

  test("shows thoughts as they come (L12)", () => {
    const events = [started, ...thought(0, ["t", "u"]), ...said(1, ["a"]), ended("stop")];
    expect(types(events).slice(2, 9)).toEqual([
      "output_item.added",
      "reasoning_summary_part.added",
      "reasoning_summary_text.delta",
      "reasoning_summary_text.delta",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
      "output_item.done",
    ]);
    expect(written(events).output[0]).toEqual({
      type: "reasoning",
      id: "rs_abc_0",
      summary: [{ type: "summary_text", text: "tu" }],
    });
  });

  test("passes each piece at once", () => {
    const encoder = responsesClient.encodeStream(answerContext());
    const events = [started, ...said(0, ["a"]), ...called(1, "c", "f", ["{}"])];
    const out = events.map((event) => encoder.push(event));
    expect(out[2]).toContain('"delta":"a"');
    expect(out[5]).toContain('"delta":"{}"');
    expect(encoder.push(used)).toBe("");
    expect(encoder.push({ type: "error", error: { status: 500, code: "x", message: "x" } })).toBe("");
    expect(encoder.sequence).toBe(readFrames(out.join("")).length);
  });

  test("puts interleaved blocks one after the other", () => {
    const [aStart, aDelta, aEnd] = called(0, "a", "f", ['{"x":1}']);
    const [bStart, bDelta, bEnd] = called(1, "b", "g", ['{"y":2}']);
    const events = [started, aStart!, bStart!, bDelta!, aDelta!, bEnd!, aEnd!, ended("tool_calls")];
    const frames = writeStream(events, answerContext());
    expect(frames.at(-1).response.output).toMatchObject([
      { call_id: "a", arguments: '{"x":1}' },
      { call_id: "b", arguments: '{"y":2}' },
    ]);
  });

  test("carries usage that comes after the finish", () => {
    const frames = writeStream([started, ...said(0, ["a"]), ended("stop"), used], answerContext());
    expect(frames.at(-1).response.usage).toEqual(WRITTEN_USAGE);
    expect(frames[0].response).toMatchObject({ status: "in_progress", output: [], usage: null });
  });
});

describe("parts of an answer", () => {
  test("that are texts in a row are one message; a refusal is a part of it", () => {
    const events = [started, ...said(0, ["a"]), ...said(1, ["b"]), ...refused(2, ["no", "!"]), ended("stop")];
    expect(written(events).output).toMatchObject([
      { content: [{ text: "a" }, { text: "b" }, { type: "refusal", refusal: "no!" }] },
    ]);
  });

  test("that are empty are left out", () => {
    const events = [
      started,
      ...said(0, []),
      ...thought(1, []),
      ...said(2, ["a"]),
      ...said(3, [], cited(3)),
      ended("stop"),
    ];
    expect(written(events).output).toHaveLength(1);
  });

  test("with citations name their range", () => {
    const events = [
      started,
      ...said(0, ["X ", "says"], cited(0), cited(0, { title: "T", start: 2, end: 6 })),
      ended("stop"),
    ];
    const annotations = [
      { type: "url_citation", url: "https://x.test", title: "", start_index: 0, end_index: 6 },
      { type: "url_citation", url: "https://x.test", title: "T", start_index: 2, end_index: 6 },
    ];
    expect(written(events).output[0].content[0].annotations).toEqual(annotations);
    const added = writeStream(events, answerContext()).filter((frame) => frame.type.endsWith("annotation.added"));
    expect(added.map((frame) => [frame.annotation_index, frame.annotation])).toEqual([...annotations.entries()]);
  });

  test("that are images are image_generation_call items; sounds have no item", () => {
    const events = [
      started,
      ...drawn(0, "image/jpeg", "AAAA"),
      ...drawn(1, "audio/wav", "BBBB"),
      ...drawn(2, "image/svg+xml", "CCCC"),
      ended("stop"),
    ];
    expect(written(events).output).toEqual([
      { type: "image_generation_call", id: "ig_abc_0", status: "completed", result: "AAAA", output_format: "jpeg" },
      { type: "image_generation_call", id: "ig_abc_1", status: "completed", result: "CCCC", output_format: "svg" },
    ]);
  });

  test("that are calls without arguments have an empty object", () => {
    expect(written([started, ...called(0, "c", "f", []), ended("tool_calls")]).output).toEqual([
      { type: "function_call", id: "fc_abc_0", call_id: "c", name: "f", arguments: "{}", status: "completed" },
    ]);
  });

  test("that are calls speak the client's own words for its tools", () => {
    const tools = [
      { type: "function", name: "run" },
      {
        type: "namespace",
        name: "ns",
        tools: [
          { type: "function", name: "run" },
          { type: "custom", name: "patch" },
        ],
      },
      { type: "custom", name: "bare" },
    ];
    const events = [
      started,
      ...called(0, "a", "run", ["{}"]),
      ...called(1, "b", "ns__run", ["{}"]),
      ...called(2, "c", "patch", ['{"input":"*** Be', 'gin"}']),
      ...called(3, "d", "bare", ["not as ", "told"]),
      ...called(4, "e", "bare", []),
      ...called(5, "f", "unknown", ["{}"]),
      ended("tool_calls"),
    ];
    const plain = { arguments: "{}", status: "completed" };
    expect(written(events, { tools }).output).toEqual([
      { type: "function_call", id: "fc_abc_0", call_id: "a", name: "run", ...plain },
      { type: "function_call", id: "fc_abc_1", call_id: "b", name: "run", namespace: "ns", ...plain },
      {
        type: "custom_tool_call",
        id: "ctc_abc_2",
        call_id: "c",
        name: "patch",
        namespace: "ns",
        input: "*** Begin",
        status: "completed",
      },
      {
        type: "custom_tool_call",
        id: "ctc_abc_3",
        call_id: "d",
        name: "bare",
        input: "not as told",
        status: "completed",
      },
      { type: "custom_tool_call", id: "ctc_abc_4", call_id: "e", name: "bare", input: "", status: "completed" },
      { type: "function_call", id: "fc_abc_5", call_id: "f", name: "unknown", ...plain },
    ]);
    expect(types(events, { tools }).filter((type) => type.startsWith("custom"))).toEqual([
      "custom_tool_call_input.delta",
      "custom_tool_call_input.done",
      "custom_tool_call_input.delta",
      "custom_tool_call_input.done",
      "custom_tool_call_input.done",
    ]);
  });
});

describe("signatures", () => {
  const gemini = (block: number) => signed(block, "gemini", `SG${block}==`);
  const kinds = (response: Frame) => response.output.map((item: Frame) => item.type);
  /** The answer as the client's next turn brings it back. */
  const echo = (output: Frame): Frame[] => {
    const [message] = decode({ input: output }).messages;
    return message?.role === "assistant" ? [...message.parts] : [];
  };
  const echoed = (events: readonly LlmEvent[]) => echo(written(events).output);

  test("of thoughts come back byte for byte (L06)", () => {
    const events = [
      started,
      ...thought(0, ["plan\n "], signed(0, "anthropic", "SIG+/==")),
      ...withheld(1, signed(1, "anthropic", "RED==")),
      ...thought(2, [], signed(2, "anthropic", "OMITTED")),
      ...said(3, ["a"]),
      ended("stop"),
    ];
    expect(echoed(events)).toEqual([
      { type: "reasoning", text: "plan\n ", signature: { vendor: "anthropic", value: "SIG+/==" }, redacted: false },
      { type: "reasoning", text: "", signature: { vendor: "anthropic", value: "RED==" }, redacted: true },
      { type: "reasoning", text: "", signature: { vendor: "anthropic", value: "OMITTED" }, redacted: false },
      { type: "text", text: "a" },
    ]);
  });

  test("of OpenAI are its own text, as it made it", () => {
    const { output } = written([started, ...thought(0, ["s"], signed(0, "openai", "gAAA")), ended("stop")]);
    expect(output[0].encrypted_content).toBe("gAAA");
  });

  test("of calls travel in an item of their own, before the call where they are known (L14)", () => {
    const late = [started, ...called(0, "a", "f", ["{}"], gemini(0)), ...called(1, "b", "f", ["{}"]), ended("stop")];
    const early = [started, late[1]!, gemini(0), ...late.slice(2).filter((event) => event.type !== "signature")];
    const signedFirst = ["reasoning", "function_call", "function_call"];
    expect(kinds(whole(late))).toEqual(signedFirst);
    expect(kinds(streamed(early))).toEqual(signedFirst);
    expect(kinds(streamed(late))).toEqual(["function_call", "reasoning", "function_call"]);
    for (const { output } of [whole(late), streamed(early), streamed(late)]) {
      expect(echo(output)).toMatchObject([
        { id: "a", signature: { vendor: "gemini", value: "SG0==" } },
        { id: "b", signature: null },
      ]);
    }
  });

  test("of texts and images come back to them, also where there is no text", () => {
    const events = [
      started,
      ...said(0, ["t"], gemini(0)),
      ...drawn(1, "image/png", "AAAA", gemini(1)),
      ...said(2, [], gemini(2)),
      ended("stop"),
    ];
    expect(echoed(events)).toMatchObject([
      { type: "text", text: "t", signature: { value: "SG0==" } },
      { type: "image", signature: { value: "SG1==" } },
      { type: "text", text: "", signature: { value: "SG2==" } },
    ]);
  });
});

test("items and usage are what the SDK's typing says", () => {
  for (const item of written([started, ...said(0, ["a"]), ended("stop")]).output) expect(asTypedItem(item)).toBe(item);
  expect(asTypedUsage(writeUsage(USAGE))).toEqual(WRITTEN_USAGE);
  expect(writeUsage(null)).toMatchObject({ input_tokens: 0, output_tokens: 0, total_tokens: 0 });
});

import { describe, expect, test } from "bun:test";
import type { InputPart, Message, OutputPart } from "../../../src/llm/request.ts";
import {
  call,
  encode,
  encodeMessages,
  type Json,
  refusal,
  result,
  SIGNED,
  SONNET,
  targetOf,
  text,
  USER,
} from "./fixture.ts";

const SONNET_45 = targetOf(SONNET, "claude-sonnet-4-5");

describe("a conversation", () => {
  test("has the results of a turn in one user's turn, before its words", () => {
    const turns = encodeMessages([
      { role: "user", parts: [text("both")] },
      { role: "assistant", parts: [text("Looking."), call("t1", '{"city":"R"}'), call("t2", "")] },
      { role: "tool", results: [result("t1", "18")] },
      { role: "tool", results: [{ ...result("t2", ""), isError: true, cacheControl: { type: "ephemeral" } }] },
      { role: "user", parts: [text("which?")] },
      { role: "user", parts: [text("well?")] },
    ]);
    expect(turns).toEqual([
      { role: "user", content: [{ type: "text", text: "both" }] },
      {
        role: "assistant",
        content: [
          { type: "text", text: "Looking." },
          { type: "tool_use", id: "t1", name: "f", input: { city: "R" } },
          { type: "tool_use", id: "t2", name: "f", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "t1", content: "18" },
          { type: "tool_result", tool_use_id: "t2", is_error: true, cache_control: { type: "ephemeral" } },
          { type: "text", text: "which?" },
          { type: "text", text: "well?" },
        ],
      },
    ]);
  });

  test("moves what stands between a call and its result behind it", () => {
    const between: Message[] = [
      { role: "system", parts: [text("brief")] },
      { role: "user", parts: [text("hurry")] },
    ];
    const calls: Message = { role: "assistant", parts: [call("a", "{}"), call("b", "{}")] };
    const results: Message[] = ["a", "b"].map((id) => ({ role: "tool", results: [result(id, id)] }));
    const last = (messages: readonly Message[]) => (encodeMessages(messages) as { content: Json[] }[]).at(-1)?.content;
    expect(last([USER, calls, ...between, ...results])?.map(({ type }) => type)).toEqual([
      "tool_result",
      "tool_result",
      "text",
      "text",
    ]);
    // Results that come after words that stood too early for a call nobody knows.
    expect(last([USER, ...results])?.map(({ type }) => type)).toEqual(["tool_result", "tool_result", "text"]);
    // A result that never comes.
    expect(last([USER, calls, ...results.slice(0, 1), ...between])?.map(({ type }) => type)).toEqual([
      "tool_result",
      "text",
      "text",
    ]);
  });

  const brief: Message = { role: "developer", parts: [text("brief")] };
  const said: Message = { role: "assistant", parts: [text("b")] };
  const reminder = { type: "text", text: "<system-reminder>\nbrief\n</system-reminder>" };
  const hi = { type: "text", text: "hi" };
  const systemTurn = { role: "system", content: [{ type: "text", text: "brief" }] };
  test.each([
    ["behind a user's turn", [USER, brief], [{ role: "user", content: [hi] }, systemTurn]],
    [
      "twice in a row",
      [USER, brief, brief, said],
      [
        { role: "user", content: [hi] },
        { role: "system", content: [...systemTurn.content, ...systemTurn.content] },
        { role: "assistant", content: [{ type: "text", text: "b" }] },
      ],
    ],
    [
      "behind the assistant's turn",
      [USER, said, brief, USER],
      [
        { role: "user", content: [hi] },
        { role: "assistant", content: [{ type: "text", text: "b" }] },
        { role: "user", content: [reminder, hi] },
      ],
    ],
    ["between two of the user's", [USER, brief, USER], [{ role: "user", content: [hi, reminder, hi] }]],
  ] as [string, Message[], unknown][])("has a system message where it may stand: %s", (_what, messages, turns) => {
    expect(encodeMessages(messages)).toEqual(turns);
  });

  test("of an older model has it as a marked text", () => {
    const turns = [{ role: "user", content: [hi, reminder] }];
    expect(encodeMessages([USER, brief], SONNET_45)).toEqual(turns);
    expect(encodeMessages([USER, brief], targetOf({}, "claude-opus-4-7"))).toEqual(turns);
  });

  test("that begins with a system message has it before the conversation", () => {
    const { body } = encode({ system: [text("a")], messages: [brief, USER] });
    expect(body).toMatchObject({ system: [{ text: "a" }, { text: "brief" }], messages: [{ role: "user" }] });
    expect(encode({ messages: [brief] }).body).toMatchObject({ system: [{ text: "brief" }], messages: [] });
  });

  test("replays signed thoughts byte for byte and leaves out all others", () => {
    const foreign: OutputPart = { ...SIGNED, signature: { vendor: "gemini", value: "SG" } };
    const redacted: OutputPart = {
      ...SIGNED,
      text: "",
      signature: { vendor: "anthropic", value: "RED==" },
      redacted: true,
    };
    const turn: Message = {
      role: "assistant",
      parts: [SIGNED, redacted, foreign, { ...SIGNED, signature: null }, call("t1", "{}"), SIGNED],
    };
    expect(encodeMessages([turn])).toEqual([
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "plan\n ", signature: "SIG+/==" },
          { type: "redacted_thinking", data: "RED==" },
          { type: "tool_use", id: "t1", name: "f", input: {} },
        ],
      },
    ]);
    // Nothing but thoughts is no turn.
    expect(encodeMessages([USER, { role: "assistant", parts: [SIGNED] }, USER])).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "hi" },
          { type: "text", text: "hi" },
        ],
      },
    ]);
  });

  test("leaves out blank texts and the white space at a prefilled answer's end", () => {
    expect(
      encodeMessages([
        { role: "user", parts: [text(""), text("q"), text(" \n")] },
        { role: "assistant", parts: [text("")] },
        { role: "assistant", parts: [{ type: "refusal", text: "{ \n" }] },
      ]),
    ).toEqual([
      { role: "user", content: [{ type: "text", text: "q" }] },
      { role: "assistant", content: [{ type: "text", text: "{" }] },
    ]);
  });

  test("has ids that Anthropic takes, the same for call and result", () => {
    const [, assistant, user] = encodeMessages([
      USER,
      { role: "assistant", parts: [call("functions.f:0", "{}"), call("functions_f:0", "{}")] },
      { role: "tool", results: [result("functions.f:0", "a"), result("functions_f:0", "b")] },
    ]) as { content: Json[] }[];
    const ids = assistant?.content.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids ?? []) expect(id).toMatch(/^functions_f_0_[0-9a-f]{8}$/);
    expect(user?.content.map(({ tool_use_id }) => tool_use_id)).toEqual(ids);
  });

  test("reports pictures that the assistant made", () => {
    const picture: InputPart = {
      type: "image",
      mediaType: "image/png",
      source: { kind: "data", base64: "AA" },
      name: null,
      detail: null,
    };
    expect(encode({ messages: [{ role: "assistant", parts: [text("look"), picture] }] }).dropped).toEqual([
      "client.messages",
    ]);
  });

  test("keeps at most four cache marks, the last ones and one of the stable part", () => {
    const mark = { cacheControl: { type: "ephemeral" } } as const;
    const marked = (count: number) => Array.from({ length: count }, (_, index) => ({ ...text(`${index}`), ...mark }));
    const marksOf = (stable: number, inTurn: number) => {
      const { system, messages } = encode({
        system: marked(stable),
        messages: [{ role: "user", parts: marked(inTurn) }],
      }).body as { system: Json[]; messages: { content: Json[] }[] };
      const names = (blocks: Json[]) => blocks.filter((each) => each.cache_control).map((each) => each.text);
      return [names(system), names(messages[0]?.content ?? [])];
    };
    expect(marksOf(2, 5)).toEqual([["1"], ["2", "3", "4"]]);
    expect(marksOf(5, 1)).toEqual([["2", "3", "4"], ["0"]]);
    expect(marksOf(2, 2)).toEqual([
      ["0", "1"],
      ["0", "1"],
    ]);
  });
});

describe("media", () => {
  const media = (fields: Partial<Extract<InputPart, { type: "file" | "image" | "audio" }>>): InputPart => ({
    type: "file",
    mediaType: null,
    source: { kind: "data", base64: "" },
    name: null,
    detail: null,
    ...fields,
  });
  const data = (base64: string) => ({ kind: "data", base64 }) as const;
  const textData = data(Buffer.from("a: ü\n").toString("base64"));
  const asText = { type: "document", source: { type: "text", media_type: "text/plain", data: "a: ü\n" } };
  const pdf = (base64: string) => ({ type: "base64", media_type: "application/pdf", data: base64 });

  test.each([
    [
      { type: "image", mediaType: "image/JPG; q=1", source: data("AA") },
      { type: "image", source: { type: "base64", media_type: "image/jpeg", data: "AA" } },
    ],
    [
      { type: "image", source: data("iVBORw0KGgo=") },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
    ],
    [
      { type: "image", source: { kind: "url", url: "https://a/b" }, cacheControl: { type: "ephemeral" } },
      { type: "image", source: { type: "url", url: "https://a/b" }, cache_control: { type: "ephemeral" } },
    ],
    [
      { mediaType: "image/webp", source: data("UklGR") },
      { type: "image", source: { type: "base64", media_type: "image/webp", data: "UklGR" } },
    ],
    [
      { mediaType: "application/pdf", source: data("AA"), name: "a.pdf" },
      { type: "document", source: pdf("AA"), title: "a.pdf" },
    ],
    [{ source: data("JVBERi0x") }, { type: "document", source: pdf("JVBERi0x") }],
    [
      { source: data("AA"), name: "A.PDF" },
      { type: "document", source: pdf("AA"), title: "A.PDF" },
    ],
    [{ source: { kind: "url", url: "https://a" } }, { type: "document", source: { type: "url", url: "https://a" } }],
    [{ source: { kind: "text", text: "a: ü\n" } }, asText],
    [{ source: textData, mediaType: "application/octet-stream" }, asText],
    [{ source: textData, mediaType: "application/x-yaml" }, asText],
    [{ source: textData, mediaType: "text/csv" }, asText],
  ] as [Parameters<typeof media>[0], unknown][])("%j", (fields, block) => {
    expect(encodeMessages([{ role: "user", parts: [media(fields)] }])).toEqual([{ role: "user", content: [block] }]);
  });

  test.each([
    { type: "audio", mediaType: "audio/wav" },
    { mediaType: "audio/mpeg" },
    { source: { kind: "file_id", id: "file-abc" } },
    { type: "image", mediaType: "image/bmp" },
    { type: "image", source: data("AAAA") },
    { type: "image", source: { kind: "url", url: "gs://a" } },
    { mediaType: "application/zip", source: textData },
    { source: data("/////w==") },
    { source: data("") },
  ] as Parameters<typeof media>[0][])("%j is refused", (fields) => {
    expect(refusal(() => encodeMessages([{ role: "user", parts: [media(fields)] }]))).toMatchObject({
      status: 400,
      param: "client.messages",
    });
  });

  test("stay in a tool's result", () => {
    const parts = [text("see"), media({ type: "image", source: { kind: "url", url: "https://a" } })];
    expect(encodeMessages([{ role: "tool", results: [{ ...result("t", ""), parts }] }])).toEqual([
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "t",
            content: [
              { type: "text", text: "see" },
              { type: "image", source: { type: "url", url: "https://a" } },
            ],
          },
        ],
      },
    ]);
  });
});

import { describe, expect, test } from "bun:test";
import { chatChunk, data, event, MESSAGE_START, responseAnswer, responseStream, USAGE } from "../support/samples.ts";
import { formats, watch } from "./watching.ts";

/** Every format runs this table: what is whole passes untouched, what is not is told apart. */
describe.each(formats)("a %s stream", (id, frames) => {
  const source = frames.join("");

  test("passes as its own bytes, with its usage in disjoint parts", () => {
    const { out, end, facts } = watch(id, frames);
    expect(out).toBe(source);
    expect(end).toBe("");
    expect(facts).toMatchObject({ hasContent: true, finished: true, error: null, usage: USAGE });
    expect(JSON.parse(facts.rawUsage!)).toBeObject();
  });

  test("is the same wherever the network cuts it", () => {
    const bytes = Buffer.from(source);
    const whole = watch(id, frames);
    for (let at = 1; at < bytes.length; at++) {
      const cut = watch(id, [bytes.subarray(0, at), bytes.subarray(at)]);
      expect([at, cut.out, cut.end]).toEqual([at, whole.out, whole.end]);
      expect(cut.facts).toEqual(whole.facts);
    }
    const single = watch(
      id,
      Array.from(bytes, (byte) => Uint8Array.of(byte)),
    );
    expect(single.out).toBe(source);
    expect(single.facts).toEqual(whole.facts);
  });

  test("in one piece, with CRLF or behind a byte order mark is the same", () => {
    expect(watch(id, [source]).out).toBe(source);
    const crlf = source.replaceAll("\n", "\r\n");
    const { out, end, facts } = watch(id, [crlf]);
    expect([out, end]).toEqual([crlf, ""]);
    expect(facts.usage).toEqual(USAGE);
    const marked = watch(id, [`\ufeff${source}`]);
    expect([marked.out, marked.facts.usage]).toEqual([`\ufeff${source}`, USAGE]);
  });

  test("keeps comments, retry fields and unknown events", () => {
    const odd = [
      ": hello\n\n",
      "retry: 3\n\n",
      frames[0]!,
      event({ type: "brand.new_event", x: 1 }),
      ...frames.slice(1),
    ];
    const { out, end } = watch(id, odd);
    expect(out).toBe(odd.join(""));
    expect(end).toBe("");
  });

  test("that is cut before its end is known for it", () => {
    const endMarks = id === "openai-chat" ? 3 : 1; // finish, usage, [DONE]
    for (let count = 0; count <= frames.length - endMarks; count++) {
      const { end, facts } = watch(id, frames.slice(0, count));
      expect([count, end]).toEqual([count, null]);
      expect(facts.finished).toBe(false);
    }
  });

  test("of comments only has no content and no end", () => {
    expect(watch(id, [": a\n\n", ": b\n\n"])).toMatchObject({ end: null, contentAfter: 0, facts: { frames: 0 } });
  });
});

describe("content begins", () => {
  test.each([
    ["openai-chat", 1],
    ["openai-responses", 2], // response.created can still be taken back
    ["anthropic-messages", 3], // message_start and ping too
    ["gemini", 1],
  ] as const)("in %s with frame %d: before it another key may be tried", (id, frame) => {
    const [, frames] = formats.find(([each]) => each === id)!;
    expect(watch(id, frames).contentAfter).toBe(frame);
  });
});

describe("an error", () => {
  const errors: [string, Parameters<typeof watch>[0], string][] = [
    ["object", "openai-chat", data({ error: { message: "Grüße", type: "server_error" } })],
    ["string", "openai-chat", data({ error: "overloaded" })],
    ["beside choices", "openai-chat", data({ choices: [], error: { message: "x" } })],
    ["event", "openai-responses", event({ type: "error", code: "server_error", message: "x" })],
    [
      "failure",
      "openai-responses",
      event({ type: "response.failed", response: { status: "failed", error: { code: "x" } } }),
    ],
    ["event", "anthropic-messages", event({ type: "error", error: { type: "overloaded_error", message: "x" } })],
    ["object", "gemini", data({ error: { code: 503, status: "UNAVAILABLE", message: "x" } })],
  ];
  test.each(errors)("%s of %s is taken out, and what follows it too", (_, id, frame) => {
    const { out, facts } = watch(id, [`${frame}data: {"after":1}\n\n`]);
    expect(out).toBe("");
    expect(Buffer.from(facts.error!, "latin1").toString()).toBe(frame.split("data: ")[1]!.trimEnd());
    expect(facts.hasContent).toBe(false);
  });

  test("field that is null is none", () => {
    for (const [id, frames] of formats.filter(([each]) => each !== "anthropic-messages")) {
      const quiet = frames.map((frame) => frame.replace("data: {", 'data: {"error":null,'));
      expect(watch(id, quiet)).toMatchObject({ out: quiet.join(""), end: "", facts: { error: null } });
    }
  });

  test("at the end of a failed response that has said something passes as it is", () => {
    const [created, delta] = responseStream();
    const failed = event({
      type: "response.failed",
      sequence_number: 2,
      response: { ...responseAnswer(), status: "failed" },
    });
    expect(watch("openai-responses", [created!, delta!, failed])).toMatchObject({
      out: created! + delta! + failed,
      end: "",
      facts: { finished: true, usage: USAGE },
    });
  });
});

describe("what a client wrote and an upstream echoes is not taken for the upstream's own word:", () => {
  const echo = { type: "response.failed", response: { status: "failed" }, usage: { input_tokens: 9 } };

  test("metadata and tool schemas in response.created", () => {
    for (const type of ["response.failed", "response.completed", "response.incomplete"]) {
      const [, delta, completed] = responseStream();
      const created = event({
        type: "response.created",
        sequence_number: 0,
        response: {
          ...responseAnswer(),
          status: "in_progress",
          output: [],
          usage: null,
          metadata: { type },
          tools: [{ type: "function", name: "f", parameters: { default: { ...echo, type } } }],
        },
      });
      const early = watch("openai-responses", [created]);
      expect({ type, error: early.facts.error, finished: early.facts.finished, end: early.end }).toEqual({
        type,
        error: null,
        finished: false,
        end: null,
      });
      expect(early.contentAfter).toBe(0);
      expect(watch("openai-responses", [created, delta!, completed!])).toMatchObject({
        out: created + delta! + completed!,
        facts: { usage: USAGE, error: null },
      });
    }
  });

  test("arguments of a Gemini function call", () => {
    const [, frames] = formats.find(([id]) => id === "gemini")!;
    const call = data({
      candidates: [
        {
          content: {
            parts: [
              {
                functionCall: {
                  name: "f",
                  args: { finishReason: "STOP", error: { code: 500 }, usageMetadata: 1, blockReason: "x" },
                },
              },
            ],
          },
        },
      ],
    });
    expect(watch("gemini", [call])).toMatchObject({ out: call, end: null, facts: { error: null, finished: false } });
    const { facts } = watch("gemini", [frames[0]!, call]);
    expect(facts.usage).toMatchObject({ inputTokens: 800 });
    expect(facts.rawUsage).toContain("promptTokenCount");
  });

  test("text that looks like JSON of the format", () => {
    const text =
      '","finish_reason":"stop"}],"usage":{"prompt_tokens":1},"error":{"message":"x"}} data: [DONE]\n\n{"type":"message_stop"}';
    const chat = watch("openai-chat", [chatChunk({ content: text })]);
    expect(chat).toMatchObject({ end: null, facts: { usage: null, error: null, finished: false } });
    const delta = event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
    expect(watch("anthropic-messages", [MESSAGE_START, delta])).toMatchObject({ end: null, facts: { error: null } });
    const output = event({ type: "response.output_text.delta", delta: `${text} {"type":"response.completed"}` });
    expect(watch("openai-responses", [output])).toMatchObject({ end: null, facts: { error: null, finished: false } });
  });
});

test("a chat stream with two choices that is cut after the first one's end is not complete", () => {
  const choice = (index: number, finish: string | null) =>
    chatChunk({ content: "a" }, null, { choices: [{ index, delta: {}, finish_reason: finish }] });
  expect(watch("openai-chat", [choice(0, null), choice(1, null), choice(0, "stop")]).end).toBeNull();
  expect(watch("openai-chat", [choice(0, null), choice(1, null), choice(0, "stop"), choice(1, "stop")]).end).toBe(
    "data: [DONE]\n\n",
  );
});

test("ids that only the same key can use again are noted", () => {
  expect(watch("openai-responses", responseStream("resp_9")).facts.boundIds).toContain("resp_9");
  const container = event({
    type: "message_delta",
    delta: { container: { id: "ctr_1" } },
    usage: { output_tokens: 1 },
  });
  expect(watch("anthropic-messages", [MESSAGE_START, container]).facts.boundIds).toContain("ctr_1");
});

test("the sequence goes on where the upstream stopped", () => {
  expect(watch("openai-responses", responseStream().slice(0, 2)).facts.sequence).toBe(2);
});

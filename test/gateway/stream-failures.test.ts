import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { close, gate, inTurn, json, never, type Reply, reset, stream, streamThen } from "../support/fake-vendor.ts";
import {
  anthropicError,
  CHAT_FRAMES,
  CHAT_STREAM,
  chatAnswer,
  DONE,
  data,
  event,
  GEMINI_STREAM,
  geminiError,
  MESSAGE_CONTENT,
  MESSAGE_START,
  MESSAGE_STREAM,
  openAiError,
  responseStream,
} from "../support/samples.ts";
import { StreamReader } from "../support/stream-reader.ts";
import { type Answer, allGivenBack, type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      provider("openai", `${vendor.origin}/v1`, ["sk-1", "sk-2"]),
      provider("anthropic", vendor.origin, ["ant-1", "ant-2"]),
      provider("gemini", vendor.origin, ["gm-1", "gm-2"]),
    ],
    models: [
      { name: "gpt", targets: [{ provider: "openai", model: "gpt" }] },
      { name: "opus", targets: [{ provider: "anthropic", model: "opus" }] },
      { name: "pro", targets: [{ provider: "gemini", model: "pro" }] },
    ],
    settings: { maxEventBytes: 20_000 },
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(never));

interface Format {
  readonly name: string;
  readonly path: string;
  readonly body: object;
  readonly whole: readonly string[];
  /** What an upstream sends before any content, then its first content. */
  readonly first: readonly string[];
  /** Reads the error that ends a stream. */
  readonly lastError: (text: string) => Answer;
}

const dataOf = (text: string): Answer => JSON.parse(text.trimEnd().split("\n").at(-1)!.replace("data: ", ""));
const formats: readonly Format[] = [
  {
    name: "chat",
    path: "/v1/chat/completions",
    body: { model: "gpt", stream: true },
    whole: CHAT_STREAM,
    first: CHAT_FRAMES.slice(0, 2),
    lastError: (text) => dataOf(text).error,
  },
  {
    name: "messages",
    path: "/v1/messages",
    body: { model: "opus", stream: true },
    whole: MESSAGE_STREAM,
    first: [MESSAGE_START, ...MESSAGE_CONTENT.slice(0, 2)],
    lastError: (text) => {
      expect(text.trimEnd().split("\n").at(-2)).toBe("event: error");
      expect(dataOf(text).type).toBe("error");
      return dataOf(text).error;
    },
  },
  {
    name: "gemini",
    path: "/v1beta/models/pro:streamGenerateContent?alt=sse",
    body: {},
    whole: GEMINI_STREAM,
    first: GEMINI_STREAM.slice(0, 1),
    lastError: (text) => dataOf(text).error,
  },
  {
    name: "responses",
    path: "/v1/responses",
    body: { model: "gpt", stream: true },
    whole: responseStream(),
    first: responseStream().slice(0, 2),
    lastError: (text) => {
      expect(dataOf(text)).toMatchObject({ type: "response.failed", sequence_number: 2 });
      return dataOf(text).response.error;
    },
  },
];
const ask = ({ path, body }: Format) => gateway.send(path, body);

const failuresBefore: [what: string, reply: (format: Format) => Reply][] = [
  ["a reset before the headers", () => reset],
  ["a connection closed before the headers", () => close],
  ["a 500", () => json(openAiError("boom", "server_error"), 500)],
  ["an HTML page with a 502", () => json("<html><h1>Bad Gateway</h1></html>", 502, { "content-type": "text/html" })],
  ["an HTML page with a 200", () => json("<html>Login</html>", 200, { "content-type": "text/html" })],
  ["an empty stream", () => stream([])],
  ["a stream of comments only", () => stream([": hi\n\n", ": there\n\n"])],
  ["half a frame", () => stream(['data: {"id":"x","choi'])],
  ["a redirect", () => json("", 307, { location: "http://127.0.0.1:1/" })],
  ["silence instead of headers", () => gateway.silence],
  ["silence after the headers", () => streamThen([], gateway.silence)],
  ["a 204", () => (call) => call.answer(204, "")],
  ["an overloaded error as the first event", ({ name }) => stream([firstError(name)])],
  [
    "garbage instead of HTTP",
    () => async (call) => {
      await call.write("\u0016\u0003\u0001 not http\n\n");
      call.fin();
    },
  ],
];

function firstError(name: string): string {
  if (name === "messages") return event({ ...anthropicError("overloaded_error", "Overloaded") });
  if (name === "gemini") return data(geminiError(503, "UNAVAILABLE", "overloaded"));
  if (name === "responses") return event({ type: "error", code: "server_error", message: "boom" });
  return data(openAiError("boom", "server_error"));
}

describe.each(formats.map((format) => [format.name, format] as const))("a %s stream", (_, format) => {
  test.each(failuresBefore)("moves on to another key after %s", async (_what, reply) => {
    let sick: string | null = null;
    const [failing, whole] = [reply(format), stream(format.whole)];
    gateway.vendor.otherwise((call) => {
      sick ??= call.key;
      return call.key === sick ? failing(call) : whole(call);
    });
    const { status, text, record, calls } = await ask(format);
    expect(status).toBe(200);
    expect(text).toBe(format.whole.join(""));
    expect(record).toMatchObject({ status: "success", httpStatus: 200, errorClass: null });
    expect(record.attempts.map(({ outcome }) => outcome).at(-1)).toBe("ok");
    expect(record.attempts).toHaveLength(2);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(2);
    await allGivenBack(gateway);
  });

  const cuts: [what: string, cut: Reply, errorClass: string, status: number][] = [
    ["a reset", reset, "truncated", 502],
    ["a closed connection", close, "truncated", 502],
    ["an end without its end mark", (call) => call.end(), "truncated", 502],
    [
      "half a frame",
      async (call) => {
        await call.chunk('data: {"type":"x","a');
        await call.end();
      },
      "truncated",
      502,
    ],
    ["silence", (call) => gateway.silence(call), "timeout", 504],
  ];
  test.each(cuts)("that is cut by %s ends in an error of its own format", async (_what, cut, errorClass, status) => {
    const go = gate();
    gateway.vendor.otherwise(
      streamThen(format.first, async (call) => {
        await go.opened;
        await cut(call);
      }),
    );
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post(format.path, format.body));
    await reader.until(format.first.at(-1)!);
    go.open();
    const text = await reader.rest();
    expect(text).toStartWith(format.first.join(""));
    expect(text).not.toContain("[DONE]");
    expect(text).not.toContain('"type":"x","a');
    const error = format.lastError(text);
    if (format.name === "gemini") expect(error.code).toBe(status);
    expect(error.message).toBeString();
    const record = await settled;
    expect(record).toMatchObject({ status: "error", errorClass, usageSource: "estimated" });
    expect(record.usage!.outputTokens).toBeGreaterThan(0);
    expect(gateway.vendor.calls).toHaveLength(1);
    await allGivenBack(gateway);
  });

  test("with an error after its first content passes what was said and ends in an error", async () => {
    gateway.vendor.otherwise(stream([...format.first, firstError(format.name), ...format.whole.slice(-1)]));
    const { text, record, calls } = await ask(format);
    expect(text).toStartWith(format.first.join(""));
    expect(format.lastError(text).message).toBeString();
    expect(record).toMatchObject({ status: "error", errorClass: "upstream_error" });
    expect(calls).toHaveLength(1);
  });

  test("with an event without end is cut off at the limit, not collected", async () => {
    const go = gate();
    gateway.vendor.otherwise(
      streamThen(format.first, async (call) => {
        await go.opened;
        await call.chunk("data: ");
        while (await call.chunk("A".repeat(10_000)));
      }),
    );
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post(format.path, format.body));
    await reader.until(format.first.at(-1)!);
    go.open();
    const text = await reader.rest();
    expect(format.lastError(text).message).toBeString();
    expect(text.length).toBeLessThan(20_000);
    expect(await settled).toMatchObject({ status: "error", errorClass: "truncated" });
    await gateway.vendor.calls[0]!.left;
  });
});

describe("before its first content a stream", () => {
  const chat = formats[0]!;
  test("is not kept waiting for ever by an error status whose body never ends", async () => {
    gateway.vendor.once(async (call) => {
      await call.head(500, { "content-type": "application/json", "content-length": "1000" });
      await call.write('{"error":');
      await gateway.silence(call);
    });
    gateway.vendor.otherwise(stream(CHAT_STREAM));
    const outcome = await ask(chat);
    expect(outcome.text).toBe(CHAT_STREAM.join(""));
  });

  test("is not kept waiting for ever by an upstream that only sends comments", async () => {
    gateway.vendor.once(
      streamThen([], async (call) => {
        const silence = gateway.silence(call);
        while (await call.chunk(": still here\n\n")) await Bun.sleep(50);
        await silence;
      }),
    );
    gateway.vendor.otherwise(stream(CHAT_STREAM));
    const outcome = await ask(chat);
    expect(outcome.text).toEndWith(CHAT_STREAM.join(""));
  });

  test("that the upstream refuses for the client's fault shows that refusal as a real status", async () => {
    const refusal = openAiError("context too long", "BadRequestError", "context_length_exceeded");
    gateway.vendor.otherwise(stream([data(refusal), DONE]));
    const { status, json: answer, calls, record } = await ask(chat);
    expect(status).toBe(400);
    expect(answer).toEqual(refusal);
    expect(calls).toHaveLength(1);
    expect(record).toMatchObject({ status: "error", httpStatus: 400, errorClass: "invalid_request" });
  });

  test("that is answered as JSON is not taken for a stream", async () => {
    gateway.vendor.otherwise(inTurn(json(chatAnswer()), stream(CHAT_STREAM)));
    const { text } = await ask(chat);
    expect(text).toBe(CHAT_STREAM.join(""));
  });

  test("that is answered with an error object under a 200 in JSON is judged by it", async () => {
    const refusal = openAiError("bad tools", "invalid_request_error");
    gateway.vendor.otherwise(json(refusal));
    const { status, calls } = await ask(chat);
    expect(status).toBe(400);
    expect(calls).toHaveLength(1);
  });
});

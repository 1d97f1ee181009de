import { CLIENT_KEY } from "../support/app.ts";
import { json, type Reply, stream, streamThen } from "../support/fake-vendor.ts";
import {
  anthropicError,
  CHAT_STREAM_WITH_USAGE,
  chatAnswer,
  chatChunk,
  data,
  event,
  GEMINI_STREAM,
  geminiAnswer,
  geminiError,
  MESSAGE_CONTENT,
  MESSAGE_START,
  MESSAGE_STREAM,
  messageAnswer,
  openAiError,
} from "../support/samples.ts";
import type { Answer } from "./fixture.ts";

/** The text of every sample answer. */
export const TEXT = "Grüße 🦊";

/** A client format: how one asks in it, and how one reads what comes. */
export interface ClientFormat {
  readonly id: string;
  readonly path: (model: string, stream: boolean) => string;
  readonly body: (model: string, stream: boolean) => Record<string, unknown>;
  /** What its clients send beside the credential. */
  readonly headers: Record<string, string>;
  readonly textOf: (answer: Answer) => string;
  /** Of the whole text of a stream: what was said, whether it came to its own proper end, and the message of its error. */
  readonly readStream: (text: string) => StreamResult;
  readonly errorOf: (answer: Answer) => { readonly message: string; readonly type: unknown };
}

export interface StreamResult {
  readonly text: string;
  readonly isComplete: boolean;
  readonly error: string | null;
}

const USER = { role: "user", content: "hello" };

function frames(text: string): { event: string | null; data: Answer; raw: string }[] {
  return text
    .split("\n\n")
    .filter((frame) => /^(?:event|data):/m.test(frame))
    .map((frame) => {
      const raw = /^data: ?(.*)$/m.exec(frame)?.[1] ?? "";
      const name = /^event: ?(.*)$/m.exec(frame)?.[1] ?? null;
      return { event: name, raw, data: raw === "[DONE]" ? null : JSON.parse(raw) };
    });
}

export const chat: ClientFormat = {
  id: "openai-chat",
  path: () => "/v1/chat/completions",
  body: (model, isStream) => ({ model, messages: [USER], ...(isStream ? { stream: true } : {}) }),
  headers: {},
  textOf: (answer) => answer.choices[0].message.content,
  errorOf: ({ error }) => ({ message: error.message, type: error.type }),
  readStream: (text) => {
    const all = frames(text);
    return {
      text: all.map(({ data }) => data?.choices?.[0]?.delta?.content ?? "").join(""),
      isComplete: all.at(-1)?.raw === "[DONE]" && all.some(({ data }) => data?.choices?.[0]?.finish_reason === "stop"),
      error: all.find(({ data }) => data?.error !== undefined && data !== null)?.data.error.message ?? null,
    };
  },
};

export const responses: ClientFormat = {
  id: "openai-responses",
  path: () => "/v1/responses",
  body: (model, isStream) => ({ model, input: "hello", ...(isStream ? { stream: true } : {}) }),
  headers: {},
  textOf: (answer) =>
    answer.output
      .flatMap((item: Answer) => item.content ?? [])
      .map((part: Answer) => part.text ?? "")
      .join(""),
  errorOf: ({ error }) => ({ message: error.message, type: error.type }),
  readStream: (text) => {
    const all = frames(text);
    const last = all.at(-1);
    return {
      text: all.map(({ data }) => (data?.type === "response.output_text.delta" ? data.delta : "")).join(""),
      isComplete: last?.event === "response.completed" && all.every(({ data }, at) => data.sequence_number === at),
      error: last?.event === "response.failed" ? last.data.response.error.message : null,
    };
  },
};

export const messages: ClientFormat = {
  id: "anthropic-messages",
  path: () => "/v1/messages",
  body: (model, isStream) => ({ model, max_tokens: 100, messages: [USER], ...(isStream ? { stream: true } : {}) }),
  headers: { "anthropic-version": "2023-06-01", "anthropic-beta": "some-beta" },
  textOf: (answer) => answer.content.map((block: Answer) => block.text ?? "").join(""),
  errorOf: ({ error }) => ({ message: error.message, type: error.type }),
  readStream: (text) => {
    const all = frames(text);
    const error = all.find((frame) => frame.event === "error");
    return {
      text: all.map(({ data }) => (data?.type === "content_block_delta" ? (data.delta.text ?? "") : "")).join(""),
      isComplete: all[0]?.event === "message_start" && all.at(-1)?.event === "message_stop",
      error: error?.data.error.message ?? null,
    };
  },
};

export const gemini: ClientFormat = {
  id: "gemini",
  path: (model, isStream) =>
    `/v1beta/models/${model}:${isStream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  body: () => ({ contents: [{ role: "user", parts: [{ text: "hello" }] }] }),
  headers: { "x-goog-api-key": CLIENT_KEY },
  textOf: (answer) => answer.candidates[0].content.parts.map((part: Answer) => part.text ?? "").join(""),
  errorOf: ({ error }) => ({ message: error.message, type: error.status }),
  readStream: (text) => {
    const all = frames(text);
    const parts = all.flatMap(({ data }) => data.candidates?.[0]?.content?.parts ?? []);
    return {
      text: parts.map((part: Answer) => part.text ?? "").join(""),
      isComplete: all.at(-1)?.data.candidates?.[0]?.finishReason === "STOP",
      error: all.at(-1)?.data.error?.message ?? null,
    };
  },
};

export const FORMATS = [chat, responses, messages, gemini];

/** An upstream as a client of another format finds it: what it answers, and how it goes wrong. */
export interface UpstreamKind {
  readonly kind: string;
  /** Below the vendor's origin. */
  readonly base: string;
  readonly model: string;
  readonly path: (stream: boolean) => string;
  readonly keyHeader: string;
  readonly whole: Reply;
  readonly frames: readonly string[];
  /** The first frames of an answer, up to "Grüße". */
  readonly beginning: readonly string[];
  /** A refusal of the request in this vendor's shape. */
  readonly refusal: (message: string) => Reply;
  /** A frame that says that it is overloaded. */
  readonly errorFrame: string;
}

const cozeEvent = (name: string, value: unknown) => `event:${name}\ndata:${JSON.stringify(value)}\n\n`;
const cozeChat = (status: string, change: object = {}) => ({
  id: "ch1",
  conversation_id: "cv1",
  bot_id: "bot9",
  status,
  ...change,
});
const cozeText = (content: string) =>
  cozeEvent("conversation.message.delta", {
    id: "m1",
    role: "assistant",
    type: "answer",
    content,
    content_type: "text",
    chat_id: "ch1",
  });
const COZE_STREAM = [
  cozeEvent("conversation.chat.created", cozeChat("created")),
  cozeText("Grüße"),
  cozeText(" 🦊"),
  cozeEvent("conversation.message.completed", {
    id: "m1",
    role: "assistant",
    type: "answer",
    content: TEXT,
    content_type: "text",
  }),
  cozeEvent(
    "conversation.chat.completed",
    cozeChat("completed", { usage: { token_count: 1300, input_count: 1000, output_count: 300 } }),
  ),
  'event:done\ndata:"[DONE]"\n\n',
];

/** The last chunk brings no text: the sample's own repeats it all. */
const GEMINI_FRAMES = [
  ...GEMINI_STREAM.slice(0, 2),
  data(geminiAnswer({ candidates: [{ content: { role: "model", parts: [] }, finishReason: "STOP", index: 0 }] })),
];
const overloadedOpenAi = { error: { message: "Overloaded just now", type: "server_error", code: 503, param: null } };

const openAiLike = {
  path: () => "/v1/chat/completions",
  keyHeader: "authorization",
  whole: json(chatAnswer()),
  frames: CHAT_STREAM_WITH_USAGE,
  beginning: [chatChunk({ role: "assistant", content: "Grüße" })],
  refusal: (message: string) => json(openAiError(message), 400),
  errorFrame: `data: ${JSON.stringify(overloadedOpenAi)}\n\n`,
} as const;

export const UPSTREAMS: readonly UpstreamKind[] = [
  { ...openAiLike, kind: "openai", base: "/v1", model: "gpt-4.1" },
  {
    ...openAiLike,
    kind: "azure-openai",
    base: "",
    model: "gpt-4.1",
    path: () => "/openai/v1/chat/completions",
    keyHeader: "api-key",
  },
  { ...openAiLike, kind: "openai-compatible", base: "/v1", model: "qwen-local" },
  {
    kind: "anthropic",
    base: "",
    model: "claude-opus-5-5",
    path: () => "/v1/messages",
    keyHeader: "authorization",
    whole: json(messageAnswer()),
    frames: MESSAGE_STREAM,
    beginning: [
      MESSAGE_START,
      MESSAGE_CONTENT[0]!,
      event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Grüße" } }),
    ],
    refusal: (message) => json(anthropicError("invalid_request_error", message), 400),
    errorFrame: `event: error\ndata: ${JSON.stringify(anthropicError("overloaded_error", "Overloaded just now"))}\n\n`,
  },
  {
    kind: "gemini",
    base: "",
    model: "gemini-3.1-pro",
    path: (isStream) => `/v1beta/models/gemini-3.1-pro:${isStream ? "streamGenerateContent" : "generateContent"}`,
    keyHeader: "x-goog-api-key",
    whole: json(geminiAnswer()),
    frames: GEMINI_FRAMES,
    beginning: [GEMINI_STREAM[0]!],
    refusal: (message) => json(geminiError(400, "INVALID_ARGUMENT", message), 400),
    errorFrame: `data: ${JSON.stringify(geminiError(503, "UNAVAILABLE", "Overloaded just now"))}\n\n`,
  },
  {
    kind: "coze",
    base: "",
    model: "bot9",
    path: () => "/v3/chat",
    keyHeader: "authorization",
    whole: stream(COZE_STREAM),
    frames: COZE_STREAM,
    beginning: COZE_STREAM.slice(0, 2),
    refusal: (message) => json({ code: 4000, msg: message }),
    errorFrame: cozeEvent("error", { code: 4009, msg: "Overloaded just now" }),
  },
];

/** Everything at once, byte by byte. */
export const inBytes = (all: readonly string[]): Reply =>
  streamThen([], async (call) => {
    for (const byte of Buffer.from(all.join(""))) await call.chunk(Uint8Array.of(byte));
    await call.end();
  });

/** Well-formed bodies and streams of the four wire formats, with counts that differ in every part. */

const CHAT_ID = "chatcmpl-1";

/** 1000 prompt tokens (200 cached), 300 of completion (50 of reasoning). */
export const CHAT_USAGE = {
  prompt_tokens: 1000,
  completion_tokens: 300,
  total_tokens: 1300,
  prompt_tokens_details: { cached_tokens: 200 },
  completion_tokens_details: { reasoning_tokens: 50 },
};
/** What CHAT_USAGE, MESSAGE_USAGE, GEMINI_USAGE and RESPONSE_USAGE are in disjoint parts. */
export const USAGE = {
  inputTokens: 800,
  cacheReadTokens: 200,
  cacheWriteTokens: 0,
  outputTokens: 250,
  reasoningTokens: 50,
};

export const chatAnswer = (change: object = {}) => ({
  id: CHAT_ID,
  object: "chat.completion",
  created: 1_700_000_000,
  model: "gpt-4.1-2025-04-14",
  choices: [{ index: 0, message: { role: "assistant", content: "Grüße 🦊" }, finish_reason: "stop" }],
  usage: CHAT_USAGE,
  ...change,
});

export const data = (value: unknown) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
export const event = (value: { readonly type: string; readonly [field: string]: unknown }) =>
  `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;

export const chatChunk = (delta: object, finish: string | null = null, change: object = {}) =>
  data({
    id: CHAT_ID,
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "gpt-4.1-2025-04-14",
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...change,
  });
export const chatUsageChunk = (usage: object = CHAT_USAGE) =>
  data({
    id: CHAT_ID,
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "gpt-4.1-2025-04-14",
    choices: [],
    usage,
  });
export const DONE = "data: [DONE]\n\n";

/** Role, two words, finish. */
export const CHAT_FRAMES = [
  chatChunk({ role: "assistant", content: "" }),
  chatChunk({ content: "Grüße" }),
  chatChunk({ content: " 🦊" }),
  chatChunk({}, "stop"),
];
export const CHAT_STREAM = [...CHAT_FRAMES, DONE];
export const CHAT_STREAM_WITH_USAGE = [...CHAT_FRAMES, chatUsageChunk(), DONE];

export const MESSAGE_USAGE = {
  input_tokens: 800,
  cache_read_input_tokens: 200,
  cache_creation_input_tokens: 0,
  output_tokens: 300,
  output_tokens_details: { thinking_tokens: 50 },
};
export const messageAnswer = (change: object = {}) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [{ type: "text", text: "Grüße 🦊" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: MESSAGE_USAGE,
  ...change,
});
export const MESSAGE_START = event({
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-opus-5-5",
    content: [],
    stop_reason: null,
    usage: { input_tokens: 800, cache_read_input_tokens: 200, cache_creation_input_tokens: 0, output_tokens: 1 },
  },
});
export const MESSAGE_CONTENT = [
  event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
  event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Grüße 🦊" } }),
  event({ type: "content_block_stop", index: 0 }),
];
export const MESSAGE_STREAM = [
  MESSAGE_START,
  event({ type: "ping" }),
  ...MESSAGE_CONTENT,
  event({
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: 300, output_tokens_details: { thinking_tokens: 50 } },
  }),
  event({ type: "message_stop" }),
];

export const GEMINI_USAGE = {
  promptTokenCount: 1000,
  cachedContentTokenCount: 200,
  candidatesTokenCount: 250,
  thoughtsTokenCount: 50,
  totalTokenCount: 1300,
};
const geminiChunk = (text: string, change: object = {}) => ({
  candidates: [{ content: { role: "model", parts: [{ text }] }, index: 0 }],
  modelVersion: "gemini-3-pro",
  ...change,
});
export const geminiAnswer = (change: object = {}) => ({
  ...geminiChunk("Grüße 🦊"),
  candidates: [{ content: { role: "model", parts: [{ text: "Grüße 🦊" }] }, finishReason: "STOP", index: 0 }],
  usageMetadata: GEMINI_USAGE,
  ...change,
});
export const GEMINI_STREAM = [
  data(geminiChunk("Grüße", { usageMetadata: { promptTokenCount: 1000, cachedContentTokenCount: 200 } })),
  data(geminiChunk(" 🦊", { usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 7 } })),
  data(geminiAnswer()),
];

export const RESPONSE_USAGE = {
  input_tokens: 1000,
  input_tokens_details: { cached_tokens: 200, cache_write_tokens: 0 },
  output_tokens: 300,
  output_tokens_details: { reasoning_tokens: 50 },
  total_tokens: 1300,
};
export const responseAnswer = (id = "resp_1", change: object = {}) => ({
  id,
  object: "response",
  created_at: 1_700_000_000,
  status: "completed",
  model: "gpt-6-astra",
  output: [{ type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text: "Grüße 🦊" }] }],
  usage: RESPONSE_USAGE,
  ...change,
});
export const responseStream = (id = "resp_1"): string[] => [
  event({
    type: "response.created",
    sequence_number: 0,
    response: { ...responseAnswer(id), status: "in_progress", output: [], usage: null },
  }),
  event({
    type: "response.output_text.delta",
    sequence_number: 1,
    item_id: "msg_1",
    output_index: 0,
    delta: "Grüße 🦊",
  }),
  event({ type: "response.completed", sequence_number: 2, response: responseAnswer(id) }),
];

/** OpenAI's error object. */
export const openAiError = (message: string, type = "invalid_request_error", code: string | null = null) => ({
  error: { message, type, param: null, code },
});
export const anthropicError = (type: string, message: string) => ({ type: "error", error: { type, message } });
export const geminiError = (code: number, status: string, message: string, details: readonly object[] = []) => ({
  error: { code, status, message, details },
});

import { cut, happens, hasCalls, type Manner, type Speech, type Vendor } from "./speech.ts";

const CHAT = { id: "7401", conversation_id: "7301", bot_id: "bot9" };

/**
 * Coze's v3 chat by its documented events (docs.coze.cn/developer_guides/chat_v3; @coze/api `StreamChatData`). Between the answer's
 * deltas stand messages that are not the answer, and its end repeats it whole.
 */
export const cozeVendor: Vendor = {
  wire: "coze",
  able: ({ pieces, usage }) => ({
    // One message with its thoughts first; calls end the chat, and no other end has a name.
    pieces: [
      ...pieces.filter(({ kind }) => kind === "reasoning").map((piece) => ({ ...piece, signature: null })),
      ...pieces.filter(({ kind }) => kind === "text"),
      ...pieces.filter(({ kind }) => kind === "call").map((piece) => ({ ...piece, signature: null })),
    ] as Speech["pieces"],
    end: "stop",
    usage: {
      inputTokens: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: usage.outputTokens + usage.reasoningTokens,
      reasoningTokens: 0,
    },
  }),
  whole: null,
  frames,
  errorFrame: (message) => event("error", { code: 4009, msg: message }),
  errorBody: (status, message) => ({ code: CODES[status] ?? 5000, msg: message }),
};

/** wire.md 2.5. */
const CODES: Readonly<Record<number, number>> = { 400: 4000, 401: 4100, 403: 4101, 429: 4013 };

function event(name: string, value: unknown): string {
  return `event:${name}\ndata:${JSON.stringify(value)}\n\n`;
}

function frames(speech: Speech, manner: Manner): string[] {
  const message = (name: string, type: string, fields: object, id = "8001") => {
    const base = { id, chat_id: CHAT.id, conversation_id: CHAT.conversation_id, bot_id: CHAT.bot_id };
    return event(`conversation.message.${name}`, { ...base, role: "assistant", type, content_type: "text", ...fields });
  };
  const out = [
    event("conversation.chat.created", { ...CHAT, status: "created" }),
    event("conversation.chat.in_progress", { ...CHAT, status: "in_progress" }),
  ];
  const whole = { reasoning_content: "", content: "" };
  const call = { content: '{"name":"search","arguments":{}}' };
  if (happens(manner, 2)) out.push(message("completed", "function_call", call, "8000"));
  for (const piece of speech.pieces) {
    if (piece.kind === "call") continue;
    const field = piece.kind === "reasoning" ? "reasoning_content" : "content";
    whole[field] += piece.text;
    for (const text of cut(piece.text, manner)) out.push(message("delta", "answer", { content: "", [field]: text }));
  }
  if (whole.content !== "" || whole.reasoning_content !== "") out.push(message("completed", "answer", whole));
  if (happens(manner, 2))
    out.push(message("completed", "verbose", { content: '{"msg_type":"generate_answer_finish"}' }, "8002"));
  if (happens(manner, 2)) out.push(message("completed", "follow_up", { content: "And tomorrow?" }, "8003"));
  out.push(
    hasCalls(speech)
      ? action(speech)
      : event("conversation.chat.completed", { ...CHAT, status: "completed", usage: usageOf(speech) }),
  );
  return [...out, event("done", "[DONE]")];
}

function action(speech: Speech): string {
  const tool_calls = speech.pieces.flatMap((piece) =>
    piece.kind === "call"
      ? [{ id: piece.id, type: "function", function: { name: piece.name, arguments: JSON.stringify(piece.args) } }]
      : [],
  );
  const required_action = { type: "submit_tool_outputs", submit_tool_outputs: { tool_calls } };
  return event("conversation.chat.requires_action", {
    ...CHAT,
    status: "requires_action",
    required_action,
    usage: usageOf(speech),
  });
}

function usageOf({ usage }: Speech) {
  return {
    token_count: usage.inputTokens + usage.outputTokens,
    input_count: usage.inputTokens,
    output_count: usage.outputTokens,
  };
}

import {
  cut,
  eventFrame,
  happens,
  hasCalls,
  type Manner,
  type Piece,
  type Speech,
  type Vendor,
  withPieces,
} from "./speech.ts";

const HEAD = { id: "msg_up", type: "message", role: "assistant", model: "claude-up" };

/** Anthropic's Messages (@anthropic-ai/sdk 1.11 typing). Thinking is always signed, and has no refusal of its own but the stop. */
export const messagesVendor: Vendor = {
  wire: "anthropic-messages",
  able: (speech) =>
    withPieces(speech, (piece) => {
      if (piece.kind === "reasoning") return { ...piece, signature: piece.signature ?? "EqQBsigned==" };
      if (piece.kind === "call") return { ...piece, signature: null };
      return piece.kind === "refusal" ? null : piece;
    }),
  whole: (speech) => ({
    ...HEAD,
    content: speech.pieces.map((piece) => ({
      ...beginning(piece),
      ...(piece.kind === "call" ? { input: piece.args } : {}),
      ...rest(piece),
    })),
    stop_reason: stopOf(speech),
    stop_sequence: null,
    stop_details: null,
    usage: { ...inputUsage(speech), ...outputUsage(speech) },
  }),
  frames,
  errorFrame: (message) => eventFrame("error", { type: "error", error: { type: "overloaded_error", message } }),
  errorBody: (status, message) => ({ type: "error", error: { type: ERROR_TYPES[status] ?? "api_error", message } }),
};

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  429: "rate_limit_error",
  529: "overloaded_error",
};

function frames(speech: Speech, manner: Manner): string[] {
  const event = (type: string, fields: object) => eventFrame(type, { type, ...fields });
  const usage = { ...inputUsage(speech), output_tokens: 1 };
  const message = { ...HEAD, content: [], stop_reason: null, stop_sequence: null, usage };
  const out = [event("message_start", { message }), event("ping", {})];
  for (const [index, piece] of speech.pieces.entries()) {
    const delta = (type: string, fields: object) =>
      out.push(event("content_block_delta", { index, delta: { type, ...fields } }));
    // Fine-grained streaming aside, Anthropic may give the whole input at once.
    const isWhole = piece.kind === "call" && happens(manner, 4);
    const start = isWhole ? { ...beginning(piece), input: piece.args } : beginning(piece);
    out.push(event("content_block_start", { index, content_block: start }));
    if (piece.kind === "call") {
      const isBare = Object.keys(piece.args).length === 0 && manner.leavesOut && happens(manner, 2);
      const text = isWhole || isBare ? "" : JSON.stringify(piece.args);
      for (const partial_json of ["", ...cut(text, manner)]) delta("input_json_delta", { partial_json });
    } else {
      for (const text of cut(piece.text, manner)) {
        if (piece.kind === "reasoning") delta("thinking_delta", { thinking: text });
        else delta("text_delta", { text });
      }
    }
    if (piece.kind === "reasoning") delta("signature_delta", { signature: piece.signature });
    if (happens(manner, 5)) out.push(event("ping", {}));
    out.push(event("content_block_stop", { index }));
  }
  const stop = { stop_reason: stopOf(speech), stop_sequence: null, stop_details: null };
  out.push(event("message_delta", { delta: stop, usage: outputUsage(speech) }), event("message_stop", {}));
  return out;
}

/** A block as it begins. */
function beginning(piece: Piece) {
  switch (piece.kind) {
    case "call":
      return { type: "tool_use", id: piece.id, name: piece.name, input: {} };
    case "reasoning":
      return { type: "thinking", thinking: "", signature: "" };
    default:
      return { type: "text", text: "" };
  }
}

function rest(piece: Piece): object {
  if (piece.kind === "reasoning") return { thinking: piece.text, signature: piece.signature };
  return piece.kind === "call" ? {} : { text: piece.text };
}

function stopOf(speech: Speech): string {
  if (speech.end === "length") return "max_tokens";
  if (speech.end === "content_filter") return "refusal";
  return hasCalls(speech) ? "tool_use" : "end_turn";
}

function inputUsage({ usage }: Speech) {
  return {
    input_tokens: usage.inputTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
  };
}

function outputUsage({ usage }: Speech) {
  return {
    output_tokens: usage.outputTokens + usage.reasoningTokens,
    output_tokens_details: { thinking_tokens: usage.reasoningTokens },
  };
}

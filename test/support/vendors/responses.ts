import { cut, eventFrame, happens, type Manner, type Piece, type Speech, type Vendor } from "./speech.ts";

type Item = Readonly<Record<string, unknown>>;

/** OpenAI's Responses (openai 7.55 typing). Reasoning comes as a summary with its encrypted content. */
export const responsesVendor: Vendor = {
  wire: "openai-responses",
  able: (speech) => ({
    ...speech,
    pieces: speech.pieces.map((piece) => {
      if (piece.kind === "reasoning") return { ...piece, signature: piece.signature ?? "gAAAAsecret" };
      return piece.kind === "call" ? { ...piece, signature: null } : piece;
    }),
  }),
  whole: (speech) => response(speech, itemsOf(speech)),
  frames,
  errorFrame: (message) =>
    eventFrame("error", { type: "error", code: "server_error", message, param: null, sequence_number: 99 }),
  errorBody: (status, message) => ({
    error: {
      message,
      type: status === 429 ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "server_error",
      param: null,
      code: null,
    },
  }),
};

function frames(speech: Speech, manner: Manner): string[] {
  const out: string[] = [];
  const send = (type: string, fields: object) =>
    out.push(eventFrame(type, { type, sequence_number: out.length, ...fields }));
  const begun = { ...response(speech, []), status: "in_progress", usage: null, incomplete_details: null };
  send("response.created", { response: begun });
  send("response.in_progress", { response: begun });
  for (const [output_index, piece] of speech.pieces.entries()) {
    const item = itemOf(piece, output_index);
    const place = { item_id: item.id, output_index };
    send("response.output_item.added", { output_index, item: beginning(item) });
    if (piece.kind === "call") {
      const text = JSON.stringify(piece.args);
      for (const delta of cut(text, manner)) send("response.function_call_arguments.delta", { ...place, delta });
      send("response.function_call_arguments.done", { ...place, name: piece.name, arguments: text });
    } else writeText(piece, { place, send, manner });
    send("response.output_item.done", { output_index, item });
  }
  const end = speech.end === "stop" ? "response.completed" : "response.incomplete";
  send(end, { response: response(speech, itemsOf(speech)) });
  return out;
}

interface Writing {
  readonly place: object;
  readonly send: (type: string, fields: object) => void;
  readonly manner: Manner;
}

function writeText(piece: Exclude<Piece, { kind: "call" }>, { place, send, manner }: Writing): void {
  const { part, delta, done, at } = NAMES[piece.kind];
  const logprobs = piece.kind === "text" ? { logprobs: [] } : {};
  send(`response.${part}.added`, { ...place, ...at, part: partOf(piece, "") });
  for (const text of cut(piece.text, manner)) {
    const obfuscation = happens(manner, 2) ? { obfuscation: "x7Q" } : {};
    send(`response.${delta}`, { ...place, ...at, delta: text, ...logprobs, ...obfuscation });
  }
  send(`response.${done}`, {
    ...place,
    ...at,
    [piece.kind === "refusal" ? "refusal" : "text"]: piece.text,
    ...logprobs,
  });
  send(`response.${part}.done`, { ...place, ...at, part: partOf(piece, piece.text) });
}

const NAMES = {
  text: { part: "content_part", delta: "output_text.delta", done: "output_text.done", at: { content_index: 0 } },
  refusal: { part: "content_part", delta: "refusal.delta", done: "refusal.done", at: { content_index: 0 } },
  reasoning: {
    part: "reasoning_summary_part",
    delta: "reasoning_summary_text.delta",
    done: "reasoning_summary_text.done",
    at: { summary_index: 0 },
  },
} as const;

function partOf({ kind }: Piece, text: string) {
  if (kind === "text") return { type: "output_text", text, annotations: [], logprobs: [] };
  return kind === "refusal" ? { type: "refusal", refusal: text } : { type: "summary_text", text };
}

function itemsOf({ pieces }: Speech): Item[] {
  return pieces.map((piece, at) => itemOf(piece, at));
}

function itemOf(piece: Piece, at: number): Item {
  switch (piece.kind) {
    case "call":
      return {
        id: `fc_up${at}`,
        type: "function_call",
        status: "completed",
        call_id: piece.id,
        name: piece.name,
        arguments: JSON.stringify(piece.args),
      };
    case "reasoning":
      return {
        id: `rs_up${at}`,
        type: "reasoning",
        summary: [partOf(piece, piece.text)],
        encrypted_content: piece.signature,
      };
    default:
      return {
        id: `msg_up${at}`,
        type: "message",
        status: "completed",
        role: "assistant",
        content: [partOf(piece, piece.text)],
      };
  }
}

/** An item as it is added: nothing of its content yet. */
function beginning(item: Item): Item {
  const { encrypted_content: _secret, ...rest } = item;
  switch (item.type) {
    case "reasoning":
      return { ...rest, summary: [] };
    case "function_call":
      return { ...rest, arguments: "", status: "in_progress" };
    default:
      return { ...rest, content: [], status: "in_progress" };
  }
}

function response(speech: Speech, output: readonly Item[]) {
  const reason = { stop: null, length: "max_output_tokens", content_filter: "content_filter" }[speech.end];
  const { usage } = speech;
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const answered = usage.outputTokens + usage.reasoningTokens;
  return {
    id: "resp_up",
    object: "response",
    created_at: 1_790_000_000,
    status: reason === null ? "completed" : "incomplete",
    error: null,
    incomplete_details: reason === null ? null : { reason },
    instructions: null,
    metadata: {},
    model: "gpt-up",
    output,
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    text: { format: { type: "text" } },
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
      output_tokens: answered,
      output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
      total_tokens: input + answered,
    },
  };
}

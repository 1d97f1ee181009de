import {
  type CallPiece,
  cut,
  dataFrame,
  grouped,
  happens,
  hasCalls,
  interleave,
  type Manner,
  type Speech,
  type Vendor,
  withPieces,
} from "./speech.ts";

const HEAD = { id: "chatcmpl-up", created: 1_790_000_000, model: "gpt-up" };

/** OpenAI's chat completions, as OpenAI, Azure and compatible servers write them (spec 2.3.0; wire.md 2.2 and 2.6). */
export const chatVendor: Vendor = {
  wire: "openai-chat",
  able: (speech) => withPieces(speech, (piece) => ("signature" in piece ? { ...piece, signature: null } : piece)),
  whole: (speech) => ({
    ...HEAD,
    object: "chat.completion",
    choices: [{ index: 0, message: messageOf(speech), logprobs: null, finish_reason: finishOf(speech) }],
    usage: usageOf(speech),
  }),
  frames,
  errorFrame: (message) => dataFrame({ error: errorOf("server_error", message) }),
  errorBody: (status, message) => ({
    error: errorOf(
      status === 429 ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "server_error",
      message,
    ),
  }),
};

function errorOf(type: string, message: string) {
  return { message, type, param: null, code: null };
}

function frames(speech: Speech, manner: Manner): string[] {
  const isSloppy = manner.kind === "openai-compatible";
  const everyUsage = isSloppy && happens(manner, 4) ? { usage: usageOf(speech) } : { usage: null };
  const chunk = (choices: readonly object[], more: object = everyUsage) =>
    dataFrame({ ...HEAD, object: "chat.completion.chunk", choices, ...more });
  const say = (delta: object, finish = isSloppy && happens(manner, 3) ? "" : null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finish }]);
  const out: string[] = [];
  if (manner.kind === "azure-openai") {
    const filter = { prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] };
    out.push(dataFrame({ id: "", object: "", created: 0, model: "", choices: [], ...filter }));
  }
  if (!isSloppy || !happens(manner, 3)) out.push(say({ role: "assistant", content: "" }));
  const thoughts = isSloppy && happens(manner, 2) ? "reasoning" : "reasoning_content";
  let calls = 0;
  for (const group of grouped(speech.pieces)) {
    if (Array.isArray(group)) {
      const first = calls;
      calls += group.length;
      const lists = group.map((call, at) => callDeltas(call, first + at, manner));
      // Without an index only the order tells whose piece it is.
      const hasIndex = !isSloppy || !happens(manner, 3);
      const deltas = hasIndex
        ? interleaveInOrder(lists, manner)
        : lists.flat().map(({ index: _index, ...rest }) => rest);
      for (const delta of deltas) out.push(say({ tool_calls: [delta] }));
      continue;
    }
    const field = { text: "content", refusal: "refusal", reasoning: thoughts }[(group as { kind: "text" }).kind];
    for (const text of cut((group as { text: string }).text, manner)) out.push(say({ [field]: text }));
  }
  const finish = { index: 0, delta: {}, logprobs: null, finish_reason: finishOf(speech) };
  if (isSloppy && happens(manner, 3)) out.push(chunk([finish], { usage: usageOf(speech) }));
  else out.push(chunk([finish]), chunk([], { usage: usageOf(speech) }));
  return [...out, dataFrame("[DONE]")];
}

interface CallDelta {
  readonly index: number;
}

function callDeltas({ id, name, args }: CallPiece, index: number, manner: Manner): CallDelta[] {
  const isBare = Object.keys(args).length === 0 && manner.leavesOut && happens(manner, 2);
  const text = isBare ? "" : JSON.stringify(args);
  return [
    { index, id, type: "function", function: { name, arguments: "" } },
    ...cut(text, manner).map((piece) => ({ index, function: { arguments: piece } })),
  ] as CallDelta[];
}

/** Parallel calls begin in the order of their indices, whatever comes between. */
function interleaveInOrder(lists: readonly CallDelta[][], manner: Manner): CallDelta[] {
  const starts = lists.map((list) => list[0]!);
  if (happens(manner, 2)) return lists.flat();
  return [
    ...starts,
    ...interleave(
      lists.map((list) => list.slice(1)),
      manner,
    ),
  ];
}

function messageOf({ pieces }: Speech) {
  const joined = (kind: string) =>
    pieces.map((piece) => (piece.kind === kind && "text" in piece ? piece.text : "")).join("");
  const calls = pieces.flatMap((piece) =>
    piece.kind === "call"
      ? [{ id: piece.id, type: "function", function: { name: piece.name, arguments: JSON.stringify(piece.args) } }]
      : [],
  );
  return {
    role: "assistant",
    content: joined("text") || null,
    refusal: joined("refusal") || null,
    ...(joined("reasoning") === "" ? {} : { reasoning_content: joined("reasoning") }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function finishOf(speech: Speech): string {
  return speech.end === "stop" && hasCalls(speech) ? "tool_calls" : speech.end;
}

function usageOf({ usage }: Speech) {
  const prompt = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const completion = usage.outputTokens + usage.reasoningTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}

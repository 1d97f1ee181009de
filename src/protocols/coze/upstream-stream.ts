import type { LlmEvent } from "../../llm/event.ts";
import type { GatewayErrorLike } from "../../llm/failure.ts";
import type { Usage } from "../../llm/usage.ts";
import { parseRecord } from "../answer.ts";
import type { DecodeContext, StreamDecoder } from "../codec.ts";
import type { JsonRecord } from "../fields.ts";
import { brokenFormat } from "../upstream-failure.ts";
import { asRecord, readCount } from "../usage.ts";
import { signChat } from "./chat-reference.ts";
import { readFailure } from "./failure.ts";

/**
 * Reads `StreamChatData` of @coze/api. Only messages of type "answer" are the answer: the others (verbose, follow_up,
 * function_call, tool_response, knowledge …) tell how the bot got there. `message.completed` repeats what the deltas brought.
 */
export function decodeStream(context: DecodeContext): StreamDecoder {
  let isStarted = false;
  let isOver = false;
  let isFinished = false;
  let conversationId: string | null = null;
  let chatId: string | null = null;
  let blocks = 0;
  let open: { readonly block: number; readonly kind: "text" | "reasoning"; readonly message: string } | null = null;
  /** Messages whose text came in deltas. */
  const streamed = new Set<string>();

  const fail = (error: GatewayErrorLike): LlmEvent[] => {
    isOver = true;
    return [{ type: "error", error }];
  };

  const start = (id: unknown, conversation: unknown): LlmEvent[] => {
    if (typeof id === "string" && id !== "") chatId = id;
    if (typeof conversation === "string" && conversation !== "") conversationId = conversation;
    if (isStarted) return [];
    isStarted = true;
    // Which model answers is the bot's secret.
    return [{ type: "start", id: chatId, model: null }];
  };

  const close = (): LlmEvent[] => {
    if (open === null) return [];
    const { block } = open;
    open = null;
    return [{ type: "block_end", block }];
  };

  const write = (kind: "text" | "reasoning", message: string, text: unknown): LlmEvent[] => {
    if (typeof text !== "string" || text === "") return [];
    if (open !== null && open.kind === kind && open.message === message) {
      return [{ type: "delta", block: open.block, text }];
    }
    const events = close();
    open = { block: blocks, kind, message };
    blocks++;
    const at = { type: "block_start", block: open.block, choice: 0 } as const;
    events.push(kind === "text" ? { ...at, kind } : { ...at, kind, redacted: false });
    events.push({ type: "delta", block: open.block, text });
    return events;
  };

  const readMessage = (data: JsonRecord, isWhole: boolean): LlmEvent[] => {
    const events = start(data.chat_id, data.conversation_id);
    if (data.type !== "answer") return events;
    const message = typeof data.id === "string" ? data.id : "";
    if (!isWhole || !streamed.has(message)) {
      const written = [...write("reasoning", message, data.reasoning_content), ...write("text", message, data.content)];
      if (written.length > 0) streamed.add(message);
      events.push(...written);
    }
    if (isWhole) events.push(...close());
    return events;
  };

  const finish = (data: JsonRecord, reason: "stop" | "tool_calls"): LlmEvent[] => {
    isOver = true;
    isFinished = true;
    const usage = readUsage(data.usage);
    const raw = typeof data.status === "string" ? data.status : null;
    const events: LlmEvent[] = [{ type: "finish", choice: 0, reason: { unified: reason, raw } }];
    if (usage !== null) events.push({ type: "usage", usage, raw: data.usage });
    return events;
  };

  const readAction = (data: JsonRecord): LlmEvent[] => {
    const events = [...start(data.id, data.conversation_id), ...close()];
    const calls = readToolCalls(data);
    const signature = conversationId === null || chatId === null ? null : signChat({ conversationId, chatId });
    for (const call of calls) {
      const block = blocks++;
      const id = call.id ?? context.newCallId();
      events.push({ type: "block_start", block, choice: 0, kind: "tool_call", id, name: call.name });
      if (call.arguments !== "") events.push({ type: "delta", block, text: call.arguments });
      if (signature !== null && call.id !== null) events.push({ type: "signature", block, signature });
      events.push({ type: "block_end", block });
    }
    // A workflow's question ("reply_message") waits for the user's next words, which no tool can give.
    return [...events, ...finish(data, calls.length > 0 ? "tool_calls" : "stop")];
  };

  const readEvent = (event: string, data: JsonRecord): LlmEvent[] => {
    switch (event) {
      case "conversation.message.delta":
        return readMessage(data, false);
      case "conversation.message.completed":
        return readMessage(data, true);
      case "conversation.chat.created":
      case "conversation.chat.in_progress":
        return start(data.id, data.conversation_id);
      case "conversation.chat.completed":
        return [...start(data.id, data.conversation_id), ...close(), ...finish(data, "stop")];
      case "conversation.chat.requires_action":
        return readAction(data);
      case "conversation.chat.failed":
        return fail(readFailure(asRecord(data.last_error)));
      default:
        return fail(readFailure(data));
    }
  };

  return {
    push: (event, data) => {
      if (isOver || data === "" || data === "[DONE]" || (event !== null && !READ.has(event))) return [];
      const json = parseRecord(data);
      if (json === null) return fail(brokenFormat("The upstream sent an event that is no JSON object."));
      // A frame without a name is none of Coze's events, but may be an error: a bare `{code, msg}`.
      if (event === null) return json.code === undefined || json.code === 0 ? [] : fail(readFailure(json));
      return readEvent(event, json);
    },
    end: () => (isFinished ? [] : null),
  };
}

/** The rest is passed over: audio repeats the text as speech, "done" only says that the stream ends, others are unknown. */
const READ: ReadonlySet<string> = new Set([
  "conversation.message.delta",
  "conversation.message.completed",
  "conversation.chat.created",
  "conversation.chat.in_progress",
  "conversation.chat.completed",
  "conversation.chat.requires_action",
  "conversation.chat.failed",
  "error",
]);

interface CozeToolCall {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: string;
}

/** `required_action.submit_tool_outputs.tool_calls`: functions only. */
function readToolCalls(data: JsonRecord): CozeToolCall[] {
  const action = asRecord(asRecord(data.required_action)?.submit_tool_outputs);
  const calls = Array.isArray(action?.tool_calls) ? (action.tool_calls as readonly unknown[]) : [];
  return calls.flatMap((item) => {
    const call = asRecord(item);
    const called = asRecord(call?.function);
    if (call === null || called === null || typeof called.name !== "string" || called.name === "") return [];
    const id = typeof call.id === "string" && call.id !== "" ? call.id : null;
    return [{ id, name: called.name, arguments: typeof called.arguments === "string" ? called.arguments : "" }];
  });
}

/** `{token_count, input_count, output_count}`; what is missing follows from the other two. */
export function readUsage(value: unknown): Usage | null {
  const counts = asRecord(value);
  if (counts === null) return null;
  const total = readCount(counts.token_count);
  const given = { input: readCount(counts.input_count), output: readCount(counts.output_count) };
  const input = given.input ?? (total === null ? null : Math.max(0, total - (given.output ?? 0)));
  if (input === null) return null;
  const output = given.output ?? (total === null ? 0 : Math.max(0, total - input));
  return { inputTokens: input, outputTokens: output, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
}

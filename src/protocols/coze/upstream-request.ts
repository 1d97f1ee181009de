import { withResultNames } from "../../llm/pairing.ts";
import type { LlmRequest, RequestField, ToolResult } from "../../llm/request.ts";
import type { EncodedRequest, UpstreamTarget } from "../codec.ts";
import { isRecord } from "../fields.ts";
import { leaveOutFields } from "../foreign-fields.ts";
import { writeHostedTools } from "../hosted-tools.ts";
import { partLosses } from "../part-losses.ts";
import { refuseField, refuseOutputKinds, refuseProbabilities, refuseSeveralAnswers } from "../unsupported.ts";
import { type ChatReference, readChat } from "./chat-reference.ts";
import { encodeMessages, outputText } from "./messages.ts";

const SUBMIT_PATH = "/v3/chat/submit_tool_outputs";

/** Coze wants to know whose conversation it is and keeps users' data apart by it; clients that name nobody share one. */
const ANONYMOUS_USER = "sluice";

/** Fields of a Coze request that a client may send in its own body (`StreamChatReq` of @coze/api) and what they must be. */
const OWN_FIELDS = new Map<string, (value: unknown) => boolean>([
  ["custom_variables", isRecord],
  ["parameters", isRecord],
  ["extra_params", isRecord],
  ["shortcut_command", isRecord],
  ["auto_save_history", (value) => typeof value === "boolean"],
]);

/** What only steers the answer and has no place in Coze, where the bot's own settings rule: left out and reported. */
const STEERING = [
  "parallelToolCalls",
  "maxOutputTokens",
  "temperature",
  "topP",
  "topK",
  "reasoning",
  "verbosity",
  "seed",
  "frequencyPenalty",
  "presencePenalty",
  "logitBias",
  "serviceTier",
  "promptCacheKey",
] as const satisfies readonly RequestField[];

/**
 * POST /v3/chat, always as a stream: without one Coze answers at once with nothing but ids, and the text must be polled for.
 * When the turn brings the results that an open chat waits for, they go to that chat instead.
 */
export function encodeRequest(request: LlmRequest, target: UpstreamTarget): EncodedRequest {
  refuseUnsupported(request, target);
  const common = { toolNames: new Map<string, string>(), headers: {}, alwaysStreams: true } as const;
  const open = findOpenChat(request);
  if (open !== null) {
    const { conversationId, chatId } = open.chat;
    return {
      ...common,
      path: SUBMIT_PATH,
      query: `?conversation_id=${encodeURIComponent(conversationId)}&chat_id=${encodeURIComponent(chatId)}`,
      body: {
        tool_outputs: open.results.map((result) => ({
          tool_call_id: result.callId,
          output: outputText(result, target),
        })),
        stream: true,
      },
      dropped: droppedFields(request, target, new Set()),
    };
  }
  const conversationId = request.extra.conversation_id;
  const hasConversation = typeof conversationId === "string" && conversationId !== "";
  const own = Object.entries(request.extra).filter(([name, value]) => OWN_FIELDS.get(name)?.(value) === true);
  const carried = new Set([...own.map(([name]) => name), ...(hasConversation ? ["conversation_id"] : [])]);
  return {
    ...common,
    query: hasConversation ? `?conversation_id=${encodeURIComponent(conversationId)}` : "",
    body: {
      // Targets may be written as model names of their own: "coze/<bot id>".
      bot_id: target.model.replace(/^coze\//, ""),
      user_id: request.user ?? ANONYMOUS_USER,
      stream: true,
      // A chat whose history is not saved cannot take tool outputs (error 5000), nor be continued in its conversation.
      auto_save_history: request.tools.length > 0 || hasConversation,
      additional_messages: encodeMessages(withResultNames(request), target),
      // Both sides allow 16 pairs of 64 and 512 characters.
      ...(request.metadata === null ? {} : { meta_data: request.metadata }),
      ...Object.fromEntries(own),
    },
    dropped: droppedFields(request, target, carried),
  };
}

interface OpenChat {
  readonly chat: ChatReference;
  readonly results: readonly ToolResult[];
}

/** The chat that this turn's results belong to, when the turn is nothing but results and all are of one known chat. */
function findOpenChat({ messages }: LlmRequest): OpenChat | null {
  const last = messages.at(-1);
  if (last?.role !== "tool" || last.results.length === 0) return null;
  const wanted = new Set(last.results.map((result) => result.callId));
  const chats = new Map<string, ChatReference>();
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    for (const part of message.parts) {
      if (part.type !== "tool_call" || !wanted.has(part.id)) continue;
      const chat = readChat(part.signature);
      if (chat === null) return null;
      chats.set(part.id, chat);
    }
  }
  const [first, ...rest] = chats.values();
  if (first === undefined || chats.size < wanted.size) return null;
  const isOneChat = rest.every((chat) => chat.chatId === first.chatId && chat.conversationId === first.conversationId);
  return isOneChat ? { chat: first, results: last.results } : null;
}

/** Refused is what would make the answer another one than was asked for (wire.md section 3). */
function refuseUnsupported(request: LlmRequest, target: UpstreamTarget): void {
  const refuse = (field: RequestField, why: string) => {
    throw refuseField(target, field, why);
  };
  refuseSeveralAnswers(request, target);
  refuseProbabilities(request, target);
  refuseOutputKinds(request, target, []);
  if (request.stop.length > 0) refuse("stop", "Coze has no stop sequences.");
  if (request.responseFormat !== null && request.responseFormat.type !== "text") {
    refuse("responseFormat", "A Coze bot cannot be held to a format of the answer.");
  }
  const choice = request.toolChoice;
  if (choice?.type === "required" || choice?.type === "tool" || (choice?.type === "allowed" && choice.required)) {
    refuse("toolChoice", "A Coze bot decides itself whether it calls a tool.");
  }
}

function droppedFields(request: LlmRequest, target: UpstreamTarget, carried: ReadonlySet<string>): string[] {
  const fields: RequestField[] = STEERING.filter((field) => request[field] !== null);
  // Tools are plugins of the bot; what the client says of them is not sent.
  if (request.tools.length > 0) fields.push("tools");
  if (request.toolChoice?.type === "none" || request.toolChoice?.type === "allowed") fields.push("toolChoice");
  const dropped = new Set(fields.map((field) => target.fieldName(field)));
  // A Coze bot runs the tools that it was built with, no others.
  const nothing = () => null;
  writeHostedTools(request, nothing, (path) => dropped.add(path));
  // The tools as a whole are left out above.
  for (const name of partLosses(request, target, { names: false, detail: false, strict: true })) dropped.add(name);
  for (const name of leaveOutFields(request, (each) => carried.has(each))) dropped.add(name);
  return [...dropped];
}

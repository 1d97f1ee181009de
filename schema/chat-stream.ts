import type { ToolCallPiece } from "../src/control/chat/chat-answer.ts";
import { getConversation } from "../src/control/chat/chat-owner.ts";
import { type ChatFrame, watchConversations, watchMessage } from "../src/control/chat/chat-stream.ts";
import type { ConversationNote } from "../src/control/chat/chats.ts";
import { getMessage } from "../src/control/chat/conversations.ts";
import type { LogFrame } from "../src/control/follow-log.ts";
import { builder } from "./builder.ts";
import { ChangeKind } from "./enums.ts";
import { ChatMessage, Conversation } from "./refs.ts";
import { ResyncEvent, StreamEvent } from "./stream-event.ts";

const ToolCallDelta = builder.objectRef<ToolCallPiece>("ChatToolCallDelta");
builder.objectType(ToolCallDelta, {
  fields: (t) => ({
    index: t.exposeInt("index", { description: "Which of the message's calls." }),
    id: t.exposeString("id", { nullable: true, description: "Null when the call began before this piece." }),
    name: t.exposeString("name", { nullable: true }),
    arguments: t.exposeString("arguments", { description: "To be put behind what came before." }),
  }),
});

const ChatDelta = builder.objectRef<Extract<ChatFrame, { kind: "delta" }>>("ChatDelta");
builder.objectType(ChatDelta, {
  description: "What came since the last one, at most some 30 times a second.",
  interfaces: [StreamEvent],
  fields: (t) => ({
    messageId: t.exposeID("messageId"),
    seq: t.exposeInt("seq", { description: "Give it as `afterSeq` to go on behind this." }),
    text: t.exposeString("text"),
    reasoning: t.exposeString("reasoning"),
    toolCalls: t.field({ type: [ToolCallDelta], resolve: ({ toolCalls }) => [...toolCalls] }),
  }),
});

type Ending = Exclude<ChatFrame, { kind: "delta" }>;

const ChatFinished = builder.objectRef<Ending>("ChatFinished");
builder.objectType(ChatFinished, {
  interfaces: [StreamEvent],
  fields: (t) => ({ message: t.field({ type: ChatMessage, resolve: ({ message }) => message }) }),
});

const ChatFailed = builder.objectRef<Ending>("ChatFailed");
builder.objectType(ChatFailed, {
  description: "`message.error` says why; what had come stays.",
  interfaces: [StreamEvent],
  fields: (t) => ({ message: t.field({ type: ChatMessage, resolve: ({ message }) => message }) }),
});

const TYPE_NAMES: Record<ChatFrame["kind"], string> = {
  delta: "ChatDelta",
  finished: "ChatFinished",
  failed: "ChatFailed",
};
const ChatStream = builder.unionType("ChatStream", {
  types: [ChatDelta, ChatFinished, ChatFailed],
  resolveType: (frame) => TYPE_NAMES[frame.kind],
});

const ConversationEvent =
  builder.objectRef<Extract<LogFrame<ConversationNote>, { frame: "event" }>>("ConversationEvent");
builder.objectType(ConversationEvent, {
  interfaces: [StreamEvent],
  fields: (t) => ({
    kind: t.expose("kind", { type: ChangeKind, description: "Of the message, when there is one." }),
    conversationId: t.exposeID("conversationId"),
    conversation: t.field({
      type: Conversation,
      nullable: true,
      description: "Null when it has been deleted.",
      resolve: ({ conversationId }, _, { control, principal }) => getConversation(control, principal, conversationId),
    }),
    messageId: t.exposeID("messageId", {
      nullable: true,
      description: "The message that came, began to come or ended; null: the conversation itself.",
    }),
    message: t.field({
      type: ChatMessage,
      nullable: true,
      resolve: ({ messageId }, _, { control, principal }) =>
        messageId === null ? null : getMessage(control, principal, messageId),
    }),
  }),
});

const ChatHistoryStream = builder.unionType("ChatHistoryStream", {
  types: [ConversationEvent, ResyncEvent],
  resolveType: (frame) => ("conversationId" in frame ? "ConversationEvent" : "ResyncEvent"),
});

builder.subscriptionFields((t) => ({
  chatStream: t.field({
    type: ChatStream,
    description: "An answer while it comes, or after; ends with ChatFinished or ChatFailed.",
    args: {
      messageId: t.arg.id({ required: true }),
      afterSeq: t.arg.int({ required: true, defaultValue: 0 }),
    },
    subscribe: (_, { messageId, afterSeq }, { control, principal }) =>
      watchMessage(control, principal, messageId, afterSeq),
    resolve: (frame: ChatFrame) => frame,
  }),
  chatHistory: t.field({
    type: ChatHistoryStream,
    description:
      "What happens in one's conversations. Without `after` it opens with a ResyncEvent (STARTED), whose cursor is where it begins.",
    args: { conversationId: t.arg.id(), after: t.arg.string() },
    subscribe: (_, { conversationId, after }, { control, principal }) =>
      watchConversations(control, principal, conversationId ?? null, after ?? null),
    resolve: (frame: LogFrame<ConversationNote>) => frame,
  }),
}));

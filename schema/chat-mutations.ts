import { continueInChat } from "../src/control/chat/chat-continue.ts";
import { type SentMessage, sendChatMessage, stopChatMessage } from "../src/control/chat/chat-send.ts";
import { deleteConversations, restoreConversations } from "../src/control/chat/conversation-deletion.ts";
import { updateConversation } from "../src/control/chat/conversations.ts";
import type { ConversationRow, MessageRow } from "../src/store/chat-types.ts";
import { builder } from "./builder.ts";
import { ReasoningEffort, Verbosity, WireFormat } from "./enums.ts";
import { DeleteInput, DeletePayload, payloadRef, RestoreInput, RestorePayload, toPayload } from "./payload.ts";
import { ChatMessage, Conversation } from "./refs.ts";
import { UserError } from "./user-errors.ts";

const ChatToolInput = builder.inputType("ChatToolInput", {
  fields: (t) => ({
    name: t.string({ required: true }),
    description: t.string(),
    parameters: t.field({ type: "JSON", description: "JSON Schema of an object." }),
  }),
});

const ChatParamsInput = builder.inputType("ChatParamsInput", {
  description: "Absent = as the model likes.",
  fields: (t) => ({
    temperature: t.float(),
    topP: t.float(),
    topK: t.int(),
    maxOutputTokens: t.int(),
    reasoningEffort: t.field({ type: ReasoningEffort }),
    verbosity: t.field({ type: Verbosity }),
    stop: t.stringList(),
    seed: t.int(),
    frequencyPenalty: t.float(),
    presencePenalty: t.float(),
    responseFormat: t.field({
      type: "JSON",
      description: '`{type: "json_object"}` or `{type: "json_schema", schema, name, strict}`.',
    }),
    tools: t.field({ type: [ChatToolInput] }),
    toolChoice: t.string({ description: "`auto`, `none`, `required`, or the name of a tool." }),
  }),
});

const ChatAttachmentInput = builder.inputType("ChatAttachmentInput", {
  fields: (t) => ({ name: t.string(), dataUrl: t.string({ required: true, description: "data:TYPE;base64,…" }) }),
});
const ChatToolResultInput = builder.inputType("ChatToolResultInput", {
  fields: (t) => ({
    callId: t.string({ required: true }),
    text: t.string({ required: true }),
    isError: t.boolean({ required: true, defaultValue: false }),
  }),
});

const SendChatMessageInput = builder.inputType("SendChatMessageInput", {
  fields: (t) => ({
    conversationId: t.id({ description: "Absent: a new conversation." }),
    parentMessageId: t.id({
      description:
        "What this follows; absent: the newest answer, null: nothing. To edit a message name the edited one's parent: a new branch begins there.",
    }),
    text: t.string({
      description: "Absent, with the message of a person as parent: that message is answered again.",
    }),
    attachments: t.field({ type: [ChatAttachmentInput] }),
    attachmentIds: t.idList({ description: "Files that were uploaded to the console. Needs FILES_READ." }),
    toolResults: t.field({ type: [ChatToolResultInput], description: "Of the calls in the parent." }),
    models: t.stringList({ required: true, description: "One to four; each answers in a message of its own." }),
    systemPrompt: t.string({
      description: "A new conversation keeps it; in an old one it stands in for the kept one this once.",
    }),
    params: t.field({ type: ChatParamsInput, description: "Likewise." }),
    format: t.field({
      type: WireFormat,
      description: "In which format the gateway is asked; absent: the upstream's own.",
    }),
    asClientKeyId: t.id({
      description: "Its models, limits and content policy hold, and it is counted as its own. Needs CLIENTS_READ.",
    }),
    pinProviderKeyId: t.id({ description: "Only this upstream key is asked. Needs KEYS_READ." }),
  }),
});

const SendChatMessagePayload = payloadRef<SentMessage>("SendChatMessagePayload");
builder.objectType(SendChatMessagePayload, {
  fields: (t) => ({
    conversation: t.field({ type: Conversation, nullable: true, resolve: ({ value }) => value?.conversation }),
    message: t.field({
      type: ChatMessage,
      nullable: true,
      description: "What was said; null when an old message is answered again.",
      resolve: ({ value }) => value?.message,
    }),
    answers: t.field({
      type: [ChatMessage],
      description: "One for each model, in their order: follow them with chatStream.",
      resolve: ({ value }) => [...(value?.answers ?? [])],
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const ChatMessagePayload = payloadRef<MessageRow>("ChatMessagePayload");
builder.objectType(ChatMessagePayload, {
  fields: (t) => ({
    message: t.field({ type: ChatMessage, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const ConversationPayload = payloadRef<ConversationRow>("ConversationPayload");
builder.objectType(ConversationPayload, {
  fields: (t) => ({
    conversation: t.field({ type: Conversation, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const StopChatMessageInput = builder.inputType("StopChatMessageInput", {
  fields: (t) => ({ id: t.id({ required: true }) }),
});
const UpdateConversationInput = builder.inputType("UpdateConversationInput", {
  description: "Absent = unchanged, null = cleared.",
  fields: (t) => ({
    id: t.id({ required: true }),
    expectedVersion: t.int(),
    title: t.string(),
    pinned: t.boolean(),
    systemPrompt: t.string(),
    params: t.field({ type: ChatParamsInput, description: "Replaces them all." }),
  }),
});
const ContinueInChatInput = builder.inputType("ContinueInChatInput", {
  fields: (t) => ({ requestId: t.id({ required: true }) }),
});

builder.mutationFields((t) => ({
  sendChatMessage: t.field({
    type: SendChatMessagePayload,
    description: "Asks through the gateway like any client; the answers come whether somebody watches or not.",
    args: { input: t.arg({ type: SendChatMessageInput, required: true }) },
    resolve: async (_, { input }, { control, principal, address }) =>
      toPayload(await sendChatMessage(control, principal, input, address)),
  }),
  stopChatMessage: t.field({
    type: ChatMessagePayload,
    description: "Ends an answer that is coming; what has come stays and is paid for.",
    args: { input: t.arg({ type: StopChatMessageInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await stopChatMessage(control, principal, input.id)),
  }),
  updateConversation: t.field({
    type: ConversationPayload,
    args: { input: t.arg({ type: UpdateConversationInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await updateConversation(control, principal, input)),
  }),
  deleteConversations: t.field({
    type: DeletePayload,
    description: "With all their messages; `restoreConversations` brings them back for ten minutes.",
    args: { input: t.arg({ type: DeleteInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await deleteConversations(control, principal, input.ids)),
  }),
  restoreConversations: t.field({
    type: RestorePayload,
    description:
      "Takes back one's own deletion of the last ten minutes. Answers that it stopped stay as far as they had come.",
    args: { input: t.arg({ type: RestoreInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await restoreConversations(control, principal, input.undoToken)),
  }),
  continueInChat: t.field({
    type: ConversationPayload,
    description: "A conversation of one's own made of what a client and a model said, where bodies are kept.",
    args: { input: t.arg({ type: ContinueInChatInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await continueInChat(control, principal, input.requestId)),
  }),
}));

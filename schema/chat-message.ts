import { lastSeq } from "../src/control/chat/chat-answer.ts";
import { getRequest } from "../src/control/requests/request-logs.ts";
import { formatNanoUsd } from "../src/control/usage/money.ts";
import type {
  ChatAttachment as Attachment,
  ChatToolCall as Call,
  ChatToolResult as CallResult,
  ChatError as Fault,
} from "../src/store/chat-types.ts";
import { builder } from "./builder.ts";
import { ChatMessageState, ChatRole, ErrorClass, WireFormat } from "./enums.ts";
import { Node } from "./node.ts";
import { ChatMessage, RequestLog } from "./refs.ts";
import { TokenUsage } from "./request-log.ts";

export const ChatToolCall = builder.objectRef<Call>("ChatToolCall");
builder.objectType(ChatToolCall, {
  fields: (t) => ({
    id: t.exposeString("id"),
    name: t.exposeString("name"),
    arguments: t.exposeString("arguments", { description: "JSON text of an object, as the model wrote it." }),
  }),
});

export const ChatToolResult = builder.objectRef<CallResult>("ChatToolResult");
builder.objectType(ChatToolResult, {
  fields: (t) => ({
    callId: t.exposeString("callId"),
    text: t.exposeString("text"),
    isError: t.exposeBoolean("isError"),
  }),
});

const ChatAttachment = builder.objectRef<Attachment>("ChatAttachment");
builder.objectType(ChatAttachment, {
  fields: (t) => ({
    name: t.exposeString("name", { nullable: true }),
    mediaType: t.exposeString("mediaType"),
    bytes: t.expose("size", { type: "Long" }),
    fileId: t.exposeID("fileId", { nullable: true }),
    dataUrl: t.string({
      nullable: true,
      description: "Null for a file.",
      resolve: ({ mediaType, bytes, fileId }) =>
        fileId === null ? `data:${mediaType};base64,${Buffer.from(bytes).toString("base64")}` : null,
    }),
  }),
});

const ChatError = builder.objectRef<Fault>("ChatError");
builder.objectType(ChatError, {
  fields: (t) => ({
    errorClass: t.expose("errorClass", { type: ErrorClass, nullable: true }),
    message: t.exposeString("message", { description: "As a client of /v1 would have read it." }),
    httpStatus: t.exposeInt("httpStatus", { nullable: true }),
  }),
});

builder.objectType(ChatMessage, {
  description:
    "One thing said in a conversation. Those with the same parent are branches: edits, other models' answers, second tries.",
  interfaces: [Node],
  fields: (t) => ({
    conversationId: t.exposeID("conversationId"),
    parentId: t.exposeID("parentId", { nullable: true, description: "Null: the beginning of a conversation." }),
    role: t.expose("role", { type: ChatRole }),
    state: t.expose("state", { type: ChatMessageState }),
    text: t.exposeString("text"),
    reasoning: t.exposeString("reasoning"),
    toolCalls: t.field({ type: [ChatToolCall], resolve: ({ toolCalls }) => [...toolCalls] }),
    toolResults: t.field({ type: [ChatToolResult], resolve: ({ toolResults }) => [...toolResults] }),
    attachments: t.loadableList({
      type: ChatAttachment,
      description: "What was sent along, or what the model made.",
      byPath: true,
      loaderOptions: { cache: false },
      load: async (ids: string[], { control }) => {
        const found = await control.store.chats.attachments(ids);
        return ids.map((id) => [...(found.get(id) ?? [])]);
      },
      resolve: ({ id }) => id,
    }),
    model: t.exposeString("model", { nullable: true, description: "Who was asked; null for what a person said." }),
    format: t.expose("format", { type: WireFormat, nullable: true, description: "Null: the upstream's own." }),
    clientKeyId: t.exposeID("clientKeyId", { nullable: true }),
    pinnedProviderKeyId: t.exposeID("pinnedKeyId", { nullable: true }),
    requestId: t.exposeID("requestId", { nullable: true }),
    request: t.field({
      type: RequestLog,
      nullable: true,
      description: "Null when it was deleted with its day.",
      resolve: ({ requestId }, _, { control }) => (requestId === null ? null : getRequest(control, requestId)),
    }),
    finishReason: t.exposeString("finishReason", {
      nullable: true,
      description: "stop, length, tool_calls, content_filter, refusal, pause or other.",
    }),
    error: t.field({ type: ChatError, nullable: true, resolve: ({ error }) => error }),
    usage: t.field({
      type: TokenUsage,
      nullable: true,
      resolve: ({ usage }) => usage && { ...usage, request: null },
    }),
    cost: t.field({
      type: "Decimal",
      nullable: true,
      description: "Null when tokens or price are unknown.",
      resolve: ({ costNanoUsd }) => (costNanoUsd === null ? null : formatNanoUsd(costNanoUsd)),
    }),
    lastSeq: t.int({ description: "Where the answer stands: `afterSeq` of chatStream.", resolve: lastSeq }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    endedAt: t.expose("endedAt", { type: "DateTime", nullable: true }),
  }),
});

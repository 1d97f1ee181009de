import {
  type RequestExchange as Exchange,
  readExchange,
  type ExchangeMessage as Said,
} from "../src/control/requests/request-exchange.ts";
import type { MediaPart } from "../src/llm/request.ts";
import { builder } from "./builder.ts";
import { ChatToolCall, ChatToolResult } from "./chat-message.ts";
import { ExchangeRole, MediaKind } from "./enums.ts";
import { RequestLog } from "./refs.ts";
import { loadDetail } from "./request-loaders.ts";

const ExchangeMedia = builder.objectRef<MediaPart>("ExchangeMedia");
builder.objectType(ExchangeMedia, {
  description: "That there was one; the bytes are in `content`.",
  fields: (t) => ({
    kind: t.expose("type", { type: MediaKind }),
    mediaType: t.exposeString("mediaType", { nullable: true }),
    name: t.exposeString("name", { nullable: true }),
    url: t.string({ nullable: true, resolve: ({ source }) => (source.kind === "url" ? source.url : null) }),
    fileId: t.string({ nullable: true, resolve: ({ source }) => (source.kind === "file_id" ? source.id : null) }),
  }),
});

const ExchangeMessage = builder.objectRef<Said>("ExchangeMessage");
builder.objectType(ExchangeMessage, {
  fields: (t) => ({
    role: t.expose("role", { type: ExchangeRole }),
    text: t.exposeString("text"),
    reasoning: t.exposeString("reasoning"),
    toolCalls: t.field({ type: [ChatToolCall], resolve: ({ toolCalls }) => [...toolCalls] }),
    toolResults: t.field({ type: [ChatToolResult], resolve: ({ toolResults }) => [...toolResults] }),
    media: t.field({ type: [ExchangeMedia], resolve: ({ media }) => [...media] }),
  }),
});

const RequestExchange = builder.objectRef<Exchange>("RequestExchange");
builder.objectType(RequestExchange, {
  description: "A client's request and its answer as a conversation, whatever the format.",
  fields: (t) => ({
    messages: t.field({ type: [ExchangeMessage], resolve: ({ messages }) => [...messages] }),
    readable: t.boolean({
      description: "False: the request could not be read (cut off, or refused for its form).",
      resolve: ({ request }) => request !== null,
    }),
    truncated: t.exposeBoolean("isTruncated", { description: "A body was longer than what is kept." }),
  }),
});

builder.objectField(RequestLog, "exchange", (t) =>
  t.field({
    type: RequestExchange,
    nullable: true,
    description: "Null when no bodies were kept, or when it was no conversation. Needs LOGS_CONTENT.",
    resolve: async (row, _, context) => {
      const detail = await loadDetail(context, row);
      return detail && readExchange(context.control, detail);
    },
  }),
);

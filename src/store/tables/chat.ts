import { sql } from "drizzle-orm";
import { blob, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ProtocolId } from "../../llm/names.ts";
import type { ErrorClass } from "../../record.ts";
import type { AnswerRun, ChatParams, ChatRole, ChatState } from "../chat-types.ts";
import { sealedText } from "./sealed-text.ts";
import { stamps } from "./stamps.ts";

export const conversation = sqliteTable(
  "conversation",
  {
    id: text("id").primaryKey(),
    /** Who may see it; null: whoever holds the admin token. */
    createdBy: text("created_by"),
    title: sealedText("title").notNull(),
    pinned: integer("pinned", { mode: "boolean" }).notNull(),
    systemPrompt: sealedText("system_prompt"),
    params: text("params", { mode: "json" }).$type<ChatParams>().notNull(),
    /** When somebody last said something in it. */
    activeAt: integer("active_at").notNull(),
    /** Deleted, and kept for a while in case that was a mistake. */
    deletedAt: integer("deleted_at"),
    ...stamps,
  },
  (table) => [index("conversation_place").on(table.createdBy, table.pinned, table.activeAt, table.id)],
);

/** A tree: what has the same parent are branches. Ids rise with time. */
export const message = sqliteTable(
  "message",
  {
    id: text("id").primaryKey(),
    conversationId: text("conversation_id")
      .notNull()
      .references(() => conversation.id, { onDelete: "cascade" }),
    /** No foreign key: SQLite follows a cascade 1,000 levels at most, and only whole conversations are deleted. */
    parentId: text("parent_id"),
    role: text("role").$type<ChatRole>().notNull(),
    state: text("state").$type<ChatState>().notNull(),
    text: sealedText("text").notNull(),
    reasoning: sealedText("reasoning").notNull(),
    /** JSON of ChatToolCall[]. */
    toolCalls: sealedText("tool_calls").notNull(),
    /** JSON of ChatToolResult[]. */
    toolResults: sealedText("tool_results").notNull(),
    /** In which order text, reasoning and tool calls came. */
    layout: text("layout", { mode: "json" }).$type<readonly AnswerRun[]>().notNull(),
    model: text("model"),
    format: text("format").$type<ProtocolId>(),
    clientKeyId: text("client_key_id"),
    pinnedKeyId: text("pinned_key_id"),
    requestId: text("request_id"),
    finishReason: text("finish_reason"),
    errorClass: text("error_class").$type<ErrorClass>(),
    errorText: sealedText("error_text"),
    errorStatus: integer("error_status"),
    inputTokens: integer("input_tokens"),
    cacheReadTokens: integer("cache_read_tokens"),
    cacheWriteTokens: integer("cache_write_tokens"),
    outputTokens: integer("output_tokens"),
    reasoningTokens: integer("reasoning_tokens"),
    costNanoUsd: integer("cost_nano_usd"),
    createdAt: integer("created_at").notNull(),
    endedAt: integer("ended_at"),
  },
  (table) => [
    index("message_conversation").on(table.conversationId, table.id),
    index("message_running").on(table.state).where(sql`state IN ('queued', 'streaming')`),
  ],
);

/** Pictures and files of a message, apart from it: a list of messages does not read them. */
export const attachment = sqliteTable(
  "message_attachment",
  {
    messageId: text("message_id")
      .notNull()
      .references(() => message.id, { onDelete: "cascade" }),
    position: integer("position").notNull(),
    name: text("name"),
    mediaType: text("media_type").notNull(),
    size: integer("size").notNull().default(0),
    fileId: text("file_id"),
    /** Sealed; empty when it is a file's. */
    bytes: blob("bytes", { mode: "buffer" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.messageId, table.position] })],
);

import type { ProtocolId } from "../llm/names.ts";
import type { Effort, ResponseFormat } from "../llm/request.ts";
import type { Usage } from "../llm/usage.ts";
import type { ErrorClass } from "../record.ts";
import type { Written } from "./types.ts";

export const CHAT_ROLES = ["user", "assistant", "tool"] as const;
export type ChatRole = (typeof CHAT_ROLES)[number];

export const CHAT_STATES = ["queued", "streaming", "done", "error", "stopped"] as const;
export type ChatState = (typeof CHAT_STATES)[number];

export interface ChatToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text of an object, as the model wrote it. */
  readonly arguments: string;
}
export interface ChatToolResult {
  readonly callId: string;
  readonly text: string;
  readonly isError: boolean;
}
export interface ChatTool {
  readonly name: string;
  readonly description?: string | null;
  readonly parameters?: Readonly<Record<string, unknown>> | null;
}

/** What a person set; absent: as the model likes. */
export interface ChatParams {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxOutputTokens?: number;
  readonly reasoningEffort?: Effort;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly verbosity?: "low" | "medium" | "high";
  readonly responseFormat?: ResponseFormat;
  readonly tools?: readonly ChatTool[];
  readonly toolChoice?: string;
}

/**
 * A piece of an answer in the order it came: so many UTF-16 units of text, of reasoning, or of a tool call's arguments; a `call`
 * is the beginning of a tool call and counts 1.
 */
export type AnswerRun =
  | readonly [kind: "text" | "reasoning", units: number]
  | readonly [kind: "call" | "arguments", units: number, index: number];

export interface AnswerContent {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ChatToolCall[];
  readonly layout: readonly AnswerRun[];
}

export interface ConversationValues {
  readonly createdBy: string | null;
  readonly title: string;
  readonly pinned: boolean;
  readonly systemPrompt: string | null;
  readonly params: ChatParams;
}
export interface ConversationRow extends ConversationValues {
  readonly id: string;
  readonly activeAt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly version: number;
}

export interface ChatAttachment {
  readonly name: string | null;
  readonly mediaType: string;
  /** Of the content. */
  readonly size: number;
  /** A file of the people's; null: the content is here. */
  readonly fileId: string | null;
  readonly bytes: Uint8Array;
}

export interface ChatError {
  /** Null when nothing is known but that it ended. */
  readonly errorClass: ErrorClass | null;
  readonly message: string;
  readonly httpStatus: number | null;
}

export interface MessageRow extends AnswerContent {
  readonly id: string;
  readonly conversationId: string;
  /** Null: the beginning of a conversation. */
  readonly parentId: string | null;
  readonly role: ChatRole;
  readonly state: ChatState;
  readonly toolResults: readonly ChatToolResult[];
  readonly model: string | null;
  readonly format: ProtocolId | null;
  readonly clientKeyId: string | null;
  readonly pinnedKeyId: string | null;
  readonly requestId: string | null;
  /** Why the model stopped: "stop", "length", "tool_calls" … */
  readonly finishReason: string | null;
  readonly error: ChatError | null;
  readonly usage: Usage | null;
  readonly costNanoUsd: number | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

/** What changes while an answer comes. */
export type AnswerPatch = AnswerContent &
  Pick<MessageRow, "state" | "requestId" | "finishReason" | "error" | "usage" | "costNanoUsd" | "endedAt">;

export interface NewMessage {
  readonly row: MessageRow;
  readonly attachments: readonly ChatAttachment[];
}

/** A message without what it says. */
export type MessagePlace = Pick<MessageRow, "id" | "parentId" | "role" | "state">;

export interface ConversationQuery {
  readonly createdBy: string | null;
  /** In titles and texts. */
  readonly search: string | null;
  readonly limit: number;
  readonly backward: boolean;
  readonly after: ConversationCursor | null;
  readonly before: ConversationCursor | null;
}
export type ConversationCursor = readonly [pinned: 0 | 1, activeAt: number, id: string];

export interface MessageQuery {
  readonly conversationId: string;
  readonly limit: number;
  readonly backward: boolean;
  readonly after: string | null;
  readonly before: string | null;
}

export interface StorePage<Row> {
  /** In the list's order. */
  readonly rows: readonly Row[];
  /** In the reading direction. */
  readonly hasMore: boolean;
  readonly totalCount: number;
}

export interface ChatTotals extends Usage {
  readonly messages: number;
  readonly costNanoUsd: number;
  /** Answers whose cost is unknown: not in `costNanoUsd`. */
  readonly unpriced: number;
}

export interface ChatStore {
  /** Pinned first, then what was last used. */
  conversations(query: ConversationQuery): Promise<StorePage<ConversationRow>>;
  conversation(id: string): Promise<ConversationRow | null>;
  /** `values` makes the conversation; all of it in one transaction. Null: there is no such conversation. */
  addMessages(
    conversation: { readonly id: string; readonly values: ConversationValues | null },
    messages: readonly NewMessage[],
  ): Promise<ConversationRow | null>;
  updateConversation(
    id: string,
    patch: Partial<ConversationValues>,
    expectedVersion?: number,
  ): Promise<Written<ConversationRow>>;
  /** Nobody sees them any more, until they are brought back or purged. Returns the ids that were there. */
  retireConversations(ids: readonly string[], deletedAt: number): Promise<string[]>;
  /** What this person deleted in one go. */
  restoreConversations(createdBy: string | null, deletedAt: number): Promise<string[]>;
  /** For good, with all their messages: what was deleted before that time. */
  purgeConversations(beforeMs: number): Promise<void>;
  /** Those of people and tokens that are gone. */
  deleteConversationsOf(createdBy: readonly string[]): Promise<string[]>;
  /** Oldest first. */
  messages(query: MessageQuery): Promise<StorePage<MessageRow>>;
  message(id: string): Promise<MessageRow | null>;
  /** Of a whole conversation, oldest first. */
  places(conversationId: string): Promise<MessagePlace[]>;
  /** In the order given; those that are gone are left out. */
  byIds(ids: readonly string[]): Promise<MessageRow[]>;
  attachments(messageIds: readonly string[]): Promise<ReadonlyMap<string, readonly ChatAttachment[]>>;
  totals(conversationId: string): Promise<ChatTotals>;
  saveAnswers(answers: readonly { readonly id: string; readonly patch: AnswerPatch }[]): Promise<void>;
  addAttachments(messageId: string, attachments: readonly ChatAttachment[]): Promise<void>;
  /** Seals what an older version left in clear. Returns how many rows. */
  sealOld(): Promise<number>;
  /** What a former run of the program left unfinished. Returns how many. */
  failRunning(error: ChatError, endedAt: number): Promise<number>;
}

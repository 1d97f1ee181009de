import { type ChatSeal, placeInConversation, placeInMessage, placeOfAttachment } from "./chat-seal.ts";
import type {
  AnswerContent,
  AnswerPatch,
  ChatAttachment,
  ConversationRow,
  ConversationValues,
  MessageRow,
} from "./chat-types.ts";
import type { attachment, conversation, message } from "./tables/chat.ts";

/** Chats as they are and as their tables have them: there everything that was said lies sealed. */
export class ChatRows {
  constructor(private readonly seal: ChatSeal) {}

  conversation({ title, systemPrompt, ...rest }: typeof conversation.$inferSelect): ConversationRow {
    const { seal } = this;
    return {
      ...rest,
      title: seal.open(title, placeInConversation(rest.id, "title")),
      systemPrompt:
        systemPrompt === null ? null : seal.open(systemPrompt, placeInConversation(rest.id, "systemPrompt")),
    };
  }

  conversationColumns<Values extends Partial<ConversationValues>>(id: string, values: Values) {
    const { title, systemPrompt, ...rest } = values;
    return {
      ...rest,
      ...(title !== undefined && { title: this.seal.close(title, placeInConversation(id, "title")) }),
      ...(systemPrompt !== undefined && {
        systemPrompt:
          systemPrompt === null ? null : this.seal.close(systemPrompt, placeInConversation(id, "systemPrompt")),
      }),
    };
  }

  message(columns: typeof message.$inferSelect): MessageRow {
    const {
      text,
      reasoning,
      toolCalls,
      toolResults,
      errorClass,
      errorText,
      errorStatus,
      inputTokens,
      cacheReadTokens,
      cacheWriteTokens,
      outputTokens,
      reasoningTokens,
      ...shared
    } = columns;
    const open = (stored: string | Uint8Array, column: Parameters<typeof placeInMessage>[1]) =>
      this.seal.open(stored, placeInMessage(shared.id, column));
    return {
      ...shared,
      text: open(text, "text"),
      reasoning: open(reasoning, "reasoning"),
      toolCalls: JSON.parse(open(toolCalls, "toolCalls")) as MessageRow["toolCalls"],
      toolResults: JSON.parse(open(toolResults, "toolResults")) as MessageRow["toolResults"],
      error: errorText === null ? null : { errorClass, message: open(errorText, "errorText"), httpStatus: errorStatus },
      usage:
        inputTokens === null
          ? null
          : {
              inputTokens,
              cacheReadTokens: cacheReadTokens ?? 0,
              cacheWriteTokens: cacheWriteTokens ?? 0,
              outputTokens: outputTokens ?? 0,
              reasoningTokens: reasoningTokens ?? 0,
            },
    };
  }

  messageColumns({ toolResults, ...row }: MessageRow) {
    const { seal } = this;
    return {
      ...row,
      ...this.answerColumns(row.id, row),
      toolResults: seal.close(JSON.stringify(toolResults), placeInMessage(row.id, "toolResults")),
    };
  }

  answerColumns(id: string, { text, reasoning, toolCalls, error, usage, ...shared }: AnswerPatch & AnswerContent) {
    const { seal } = this;
    return {
      ...shared,
      text: seal.close(text, placeInMessage(id, "text")),
      reasoning: seal.close(reasoning, placeInMessage(id, "reasoning")),
      toolCalls: seal.close(JSON.stringify(toolCalls), placeInMessage(id, "toolCalls")),
      ...this.errorColumns(id, error),
      inputTokens: usage?.inputTokens ?? null,
      cacheReadTokens: usage?.cacheReadTokens ?? null,
      cacheWriteTokens: usage?.cacheWriteTokens ?? null,
      outputTokens: usage?.outputTokens ?? null,
      reasoningTokens: usage?.reasoningTokens ?? null,
    };
  }

  errorColumns(id: string, error: MessageRow["error"]) {
    return {
      errorClass: error?.errorClass ?? null,
      errorText: error === null ? null : this.seal.close(error.message, placeInMessage(id, "errorText")),
      errorStatus: error?.httpStatus ?? null,
    };
  }

  attachment(columns: typeof attachment.$inferSelect): typeof attachment.$inferSelect {
    const { messageId, position, size, bytes } = columns;
    return { ...columns, bytes: Buffer.from(this.seal.openBytes(bytes, size, placeOfAttachment(messageId, position))) };
  }

  attachmentColumns(messageId: string, position: number, given: ChatAttachment): typeof attachment.$inferInsert {
    const bytes = this.seal.closeBytes(given.bytes, placeOfAttachment(messageId, position));
    return { ...given, messageId, position, bytes };
  }
}

import { and, asc, count, desc, eq, gt, inArray, isNull, lt, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { ChatRows } from "./chat-rows.ts";
import type { ChatSeal } from "./chat-seal.ts";
import { sealOldChats } from "./chat-sealing.ts";
import type {
  ChatAttachment,
  ChatStore,
  ConversationCursor,
  ConversationQuery,
  ConversationRow,
  NewMessage,
} from "./chat-types.ts";
import type { ConfigDatabase, Queries } from "./config-database.ts";
import { attachment, conversation, message } from "./tables/chat.ts";
import { change, defined, firstStamps, inSlices, nextStamps } from "./written.ts";

/** Ids of the person's conversations that hold a text. */
export type ChatSearch = (createdBy: string | null, text: string) => Promise<readonly string[]>;

export function openChats(database: ConfigDatabase, chatSeal: ChatSeal, search: ChatSearch): ChatStore {
  const sealed = new ChatRows(chatSeal);
  const find = (queries: Queries, id: string): ConversationRow | null => {
    const found = queries
      .select()
      .from(conversation)
      .where(and(eq(conversation.id, id), isNull(conversation.deletedAt)))
      .get();
    return found === undefined ? null : sealed.conversation(found);
  };
  const insertMessage = (queries: Queries, { row, attachments }: NewMessage): void => {
    queries.insert(message).values(sealed.messageColumns(row)).run();
    insertAttachments(queries, row.id, attachments);
  };
  const insertAttachments = (queries: Queries, messageId: string, attachments: readonly ChatAttachment[]): void => {
    attachments.forEach((each, position) => {
      queries
        .insert(attachment)
        .values(sealed.attachmentColumns(messageId, position, each))
        .run();
    });
  };

  return {
    async conversations(query) {
      const found = query.search === null ? null : await search(query.createdBy, query.search);
      return database.read((queries) => {
        const mine = and(
          ownedBy(query.createdBy),
          isNull(conversation.deletedAt),
          found === null ? undefined : isOneOf(found),
        );
        const { pinned, activeAt, id } = conversation;
        const rows = queries
          .select()
          .from(conversation)
          .where(and(mine, beyond(query.after, "after"), beyond(query.before, "before")))
          .orderBy(...[pinned, activeAt, id].map((column) => (query.backward ? asc(column) : desc(column))))
          .limit(query.limit + 1)
          .all();
        const total = queries.select({ value: count() }).from(conversation).where(mine).get();
        return toPage(
          rows.map((row) => sealed.conversation(row)),
          query,
          total?.value ?? 0,
        );
      });
    },
    async conversation(id) {
      return database.read((queries) => find(queries, id));
    },
    addMessages({ id, values }, messages) {
      return database.write((queries) => {
        const now = Date.now();
        if (values !== null) {
          queries
            .insert(conversation)
            .values({ ...values, ...sealed.conversationColumns(id, values), activeAt: now, ...firstStamps(id) })
            .run();
        } else {
          queries.update(conversation).set({ activeAt: now }).where(eq(conversation.id, id)).run();
        }
        const row = find(queries, id);
        if (row !== null) for (const each of messages) insertMessage(queries, each);
        return row;
      });
    },
    updateConversation(id, patch, expectedVersion) {
      return database.write((queries) =>
        change({
          current: find(queries, id),
          expectedVersion,
          duplicate: () => null,
          write: (current) =>
            sealed.conversation(
              queries
                .update(conversation)
                .set({ ...sealed.conversationColumns(id, defined(patch)), ...nextStamps(current) })
                .where(eq(conversation.id, id))
                .returning()
                .get(),
            ),
        }),
      );
    },
    retireConversations(ids, deletedAt) {
      return database.write((queries) =>
        inSlices(ids, (slice) =>
          queries
            .update(conversation)
            .set({ deletedAt })
            .where(and(inArray(conversation.id, slice), isNull(conversation.deletedAt)))
            .returning({ id: conversation.id })
            .all(),
        ).map(({ id }) => id),
      );
    },
    restoreConversations(createdBy, deletedAt) {
      return database.write((queries) =>
        queries
          .update(conversation)
          .set({ deletedAt: null })
          .where(and(ownedBy(createdBy), eq(conversation.deletedAt, deletedAt)))
          .returning({ id: conversation.id })
          .all()
          .map(({ id }) => id),
      );
    },
    async purgeConversations(beforeMs) {
      const isOld = lt(conversation.deletedAt, beforeMs);
      // Most times there is nothing to write.
      const found = database.read((queries) =>
        queries.select({ id: conversation.id }).from(conversation).where(isOld).get(),
      );
      if (found !== undefined) await database.write((queries) => queries.delete(conversation).where(isOld).run());
    },
    async deleteConversationsOf(createdBy) {
      const gone = await database.write((queries) =>
        inSlices(createdBy, (slice) =>
          queries
            .delete(conversation)
            .where(inArray(conversation.createdBy, slice))
            .returning({ id: conversation.id })
            .all(),
        ),
      );
      return gone.map(({ id }) => id);
    },
    async messages(query) {
      return database.read((queries) => {
        const all = eq(message.conversationId, query.conversationId);
        const rows = queries
          .select()
          .from(message)
          .where(
            and(
              all,
              query.after ? gt(message.id, query.after) : undefined,
              query.before ? lt(message.id, query.before) : undefined,
            ),
          )
          .orderBy(query.backward ? desc(message.id) : asc(message.id))
          .limit(query.limit + 1)
          .all();
        const total = queries.select({ value: count() }).from(message).where(all).get();
        return toPage(
          rows.map((row) => sealed.message(row)),
          query,
          total?.value ?? 0,
        );
      });
    },
    async message(id) {
      return database.read((queries) => {
        const columns = queries.select().from(message).where(eq(message.id, id)).get();
        return columns === undefined ? null : sealed.message(columns);
      });
    },
    async places(conversationId) {
      const { id, parentId, role, state } = message;
      return database.read((queries) =>
        queries
          .select({ id, parentId, role, state })
          .from(message)
          .where(eq(message.conversationId, conversationId))
          .orderBy(asc(message.id))
          .all(),
      );
    },
    async byIds(ids) {
      const rows = database.read((queries) =>
        inSlices(ids, (slice) => queries.select().from(message).where(inArray(message.id, slice)).all()),
      );
      const byId = new Map(rows.map((columns) => [columns.id, sealed.message(columns)]));
      return ids.map((id) => byId.get(id)).filter((row) => row !== undefined);
    },
    async attachments(messageIds) {
      const rows = database.read((queries) =>
        inSlices(messageIds, (slice) =>
          queries
            .select()
            .from(attachment)
            .where(inArray(attachment.messageId, slice))
            .orderBy(attachment.messageId, attachment.position)
            .all(),
        ),
      );
      return Map.groupBy(
        rows.map((row) => sealed.attachment(row)),
        (row) => row.messageId,
      );
    },
    async totals(conversationId) {
      const row = database.read((queries) =>
        queries
          .select({
            messages: count(),
            inputTokens: sum(message.inputTokens),
            cacheReadTokens: sum(message.cacheReadTokens),
            cacheWriteTokens: sum(message.cacheWriteTokens),
            outputTokens: sum(message.outputTokens),
            reasoningTokens: sum(message.reasoningTokens),
            costNanoUsd: sum(message.costNanoUsd),
            unpriced: sum(
              sql`${message.requestId} IS NOT NULL AND ${message.state} = 'done' AND ${message.costNanoUsd} IS NULL`,
            ),
          })
          .from(message)
          .where(eq(message.conversationId, conversationId))
          .get(),
      );
      return row!;
    },
    saveAnswers(answers) {
      return database.write((queries) => {
        for (const { id, patch } of answers) {
          queries.update(message).set(sealed.answerColumns(id, patch)).where(eq(message.id, id)).run();
        }
      });
    },
    addAttachments(messageId, attachments) {
      return database.write((queries) => insertAttachments(queries, messageId, attachments));
    },
    sealOld: () => sealOldChats(database, chatSeal),
    async failRunning(error, endedAt) {
      const running = sql`${message.state} IN ('queued', 'streaming')`;
      const find = (queries: Queries) => queries.select({ id: message.id }).from(message).where(running).all();
      // Mostly none: then a start does without a transaction.
      if (database.read(find).length === 0) return 0;
      return database.write((queries) => {
        const found = find(queries);
        for (const { id } of found) {
          const values = { state: "error", ...sealed.errorColumns(id, error), endedAt } as const;
          queries.update(message).set(values).where(eq(message.id, id)).run();
        }
        return found.length;
      });
    },
  };
}

function ownedBy(createdBy: string | null): SQL {
  return createdBy === null ? isNull(conversation.createdBy) : eq(conversation.createdBy, createdBy);
}

function isOneOf(ids: readonly string[]): SQL {
  return sql`${conversation.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
}

/** The list runs downwards: what comes after a place is smaller. */
function beyond(cursor: ConversationCursor | null, side: "after" | "before"): SQL | undefined {
  if (cursor === null) return undefined;
  const [pinned, activeAt, id] = cursor;
  const place = sql`(${conversation.pinned}, ${conversation.activeAt}, ${conversation.id})`;
  const at = sql`(${pinned}, ${activeAt}, ${id})`;
  return side === "after" ? sql`${place} < ${at}` : sql`${place} > ${at}`;
}

function toPage<Row>(
  rows: readonly Row[],
  { limit, backward }: Pick<ConversationQuery, "limit" | "backward">,
  totalCount: number,
) {
  const kept = rows.slice(0, limit);
  return { rows: backward ? kept.reverse() : kept, hasMore: rows.length > limit, totalCount };
}

function sum(column: SQLWrapper): SQL<number> {
  return sql`coalesce(sum(${column}), 0)`.mapWith(Number);
}

import { and, asc, eq, gt, or, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { type ChatSeal, placeInConversation, placeInMessage, placeOfAttachment } from "./chat-seal.ts";
import type { ConfigDatabase, Queries } from "./config-database.ts";
import { attachment, conversation, message } from "./tables/chat.ts";
import { meta } from "./tables/meta.ts";

const DONE = "chats_sealed";
const SLICE_ROWS = 100;

/** Seals what an older version left in clear, once, in slices between which others get in. Returns how many rows that were. */
export async function sealOldChats(database: ConfigDatabase, seal: ChatSeal): Promise<number> {
  const done = database.read((queries) => queries.select().from(meta).where(eq(meta.key, DONE)).get());
  if (done !== undefined) return 0;
  let count = 0;
  for (const sealSlice of [sealConversations, sealMessages, sealAttachments]) {
    for (let after: string | null = ""; after !== null; ) {
      const from: string = after;
      const slice = await database.write((queries) => sealSlice(queries, seal, from));
      count += slice.length;
      after = slice.length < SLICE_ROWS ? null : slice.at(-1)!;
      await Bun.sleep(0);
    }
  }
  if (count > 0) await database.rewrite(); // pages that are free now may hold it still
  await database.write((queries) =>
    queries
      .insert(meta)
      .values({ key: DONE, value: Buffer.of(1) })
      .run(),
  );
  return count;
}

const isClear = (column: SQLWrapper): SQL => sql`typeof(${column}) = 'text' AND ${column} NOT IN ('', '[]')`;

function sealConversations(queries: Queries, seal: ChatSeal, after: string): string[] {
  const { id, title, systemPrompt } = conversation;
  const rows = queries
    .select({ id, title, systemPrompt })
    .from(conversation)
    .where(and(gt(id, after), or(isClear(title), isClear(systemPrompt))))
    .orderBy(asc(id))
    .limit(SLICE_ROWS)
    .all();
  for (const row of rows) {
    const values = {
      title: closed(seal, row.title, placeInConversation(row.id, "title")),
      systemPrompt: closedOrNull(seal, row.systemPrompt, placeInConversation(row.id, "systemPrompt")),
    };
    queries.update(conversation).set(values).where(eq(id, row.id)).run();
  }
  return rows.map((row) => row.id);
}

function sealMessages(queries: Queries, seal: ChatSeal, after: string): string[] {
  const { id, text, reasoning, toolCalls, toolResults, errorText } = message;
  const rows = queries
    .select({ id, text, reasoning, toolCalls, toolResults, errorText })
    .from(message)
    .where(and(gt(id, after), or(...[text, reasoning, toolCalls, toolResults, errorText].map(isClear))))
    .orderBy(asc(id))
    .limit(SLICE_ROWS)
    .all();
  for (const row of rows) {
    const values = {
      text: closed(seal, row.text, placeInMessage(row.id, "text")),
      reasoning: closed(seal, row.reasoning, placeInMessage(row.id, "reasoning")),
      toolCalls: closed(seal, row.toolCalls, placeInMessage(row.id, "toolCalls")),
      toolResults: closed(seal, row.toolResults, placeInMessage(row.id, "toolResults")),
      errorText: closedOrNull(seal, row.errorText, placeInMessage(row.id, "errorText")),
    };
    queries.update(message).set(values).where(eq(id, row.id)).run();
  }
  return rows.map((row) => row.id);
}

function sealAttachments(queries: Queries, seal: ChatSeal, after: string): string[] {
  const { messageId, position, bytes, size } = attachment;
  const place = sql<string>`${messageId} || '/' || ${position}`;
  const rows = queries
    .select({ messageId, position, bytes, place })
    .from(attachment)
    .where(and(sql`${place} > ${after}`, sql`length(${bytes}) > 0 AND length(${bytes}) = ${size}`))
    .orderBy(asc(place))
    .limit(SLICE_ROWS)
    .all();
  for (const row of rows) {
    const sealed = seal.closeBytes(row.bytes, placeOfAttachment(row.messageId, row.position));
    queries
      .update(attachment)
      .set({ bytes: sealed })
      .where(and(eq(messageId, row.messageId), eq(position, row.position)))
      .run();
  }
  return rows.map((row) => row.place);
}

type Place = Parameters<ChatSeal["close"]>[1];

function closed(seal: ChatSeal, stored: string | Uint8Array, place: Place): string | Uint8Array {
  return typeof stored === "string" ? seal.close(stored, place) : stored;
}

function closedOrNull(seal: ChatSeal, stored: string | Uint8Array | null, place: Place): string | Uint8Array | null {
  return stored === null ? null : closed(seal, stored, place);
}

import { z } from "zod";
import { isId } from "../../lib/id.ts";
import type { ConversationCursor, ConversationRow, MessageRow } from "../../store/chat-types.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { idField, versionField } from "../fields.ts";
import { type CountedPage, type PageArgs, pageOf, readPageArgs } from "../page.ts";
import type { Principal } from "../people/principal.ts";
import { type Given, notFound, type Result, readInput, refuse } from "../user-errors.ts";
import { definedOnly, fromWritten } from "../writes.ts";
import { getConversation, ownerOf } from "./chat-owner.ts";
import { chatParamsField } from "./chat-params.ts";

export { CHAT_ROLES, CHAT_STATES } from "../../store/chat-types.ts";

const MAX_SYSTEM_PROMPT = 100_000;
export const systemPromptField = z
  .string()
  .max(MAX_SYSTEM_PROMPT, `A system prompt has at most ${MAX_SYSTEM_PROMPT} characters.`)
  .nullable();

/** One's own, pinned first, then by what was last used. */
export async function listConversations(
  control: Control,
  principal: Principal,
  search: string | null,
  page: PageArgs,
): Promise<CountedPage<ConversationRow>> {
  const request = readPageArgs(page);
  const found = await control.store.chats.conversations({
    ...request,
    createdBy: ownerOf(principal),
    search: search?.trim() || null,
    after: request.after === null ? null : readCursor(request.after),
    before: request.before === null ? null : readCursor(request.before),
  });
  return { ...pageOf(found, request, writeCursor), totalCount: found.totalCount };
}

/** Oldest first; an answer that is coming as far as it has come. */
export async function listMessages(
  control: Control,
  conversation: ConversationRow,
  page: PageArgs,
): Promise<CountedPage<MessageRow>> {
  const request = readPageArgs(page);
  for (const cursor of [request.after, request.before]) {
    if (cursor !== null && !isId("msg", cursor)) throw badInput("The cursor is no message's id.", "after");
  }
  const found = await control.store.chats.messages({ ...request, conversationId: conversation.id });
  const rows = found.rows.map((row) => asItIsNow(control, row));
  return { ...pageOf({ ...found, rows }, request, ({ id }) => id), totalCount: found.totalCount };
}

/** Null also for somebody else's. */
export async function getMessage(control: Control, principal: Principal, id: string): Promise<MessageRow | null> {
  const row = await findMessage(control, id);
  return row !== null && (await isOwnMessage(control, principal, row)) ? row : null;
}

/** Whoever's it is; as far as it has come. */
export async function findMessage(control: Control, id: string): Promise<MessageRow | null> {
  const run = control.chats.runs.get(id); // before the store is read: it may have ended when that has answered
  return run?.view() ?? (isId("msg", id) ? control.store.chats.message(id) : null);
}

export async function isOwnMessage(control: Control, principal: Principal, row: MessageRow): Promise<boolean> {
  return (await getConversation(control, principal, row.conversationId)) !== null;
}

function asItIsNow(control: Control, row: MessageRow): MessageRow {
  return control.chats.runs.get(row.id)?.view() ?? row;
}

const updateInput = z.strictObject({
  id: idField,
  expectedVersion: versionField,
  title: z.string().trim().min(1, "A title is needed.").max(200, "A title has at most 200 characters.").optional(),
  pinned: z.boolean().optional(),
  systemPrompt: systemPromptField.optional(),
  params: chatParamsField.nullish().transform((params) => (params === null ? {} : params)),
});

export async function updateConversation(
  control: Control,
  principal: Principal,
  input: Given<typeof updateInput>,
): Promise<Result<ConversationRow>> {
  const read = readInput(updateInput, input);
  if (!read.ok) return read;
  const { id, expectedVersion, ...fields } = read.value;
  const current = await getConversation(control, principal, id);
  if (current === null) return refuse(notFound("id", "conversation", id));
  const written = await control.store.chats.updateConversation(id, definedOnly(fields), expectedVersion ?? undefined);
  const updated = fromWritten(written, "conversation");
  if (updated.ok) {
    const { createdBy } = current;
    control.chats.note({ kind: "UPDATED", conversationId: id, createdBy, messageId: null });
  }
  return updated;
}

/** What people and tokens said goes with them. */
export async function deleteConversationsOf(control: Control, owners: readonly string[]): Promise<void> {
  control.chats.runs.forget(await control.store.chats.deleteConversationsOf(owners));
}

function writeCursor({ pinned, activeAt, id }: ConversationRow): string {
  return Buffer.from(JSON.stringify([pinned ? 1 : 0, activeAt, id] satisfies ConversationCursor)).toString("base64url");
}

const cursorShape = z.tuple([z.union([z.literal(0), z.literal(1)]), z.number(), z.string()]);

function readCursor(cursor: string): ConversationCursor {
  try {
    return cursorShape.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    throw badInput("The cursor does not belong to this list.", "after");
  }
}

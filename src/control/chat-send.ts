import { z } from "zod";
import type { WrittenRequest } from "../dialogue.ts";
import { GatewayError } from "../errors.ts";
import { newId } from "../lib/id.ts";
import { PROTOCOLS } from "../llm/names.ts";
import type { ChatParams, ConversationRow, ConversationValues, MessageRow } from "../store/chat-types.ts";
import { attachmentsField } from "./chat-attachments.ts";
import { ownerOf } from "./chat-owner.ts";
import { chatParamsField } from "./chat-params.ts";
import { chatRequest, speakerFor } from "./chat-request.ts";
import { readBranch } from "./chat-tree.ts";
import type { Control } from "./control.ts";
import { getConversation, systemPromptField } from "./conversations.ts";
import { idField } from "./fields.ts";
import type { Principal } from "./principal.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse, type UserError } from "./user-errors.ts";

const MAX_TEXT = 500_000;
const TITLE_CHARS = 80;

const sendInput = z.strictObject({
  conversationId: idField.nullish(),
  parentMessageId: idField.nullish(),
  text: z.string().max(MAX_TEXT, `A message has at most ${MAX_TEXT} characters.`).nullish(),
  attachments: attachmentsField.nullish(),
  toolResults: z
    .array(
      z.strictObject({
        callId: z.string().min(1, "The call's id is needed.").max(512, "This is no call's id."),
        text: z.string().max(MAX_TEXT, `A result has at most ${MAX_TEXT} characters.`),
        isError: z.boolean().default(false),
      }),
    )
    .max(128, "At most 128 results.")
    .nullish(),
  models: z
    .array(z.string().trim().min(1, "A model is needed.").max(256, "A model's name has at most 256 characters."))
    .min(1, "Name a model.")
    .max(4, "At most four models side by side."),
  systemPrompt: systemPromptField.optional(),
  params: chatParamsField.nullish(),
  format: z.enum(PROTOCOLS).nullish(),
  asClientKeyId: idField.nullish(),
  pinProviderKeyId: idField.nullish(),
});
export type SendInput = Given<typeof sendInput>;
type Send = z.output<typeof sendInput>;

export interface SentMessage {
  readonly conversation: ConversationRow;
  /** What the person said; null when an old message is answered again. */
  readonly message: MessageRow | null;
  /** One for each model, in their order; they come through `chatStream`. */
  readonly answers: readonly MessageRow[];
}

/**
 * Says something, and lets up to four models answer. Refusals come before anything is stored; what goes wrong later stands in the
 * answers. Nothing here waits for a model.
 */
export async function sendChatMessage(
  control: Control,
  principal: Principal,
  input: SendInput,
  clientAddress: string,
): Promise<Result<SentMessage>> {
  const read = readInput(sendInput, input);
  if (!read.ok) return read;
  const send = read.value;
  const denied = refusalOf(control, principal, send);
  if (denied !== null) return refuse(denied);
  const place = await findPlace(control, principal, send);
  if (!place.ok) return place;

  const now = control.now();
  const said = saidBy(send, place.value, now);
  const branch = said === null ? place.value.branch : [...place.value.branch, said];
  const attachments = new Map(await control.store.chats.attachments(branch.map(({ id }) => id)));
  if (said !== null) attachments.set(said.id, send.attachments ?? []);
  const { systemPrompt, params, conversationId } = place.value;
  const written: WrittenRequest[] = [];
  for (const [index, model] of send.models.entries()) {
    const speaker = speakerFor(control.snapshots.current, model, send.format ?? null);
    try {
      const request = chatRequest(model, { systemPrompt, params, messages: branch, attachments });
      written.push(control.dialogue.write(request, speaker));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return refuse(invalid(["models", String(index)], error.message));
    }
  }

  const parentId = branch.at(-1)!.id;
  const answers = send.models.map((model) => answerRow({ conversationId, parentId, model, send, now }));
  const rows = said === null ? answers : [said, ...answers];
  const conversation = await control.store.chats.addMessages(
    { id: conversationId, values: place.value.isNew ? firstValues(principal, send, place.value) : null },
    rows.map((row) => ({ row, attachments: row === said ? (send.attachments ?? []) : [] })),
  );
  const { createdBy } = conversation;
  if (place.value.isNew) control.chats.note({ kind: "CREATED", conversationId, createdBy, messageId: null });
  for (const { id } of rows) control.chats.note({ kind: "CREATED", conversationId, createdBy, messageId: id });
  const pins = send.pinProviderKeyId ? { keyId: send.pinProviderKeyId } : null;
  answers.forEach((row, index) => {
    const call = { clientKeyId: send.asClientKeyId ?? null, pins, clientAddress };
    control.chats.runs.start({ row, createdBy }, written[index]!, call);
  });
  return ok({ conversation, message: said, answers });
}

/** Naming a client's or an upstream's key takes the right to see them. */
function refusalOf(control: Control, { scopes }: Principal, send: Send): UserError | null {
  if (send.asClientKeyId && !scopes.has("CLIENTS_READ")) {
    return invalid("asClientKeyId", "This needs the scope CLIENTS_READ.", "FORBIDDEN");
  }
  if (send.pinProviderKeyId && !scopes.has("KEYS_READ")) {
    return invalid("pinProviderKeyId", "This needs the scope KEYS_READ.", "FORBIDDEN");
  }
  if (!control.chats.runs.hasRoom(send.models.length)) {
    const message = "Too many answers are coming at this moment. Try again when some have ended.";
    return { kind: "rate_limited", code: "RATE_LIMITED", message, field: null, retryAfterMs: 5000 };
  }
  return null;
}

/** Where in which conversation it is said. */
interface Place {
  readonly conversationId: string;
  readonly isNew: boolean;
  readonly systemPrompt: string | null;
  readonly params: ChatParams;
  /** What goes before, oldest first. */
  readonly branch: readonly MessageRow[];
}

async function findPlace(control: Control, principal: Principal, send: Send): Promise<Result<Place>> {
  const isAgain = !send.text?.trim() && !send.attachments?.length && !send.toolResults?.length;
  if (!send.conversationId) {
    if (isAgain) return refuse(invalid("text", "Say something.", "REQUIRED"));
    if (send.parentMessageId) return refuse(invalid("parentMessageId", "A new conversation has no messages yet."));
    if (send.toolResults?.length) return refuse(invalid("toolResults", "No tool has been called yet."));
    const { systemPrompt = null, params } = send;
    return ok({ conversationId: newId("cnv"), isNew: true, systemPrompt, params: params ?? {}, branch: [] });
  }
  const conversation = await getConversation(control, principal, send.conversationId);
  if (conversation === null) return refuse(notFound("conversationId", "conversation", send.conversationId));
  const branch = await readBranch(control, conversation.id, send.parentMessageId);
  if (branch === null) return refuse(notFound("parentMessageId", "message", send.parentMessageId ?? null));
  const last = branch.at(-1);
  if (last?.state === "queued" || last?.state === "streaming") {
    return refuse(invalid("parentMessageId", "This answer is still coming. Wait for it, or stop it.", "CONFLICT"));
  }
  const isOpen = last !== undefined && last.role !== "assistant";
  if (isAgain && !isOpen) return refuse(invalid("text", "Say something.", "REQUIRED"));
  if (!isAgain && isOpen) {
    const message = "Name an answer as parent. Without `text` this message is answered again.";
    return refuse(invalid("parentMessageId", message));
  }
  const unknown = send.toolResults?.findIndex(({ callId }) => !last?.toolCalls.some(({ id }) => id === callId)) ?? -1;
  if (unknown >= 0) return refuse(invalid(["toolResults", String(unknown), "callId"], "There was no such call."));
  const { id: conversationId, systemPrompt, params } = conversation;
  return ok({
    conversationId,
    isNew: false,
    systemPrompt: send.systemPrompt === undefined ? systemPrompt : send.systemPrompt,
    params: send.params ?? params,
    branch,
  });
}

function firstValues(principal: Principal, send: Send, { systemPrompt, params }: Place): ConversationValues {
  return {
    createdBy: ownerOf(principal),
    title: titleFrom(send.text ?? "", send.attachments?.[0]?.name ?? "…"),
    pinned: false,
    systemPrompt,
    params,
  };
}

/** The first words of a conversation; without any, what else there is. */
export function titleFrom(text: string, otherwise: string): string {
  const words = text.trim().replace(/\s+/g, " ") || otherwise;
  const characters = [...words.slice(0, 4 * TITLE_CHARS)];
  return characters.length <= TITLE_CHARS ? words : `${characters.slice(0, TITLE_CHARS - 1).join("")}…`;
}

function saidBy(send: Send, { conversationId, branch }: Place, now: number): MessageRow | null {
  const { text, attachments, toolResults } = send;
  if (!text?.trim() && !attachments?.length && !toolResults?.length) return null;
  return {
    ...blank(conversationId, branch.at(-1)?.id ?? null, now),
    role: toolResults?.length ? "tool" : "user",
    state: "done",
    text: text ?? "",
    toolResults: toolResults ?? [],
    layout: text ? [["text", text.length]] : [],
    endedAt: now,
  };
}

function answerRow(parts: {
  readonly conversationId: string;
  readonly parentId: string;
  readonly model: string;
  readonly send: Send;
  readonly now: number;
}): MessageRow {
  const { conversationId, parentId, model, send, now } = parts;
  return {
    ...blank(conversationId, parentId, now),
    model,
    format: send.format ?? null,
    clientKeyId: send.asClientKeyId ?? null,
    pinnedKeyId: send.pinProviderKeyId ?? null,
  };
}

/** An answer of which nothing has come yet. */
export function blank(conversationId: string, parentId: string | null, createdAt: number): MessageRow {
  return {
    id: newId("msg"),
    conversationId,
    parentId,
    role: "assistant",
    state: "queued",
    text: "",
    reasoning: "",
    toolCalls: [],
    toolResults: [],
    layout: [],
    model: null,
    format: null,
    clientKeyId: null,
    pinnedKeyId: null,
    requestId: null,
    finishReason: null,
    error: null,
    usage: null,
    costNanoUsd: null,
    createdAt,
    endedAt: null,
  };
}

export async function stopChatMessage(control: Control, principal: Principal, id: string): Promise<Result<MessageRow>> {
  const row = await control.store.chats.message(id);
  const conversation = row && (await getConversation(control, principal, row.conversationId));
  if (row === null || conversation === null) return refuse(notFound("id", "message", id));
  const run = control.chats.runs.get(id);
  if (run === null) return ok(row);
  run.stop();
  await run.over();
  return ok(run.view());
}

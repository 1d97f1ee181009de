import type { WrittenRequest } from "../../dialogue.ts";
import { GatewayError } from "../../errors.ts";
import type { ConversationRow, ConversationValues, MessageRow } from "../../store/chat-types.ts";
import type { Control } from "../control.ts";
import type { Principal } from "../people/principal.ts";
import { invalid, notFound, ok, type Result, readInput, refuse, type UserError } from "../user-errors.ts";
import { attachFiles, readAttachments } from "./chat-attachments.ts";
import { type Send, type SendInput, sendInput } from "./chat-input.ts";
import { getConversation, ownerOf } from "./chat-owner.ts";
import { findPlace, type Place } from "./chat-place.ts";
import { type Branch, chatRequest, speakerFor } from "./chat-request.ts";
import { answerRow, saidBy, titleFrom } from "./chat-rows.ts";

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
  const files = await attachFiles(control, principal, read.value.attachmentIds ?? []);
  if (!files.ok) return files;
  const send: Send = { ...read.value, attachments: [...(read.value.attachments ?? []), ...files.value] };
  const denied = refusalOf(principal, send);
  if (denied !== null) return refuse(denied);
  const place = await findPlace(control, principal, send);
  if (!place.ok) return place;
  const release = control.chats.runs.reserve(send.models.length);
  if (release === null) return refuse(FULL);
  try {
    return await sendThere(control, principal, { send, place: place.value, clientAddress });
  } finally {
    release();
  }
}

async function sendThere(
  control: Control,
  principal: Principal,
  { send, place, clientAddress }: { readonly send: Send; readonly place: Place; readonly clientAddress: string },
): Promise<Result<SentMessage>> {
  const { conversationId, isNew } = place;
  const now = control.now();
  const message = saidBy(send, place, now);
  const said = message === null ? place.branch : [...place.branch, message];
  const written = await writeRequests(control, { send, place, said, message });
  if (!written.ok) return written;

  const parentId = said.at(-1)!.id;
  const answers = send.models.map((model) => answerRow({ conversationId, parentId, model, send, now }));
  const rows = message === null ? answers : [message, ...answers];
  const conversation = await control.store.chats.addMessages(
    { id: conversationId, values: isNew ? firstValues(principal, send, place) : null },
    rows.map((row) => ({ row, attachments: row === message ? send.attachments : [] })),
  );
  if (conversation === null) return refuse(notFound("conversationId", "conversation", conversationId));
  const { createdBy } = conversation;
  if (isNew) control.chats.note({ kind: "CREATED", conversationId, createdBy, messageId: null });
  for (const { id } of rows) control.chats.note({ kind: "CREATED", conversationId, createdBy, messageId: id });
  const pins = send.pinProviderKeyId ? { keyId: send.pinProviderKeyId } : null;
  const call = { clientKeyId: send.asClientKeyId ?? null, pins, clientAddress };
  answers.forEach((row, index) => {
    control.chats.runs.start({ row, createdBy }, written.value[index]!, call);
  });
  return ok({ conversation, message, answers });
}

/** One for each model; what a format cannot carry is known before anything is stored. */
async function writeRequests(
  control: Control,
  parts: {
    readonly send: Send;
    readonly place: Place;
    readonly said: readonly MessageRow[];
    readonly message: MessageRow | null;
  },
): Promise<Result<readonly WrittenRequest[]>> {
  const { send, place, said, message } = parts;
  const attached = new Map(await control.store.chats.attachments(said.map(({ id }) => id)));
  if (message !== null) attached.set(message.id, send.attachments);
  const attachments = await readAttachments(control, attached);
  if (!attachments.ok) return attachments;
  const { systemPrompt, params } = place;
  const branch: Branch = { systemPrompt, params, messages: said, attachments: attachments.value };
  const written: WrittenRequest[] = [];
  for (const [index, model] of send.models.entries()) {
    try {
      const speaker = speakerFor(control.snapshots.current, model, send.format ?? null);
      written.push(control.dialogue.write(chatRequest(model, branch), speaker));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return refuse(invalid(["models", String(index)], error.message));
    }
  }
  return ok(written);
}

/** Naming a client's or an upstream's key takes the right to see them. */
function refusalOf({ scopes }: Principal, send: Send): UserError | null {
  if (send.asClientKeyId && !scopes.has("CLIENTS_READ")) {
    return invalid("asClientKeyId", "This needs the scope CLIENTS_READ.", "FORBIDDEN");
  }
  if (send.pinProviderKeyId && !scopes.has("KEYS_READ")) {
    return invalid("pinProviderKeyId", "This needs the scope KEYS_READ.", "FORBIDDEN");
  }
  return null;
}

const FULL: UserError = {
  kind: "rate_limited",
  code: "RATE_LIMITED",
  message: "Too many answers are coming at this moment. Try again when some have ended.",
  field: null,
  retryAfterMs: 5000,
};

function firstValues(principal: Principal, send: Send, { systemPrompt, params }: Place): ConversationValues {
  return {
    createdBy: ownerOf(principal),
    title: titleFrom(send.text ?? "", send.attachments[0]?.name ?? "…"),
    pinned: false,
    systemPrompt,
    params,
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

import type { AnswerContent, MessageRow } from "../../store/chat-types.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { followLog, type LogFrame } from "../follow-log.ts";
import type { Principal } from "../people/principal.ts";
import { pause, pullIterator } from "../pull-iterator.ts";
import { type AnswerPiece, pieceAfter } from "./chat-answer.ts";
import { getConversation, ownerOf } from "./chat-owner.ts";
import type { ChatRun } from "./chat-run.ts";
import type { ConversationNote } from "./chats.ts";
import { getMessage } from "./conversations.ts";

/** About 30 frames a second. */
const FRAME_MS = 33;

export type ChatFrame =
  | ({
      readonly kind: "delta";
      readonly messageId: string;
      readonly cursor: string;
      readonly atMs: number;
    } & AnswerPiece)
  | {
      readonly kind: "finished" | "failed";
      readonly message: MessageRow;
      readonly cursor: string;
      readonly atMs: number;
    };

/**
 * An answer from `afterSeq` on, while it comes or long after, and then how it ended. A reader holds a number and nothing is queued
 * for it: a slow one gets fewer, longer pieces.
 */
export async function watchMessage(
  control: Control,
  principal: Principal,
  messageId: string,
  afterSeq: number,
): Promise<AsyncIterableIterator<ChatFrame>> {
  if (afterSeq < 0) throw badInput("`afterSeq` is 0 or more.", "afterSeq");
  const row = await getMessage(control, principal, messageId);
  if (row === null) throw badInput("There is no such message.", "messageId");
  let seq = afterSeq;
  let lastFrameAt = Number.NEGATIVE_INFINITY;
  let isOver = false;

  const deltaOf = (content: AnswerContent): ChatFrame | null => {
    const piece = pieceAfter(content, seq);
    if (piece === null) return null;
    seq = piece.seq;
    lastFrameAt = performance.now();
    return { kind: "delta", messageId, cursor: String(seq), atMs: control.now(), ...piece };
  };
  /** The run, as long as it goes on; null when it has come to its end. */
  const nextPiece = async (run: ChatRun, signal: AbortSignal): Promise<ChatFrame | null> => {
    while (!run.isOver && !signal.aborted) {
      await pause(FRAME_MS - (performance.now() - lastFrameAt), signal);
      await run.moved(seq, signal);
      const frame = signal.aborted ? null : deltaOf(run.answer);
      if (frame !== null) return frame;
    }
    return null;
  };
  const produce = async (signal: AbortSignal): Promise<ChatFrame | null> => {
    if (isOver) return null;
    const run = control.chats.runs.get(messageId);
    const piece = run === null ? null : await nextPiece(run, signal);
    if (piece !== null || signal.aborted) return piece;
    const final = run?.view() ?? (await getMessage(control, principal, messageId));
    if (final === null) return null; // deleted meanwhile
    const rest = deltaOf(final);
    if (rest !== null) return rest;
    isOver = true;
    return {
      kind: final.state === "error" ? "failed" : "finished",
      message: final,
      cursor: String(seq),
      atMs: control.now(),
    };
  };
  return pullIterator(produce, { ended: control.chats.ended });
}

/** What happens in one's conversations, or in one of them. */
export async function watchConversations(
  control: Control,
  principal: Principal,
  conversationId: string | null,
  after: string | null,
): Promise<AsyncIterableIterator<LogFrame<ConversationNote>>> {
  const { log, frames, ended } = control.chats;
  const createdBy = ownerOf(principal);
  const accepts = (note: ConversationNote) =>
    note.createdBy === createdBy && (conversationId === null || note.conversationId === conversationId);
  // Whoever comes back to a conversation that has gone meanwhile is told of its end.
  const isKnown =
    conversationId === null ||
    (after !== null && log.since(after).some(accepts)) ||
    (await getConversation(control, principal, conversationId)) !== null;
  if (!isKnown) throw badInput("There is no such conversation.", "conversationId");
  return followLog(log, { after, frames, ended, now: () => control.now(), accepts });
}

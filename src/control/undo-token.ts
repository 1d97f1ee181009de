import { timingSafeEqual } from "node:crypto";
import type { Control } from "./control.ts";

/** What was deleted: a token for one noun says nothing about another. */
export type Undoable = "provider" | "provider key" | "model" | "client key" | "conversation" | "file";

/** Names one deletion: by the time of it, or by the version of the configuration that it made. */
export function undoToken(control: Control, noun: Undoable, deletion: number): string {
  return `${deletion}.${control.vault.mac("undo-deletion", `${noun} ${deletion}`).slice(0, 32)}`;
}

/** Null: not a token of ours for this noun. */
export function readUndoToken(control: Control, noun: Undoable, token: string): number | null {
  const match = /^(\d{1,15})\.([0-9a-f]{32})$/.exec(token);
  if (match === null) return null;
  const expected = undoToken(control, noun, Number(match[1]));
  const isOurs = expected.length === token.length && timingSafeEqual(Buffer.from(expected), Buffer.from(token));
  return isOurs ? Number(match[1]) : null;
}

import type { Control } from "./control.ts";
import { readUndoToken, type Undoable, undoToken } from "./undo-token.ts";
import { invalid, ok, type Result, refuse } from "./user-errors.ts";

/** For so long most deletions can be taken back: a slip is noticed at once. */
export const UNDO_MS = 600_000;

export interface Deletion {
  readonly deletedIds: readonly string[];
  /** Null when nothing was deleted. */
  readonly undoToken: string | null;
  readonly undoableUntil: number | null;
}

export interface Restoration {
  readonly restoredIds: readonly string[];
  /** Not brought back: there again already, or another has the name now. */
  readonly conflictingIds: readonly string[];
}

export const NOTHING_DELETED: Deletion = { deletedIds: [], undoToken: null, undoableUntil: null };

/** `deletion`: what `token` names, of which there were `deletedIds`. */
export function undoable(
  control: Control,
  noun: Undoable,
  { deletedIds, deletion, untilMs }: { deletedIds: readonly string[]; deletion: number; untilMs: number },
): Deletion {
  if (deletedIds.length === 0) return NOTHING_DELETED;
  return { deletedIds, undoToken: undoToken(control, noun, deletion), undoableUntil: untilMs };
}

let lastDeletedAt = 0;

/** A stamp of its own for each deletion: it says what went together. */
export function stampDeletion(control: Control): number {
  lastDeletedAt = Math.max(control.now(), lastDeletedAt + 1);
  return lastDeletedAt;
}

/** The deletion that a token names. */
export function readDeletion(control: Control, noun: Undoable, token: string): Result<number> {
  const deletion = readUndoToken(control, noun, token);
  return deletion === null ? refuse(invalid("undoToken", "This is no token of a deletion.")) : ok(deletion);
}

/** Too late, or taken back already. */
export function nothingLeft() {
  return refuse(invalid("undoToken", "There is nothing left to bring back.", "CONFLICT"));
}

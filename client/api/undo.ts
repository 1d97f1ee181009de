import { toast } from "../components/toast.tsx";
import { t } from "../i18n/index.ts";
import type { Document } from "./graphql.ts";
import { createMutation, describeError, type UserErrorLike } from "./mutation.ts";

interface Restored {
  readonly restoredIds: readonly string[];
  readonly conflictingIds: readonly string[];
  readonly userErrors: readonly UserErrorLike[];
}

interface Undo {
  readonly label: string;
  readonly run: () => void;
}

/** The way back from a deletion, for the message that tells of it; nothing where the server names none. */
export function createUndo<Data>(
  document: Document<Data, { input: { undoToken: string } }>,
  pick: (data: Data) => Restored,
): (undoToken: string | null) => Undo | undefined {
  const restoration = createMutation(document, pick);
  const restore = async (undoToken: string) => {
    const outcome = await restoration.run({ input: { undoToken } });
    if (!outcome.ok) return toast(outcome.errors[0] ? describeError(outcome.errors[0]) : "");
    const { restoredIds, conflictingIds } = outcome.payload;
    if (restoredIds.length > 0) toast(t().common.broughtBack(restoredIds.length));
    if (conflictingIds.length > 0) toast(t().common.notBroughtBack(conflictingIds.length));
  };
  return (undoToken) => (undoToken ? { label: t().common.undo, run: () => void restore(undoToken) } : undefined);
}

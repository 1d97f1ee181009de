import { createMutation, describeError } from "../../api/mutation.ts";
import { createUndo } from "../../api/undo.ts";
import { toast } from "../../components/toast.tsx";
import { t } from "../../i18n/index.ts";
import { actOnKeysMutation, deleteKeysMutation, type Key, restoreKeysMutation } from "./documents.ts";
import type { KeyFilters } from "./filters.ts";

type KeyAction = "ENABLE" | "DISABLE" | "RESET";

/** Rows by id, or all that the filter matches, loaded or not. */
export type Selection = { readonly ids: readonly string[] } | { readonly filter: KeyFilter };
type KeyFilter = ReturnType<KeyFilters["variables"]>["filter"];

export interface KeyActions {
  /** Does it at once; a switch that was turned can be turned back from the message that follows. */
  act(selection: Selection, action: KeyAction): Promise<void>;
  /** Answers what went wrong, or nothing. */
  remove(selection: Selection): Promise<string | undefined>;
}

/** What can be done with keys that exist, and what the list shows of it. */
export function createKeyActions(list: {
  readonly patch: (keys: readonly Key[]) => void;
  readonly remove: (ids: readonly string[]) => void;
}): KeyActions {
  const actOn = createMutation(actOnKeysMutation, (data) => data.actOnProviderKeys);
  const deletion = createMutation(deleteKeysMutation, (data) => data.deleteProviderKeys);

  const undoDeletion = createUndo(restoreKeysMutation, (data) => data.restoreProviderKeys);

  async function run(selection: Selection, action: KeyAction): Promise<number | null> {
    const outcome = await actOn.run({ input: { selection: toInput(selection), action } });
    if (!outcome.ok) {
      const [error] = outcome.errors;
      if (error) toast(describeError(error));
      return null;
    }
    list.patch(outcome.payload.providerKeys);
    return outcome.payload.affected;
  }

  return {
    async act(selection, action) {
      const affected = await run(selection, action);
      if (affected === null) return;
      const back = action === "ENABLE" ? "DISABLE" : "ENABLE";
      const undo = { label: t().common.undo, run: () => void run(selection, back) };
      // A filter may match others by then.
      const canUndo = action !== "RESET" && "ids" in selection;
      toast(t().keys.acted[action](affected), canUndo ? undo : undefined);
    },
    async remove(selection) {
      const outcome = await deletion.run({ input: { selection: toInput(selection) } });
      if (!outcome.ok) return outcome.errors[0] && describeError(outcome.errors[0]);
      const { deletedIds, undoToken } = outcome.payload;
      list.remove(deletedIds);
      toast(t().keys.deleted(deletedIds.length), undoDeletion(undoToken));
      return undefined;
    },
  };
}

function toInput(selection: Selection) {
  return "ids" in selection
    ? { ids: [...selection.ids], excludeIds: [] }
    : { filter: { ...selection.filter }, excludeIds: [] };
}

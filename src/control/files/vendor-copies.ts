import { OutboundError } from "../../lib/outbound.ts";
import { fileDeletionCall } from "../../providers/vendor-files.ts";
import type { KeptCopy } from "../../stored-file.ts";
import { askAsKey } from "../ask-as-key.ts";
import type { Control } from "../control.ts";

/** In one round; those that are left wait for the next. */
const MOST_AT_ONCE = 20;

/**
 * Deletes at the vendors what lies there of files that are no more, and forgets copies that have ended by themselves. What cannot be
 * deleted now (no answer, a key that is switched off) is tried again until its end.
 */
export async function deleteOrphanCopies(control: Control): Promise<void> {
  const { fileCopies } = control.store;
  await fileCopies.expire(control.now());
  const orphans = await fileCopies.orphans(MOST_AT_ONCE);
  if (orphans.length === 0) return;
  const isDone = await Promise.all(orphans.map((copy) => deleteAtVendor(control, copy)));
  await fileCopies.remove(orphans.filter((_, index) => isDone[index]));
}

/** True when there is nothing left to do. */
async function deleteAtVendor(control: Control, copy: KeptCopy): Promise<boolean> {
  const { log } = control;
  const { providersById } = control.snapshots.current;
  for (const provider of providersById.values()) {
    const key = provider.keys.find(({ id }) => id === copy.keyId);
    if (key === undefined) continue;
    const call = fileDeletionCall(provider, copy.reference);
    if (call === null) return true;
    try {
      const { status } = await askAsKey(control, provider, key, { ...call, method: "DELETE" });
      if (status >= 300 && status !== 404)
        log.warn("a vendor did not delete a file", { provider: provider.id, status });
      return status < 500 && !MAY_CHANGE.has(status);
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      log.warn("a vendor could not be asked to delete a file", { provider: provider.id, reason: error.message });
      return false;
    }
  }
  return false;
}

/** The key may be well again before the copy ends. */
const MAY_CHANGE: ReadonlySet<number> = new Set([401, 402, 403, 408, 409, 429]);

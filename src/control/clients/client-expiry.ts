import type { Control } from "../control.ts";
import { UNDO_MS } from "../deletion.ts";

const DAY_MS = 86_400_000;

/** Deletes stored responses that are too old or too many, and those of clients that will not come back. */
export async function expireResponses(control: Control): Promise<void> {
  const { storedResponseDays, storedResponseMaxBytes } = control.snapshots.current.settings;
  const present = (await control.store.clientKeys.list()).map(({ id }) => id);
  const owners = [...present, ...(await returningClients(control))];
  const beforeMs = control.now() - storedResponseDays * DAY_MS;
  await control.store.responses.expire({ owners, beforeMs, maxBytes: storedResponseMaxBytes });
}

/** Deletes files whose time is over, deleted ones that nobody brought back, and those of clients that will not come back. */
export async function expireFiles(control: Control): Promise<void> {
  const nowMs = control.now();
  const { fileRetentionDays: days } = control.snapshots.current.settings;
  const createdBeforeMs = days === 0 ? null : nowMs - days * DAY_MS;
  const spared = await returningClients(control);
  await control.store.files.expire({ nowMs, createdBeforeMs, retiredBeforeMs: nowMs - UNDO_MS, spared });
}

/** Those that were deleted so lately that it may be taken back. */
function returningClients(control: Control): Promise<string[]> {
  return control.store.history.removedSince("clientKey", control.now() - UNDO_MS);
}

import type { AlertRow } from "../store/alert-types.ts";
import type { Control } from "./control.ts";
import type { ResyncReason } from "./event-log.ts";
import { pullIterator } from "./pull-iterator.ts";

const MAX_PER_BATCH = 200;

export const ALERT_EVENT_KINDS = ["OPENED", "REOPENED", "UPDATED", "RESOLVED"] as const;

export interface AlertNote {
  readonly kind: (typeof ALERT_EVENT_KINDS)[number];
  /** As it was then. */
  readonly alert: AlertRow;
}

export type AlertFrame =
  | { readonly kind: "batch"; readonly cursor: string; readonly atMs: number; readonly notes: readonly AlertNote[] }
  | { readonly kind: "resync"; readonly cursor: string; readonly atMs: number; readonly reason: ResyncReason };

/** Opens with an empty batch (the cursor to resume from), or with what happened since `after`. */
export function watchAlerts(control: Control, after: string | null): AsyncIterableIterator<AlertFrame> {
  const { log, ended } = control.alertWatch;
  const resumed = after === null ? null : log.resume(after);
  let position = resumed?.kind === "at" ? resumed.position : log.position;
  let lost: ResyncReason | null = resumed?.kind === "lost" ? resumed.reason : null;
  let isFirst = true;

  const produce = async (signal: AbortSignal): Promise<AlertFrame | null> => {
    if (log.isGone(position + 1)) lost = "OVERFLOW";
    const opening = isFirst;
    isFirst = false;
    if (lost !== null) {
      const reason = lost;
      lost = null;
      position = log.position;
      return { kind: "resync", cursor: log.cursor(position), atMs: control.now(), reason };
    }
    if (!opening) await log.reached(position, signal);
    if (signal.aborted) return null;
    if (log.isGone(position + 1)) return produce(signal); // Overwritten while this reader slept.
    const notes: AlertNote[] = [];
    while (position < log.position && notes.length < MAX_PER_BATCH) notes.push(log.get(++position)!);
    return { kind: "batch", cursor: log.cursor(position), atMs: control.now(), notes };
  };
  return pullIterator(produce, { ended });
}

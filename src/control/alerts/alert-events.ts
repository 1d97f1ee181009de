import type { AlertRow } from "../../store/alert-types.ts";
import type { Control } from "../control.ts";
import type { ResyncReason } from "../event-log.ts";
import { pullIterator } from "../pull-iterator.ts";

const MAX_PER_BATCH = 200;

export const ALERT_EVENT_KINDS = ["OPENED", "REOPENED", "UPDATED", "RESOLVED"] as const;

export interface AlertNote {
  readonly kind: (typeof ALERT_EVENT_KINDS)[number];
  /** As it was then. */
  readonly alert: AlertRow;
}

/** `position`: the last event of the log that went into it. */
interface AlertFramePlace {
  readonly cursor: string;
  readonly position: number;
  readonly atMs: number;
}
export type AlertFrame =
  | (AlertFramePlace & { readonly kind: "batch"; readonly notes: readonly AlertNote[] })
  | (AlertFramePlace & { readonly kind: "resync"; readonly reason: ResyncReason });

/** Opens with an empty batch (the cursor to resume from), or with what happened since `after`. */
export function watchAlerts(control: Control, after: string | null): AsyncIterableIterator<AlertFrame> {
  const { log, frames, ended } = control.alertWatch;
  const resumed = after === null ? null : log.resume(after);
  let position = resumed?.kind === "at" ? resumed.position : log.position;
  let lost: ResyncReason | null = resumed?.kind === "lost" ? resumed.reason : null;
  let isFirst = true;

  const produce = async (signal: AbortSignal): Promise<AlertFrame | null> => {
    const isOpening = isFirst;
    isFirst = false;
    if (!isOpening) await log.reached(position, signal);
    if (signal.aborted) return null;
    const reason = lost ?? (log.isGone(position + 1) ? "OVERFLOW" : null);
    lost = null;
    if (reason !== null) position = log.position;
    const place = `${reason} ${position} ${position === log.position}`;
    const frame = frames.get(place, () =>
      reason === null ? gather(control, position) : { kind: "resync", ...placeOf(control, position), reason },
    );
    position = frame.position;
    return frame;
  };
  return pullIterator(produce, { ended });
}

function gather(control: Control, from: number): AlertFrame {
  const { log } = control.alertWatch;
  const notes: AlertNote[] = [];
  let position = from;
  while (position < log.position && notes.length < MAX_PER_BATCH) notes.push(log.get(++position)!);
  return { kind: "batch", notes, ...placeOf(control, position) };
}

function placeOf(control: Control, position: number): AlertFramePlace {
  return { cursor: control.alertWatch.log.cursor(position), position, atMs: control.now() };
}

import type { EventLog, ResyncReason } from "./event-log.ts";
import { pullIterator } from "./pull-iterator.ts";
import type { SharedFrames } from "./shared-frames.ts";

/** An event with its place, or that the reader must refetch. */
export type LogFrame<Event> =
  | (Event & { readonly frame: "event"; readonly cursor: string; readonly atMs: number })
  | { readonly frame: "resync"; readonly cursor: string; readonly atMs: number; readonly reason: ResyncReason };

/**
 * Follows a log event by event. Opens with a resync frame (the cursor to resume from), or with what happened since `after`.
 */
export function followLog<Event extends object>(
  log: EventLog<Event>,
  options: {
    readonly after: string | null;
    readonly ended: AbortSignal;
    readonly now: () => number;
    /** Of this log. What some readers may not see must look the same to all who `accept` it. */
    readonly frames: SharedFrames<LogFrame<Event>>;
    readonly accepts?: (event: Event) => boolean;
  },
): AsyncIterableIterator<LogFrame<Event>> {
  const { after, ended, now, frames, accepts = () => true } = options;
  const resumed = after === null ? null : log.resume(after);
  let position = resumed?.kind === "at" ? resumed.position : log.position;
  let opening: ResyncReason | null = resumed === null ? "STARTED" : resumed.kind === "lost" ? resumed.reason : null;

  const produce = async (signal: AbortSignal): Promise<LogFrame<Event> | null> => {
    while (!signal.aborted) {
      const reason = opening ?? (log.isGone(position + 1) ? "OVERFLOW" : null);
      opening = null;
      if (reason !== null) {
        position = log.position;
        const cursor = log.cursor(position);
        return frames.get(`${reason} ${position}`, () => ({ frame: "resync", cursor, atMs: now(), reason }));
      }
      const event = log.get(position + 1);
      if (event === undefined) {
        await log.reached(position, signal);
        continue;
      }
      position++;
      const cursor = log.cursor(position);
      if (accepts(event)) return frames.get(cursor, () => ({ ...event, frame: "event", cursor, atMs: now() }));
    }
    return null;
  };
  return pullIterator(produce, { ended });
}

import { randomBytes } from "node:crypto";
import { Waiters } from "./waiters.ts";

export const RESYNC_REASONS = ["STARTED", "TOO_OLD", "RESTARTED", "OVERFLOW"] as const;
/** Why a subscriber must refetch. STARTED: it has just begun, what it fetched before may be older than its first event. */
export type ResyncReason = (typeof RESYNC_REASONS)[number];

/** Where a cursor stands in the log; or why there is no going on from it. */
export type Resumed =
  | { readonly kind: "at"; readonly position: number }
  | { readonly kind: "lost"; readonly reason: ResyncReason };

/**
 * The last events of one kind, numbered, in a ring of fixed size. Subscribers hold a position and read on from it: nothing is
 * queued for them, so a slow one costs nothing and sees at worst that its place is gone.
 */
export class EventLog<Event> {
  /** Cursors of another process mean nothing here. */
  readonly #epoch = randomBytes(6).toString("base64url");
  readonly #ring: (Event | undefined)[];
  readonly #readers = new Waiters();
  #position = 0;

  constructor(capacity: number) {
    this.#ring = new Array<Event | undefined>(capacity);
  }

  /** Number of the last event; 0 before the first. */
  get position(): number {
    return this.#position;
  }

  append(event: Event): void {
    this.#position++;
    this.#ring[this.#position % this.#ring.length] = event;
    this.#readers.wake();
  }

  /** The event with this number; undefined when it is not there yet, or no more. */
  get(position: number): Event | undefined {
    return this.isGone(position) || position > this.#position ? undefined : this.#ring[position % this.#ring.length];
  }

  /** True when the event with this number has been overwritten. */
  isGone(position: number): boolean {
    return position <= this.#position - this.#ring.length;
  }

  /** Resolves with the next event after `position`, or when the signal aborts. */
  reached(position: number, signal: AbortSignal): Promise<void> {
    return this.#position > position ? Promise.resolve() : this.#readers.wait(signal);
  }

  cursor(position: number): string {
    return `${this.#epoch}.${position}`;
  }

  resume(cursor: string): Resumed {
    const [epoch, number] = cursor.split(".");
    const position = /^\d{1,15}$/.test(number ?? "") ? Number(number) : Number.NaN;
    if (epoch !== this.#epoch || !(position <= this.#position)) return { kind: "lost", reason: "RESTARTED" };
    return this.isGone(position + 1) ? { kind: "lost", reason: "TOO_OLD" } : { kind: "at", position };
  }

  /** All that can still be told to whoever holds this cursor. */
  since(cursor: string): Event[] {
    const resumed = this.resume(cursor);
    if (resumed.kind === "lost") return [];
    return Array.from(
      { length: this.#position - resumed.position },
      (_, index) => this.get(resumed.position + 1 + index)!,
    );
  }

  /** Forgets everything: whoever resumes from before must refetch. */
  clear(): void {
    this.#position += this.#ring.length + 1;
    this.#ring.fill(undefined);
  }
}

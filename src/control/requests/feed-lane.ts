import { EventLog, type ResyncReason } from "../event-log.ts";
import { pause } from "../pull-iterator.ts";
import type { RequestView } from "./request-view.ts";

/** At most so many frames a second: a frame gathers what happened since the last one. */
const FRAME_EVERY_MS = 250;
/** Half a minute of them: who reads slower, or was away for longer, has to refetch. */
const KEPT_FRAMES = 128;
/** Running requests whose end is delivered even beyond `maxPerSecond`: otherwise they would run for ever on the page. */
const MAX_FOLLOWED = 1000;

export type FeedFrame =
  | {
      readonly kind: "batch";
      readonly cursor: string;
      /** What the cursor says: everything up to here has been told. */
      readonly position: number;
      readonly atMs: number;
      readonly started: readonly RequestView[];
      readonly settled: readonly RequestView[];
      readonly dropped: number;
    }
  | {
      readonly kind: "resync";
      readonly cursor: string;
      readonly position: number;
      readonly atMs: number;
      readonly reason: ResyncReason;
    };

type Batch = Pick<Extract<FeedFrame, { kind: "batch" }>, "started" | "settled" | "dropped">;

/** Started or settled; the view's `endedAtMs` tells which. */
export type FeedLog = EventLog<RequestView>;

export interface LaneOptions {
  readonly log: FeedLog;
  readonly matches: (request: RequestView) => boolean;
  /** All that match and run at this moment. */
  readonly running: () => readonly RequestView[];
  readonly maxPerSecond: number;
  readonly now: () => number;
}

/**
 * What all see who watch the requests with the same filter and pace. It is gathered once for all of them: a frame is one object, however
 * many read it. What was shown, and what was left out, stays true for whoever comes back: he reads the frames that he has missed.
 */
export class FeedLane {
  readonly frames = new EventLog<FeedFrame>(KEPT_FRAMES);
  readonly #options: LaneOptions;
  readonly #allowance: Allowance;
  /** Shown as running; their end will be told whatever it is. */
  #followed: Set<string>;
  #stop: AbortController | null = null;
  readonly #begunAt: number;
  #position: number;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.maxPerSecond);
    this.#begunAt = options.log.position;
    this.#position = this.#begunAt;
    this.#followed = this.#nowRunning();
  }

  /** Gathers, until `rest`. */
  wake(): void {
    if (this.#stop !== null) return;
    this.#stop = new AbortController();
    // What happened while nobody watched is not taken from what the watchers of now may get.
    this.#catchUp(new Allowance(this.#options.maxPerSecond));
    void this.#run(this.#stop.signal);
  }

  /** Nobody reads. What happens meanwhile is gathered when somebody comes back. */
  rest(): void {
    this.#stop?.abort();
    this.#stop = null;
  }

  /** Whoever joins begins with what runs now, and goes on with the frames after `frames.position`. */
  join(): FeedFrame {
    this.#catchUp();
    return this.#frame({ started: this.#shown([]), settled: [], dropped: 0 });
  }

  /** The same for somebody who has seen everything up to `position`; null when what he has missed cannot be told any more. */
  rejoin(position: number): FeedFrame | null {
    this.#catchUp();
    const missed = this.#since(position);
    if (missed === null) return null;
    const settled = missed.flatMap((frame) => frame.settled);
    const dropped = missed.reduce((sum, frame) => sum + frame.dropped, 0);
    return this.#frame({ started: this.#shown(missed.flatMap((frame) => frame.started)), settled, dropped });
  }

  resync(reason: ResyncReason): FeedFrame {
    this.#catchUp();
    return this.#resync(reason);
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.log.reached(this.#position, signal);
      if (signal.aborted) return;
      this.#catchUp();
      await pause(FRAME_EVERY_MS, signal);
    }
  }

  #catchUp(allowance = this.#allowance): void {
    const { log } = this.#options;
    if (log.isGone(this.#position + 1)) {
      this.#position = log.position;
      // Whose end was among what is gone must not be waited for.
      this.#followed = this.#nowRunning();
      this.frames.append(this.#resync("OVERFLOW"));
      return;
    }
    const batch = this.#gather(this.#position, this.#followed, allowance);
    this.#position = log.position;
    if (batch.started.length + batch.settled.length + batch.dropped > 0) this.frames.append(this.#frame(batch));
  }

  /** The frames behind `position`; null when they are not all there. */
  #since(position: number): Batch[] | null {
    if (position < this.#begunAt) return null;
    const missed: Batch[] = [];
    for (let at = this.frames.position; at > 0; at--) {
      const frame = this.frames.get(at);
      if (frame === undefined) return null;
      if (frame.position <= position) break;
      if (frame.kind === "resync") return null;
      missed.unshift(frame);
    }
    return missed;
  }

  #nowRunning(): Set<string> {
    return new Set(
      this.#options
        .running()
        .slice(0, MAX_FOLLOWED)
        .map(({ id }) => id),
    );
  }

  /** What runs, as it is now; only what will be told about again when it ends. */
  #shown(missed: readonly RequestView[]): RequestView[] {
    const known = new Map([...missed, ...this.#options.running()].map((request) => [request.id, request]));
    return [...known.values()].filter(({ id }) => this.#followed.has(id));
  }

  #gather(from: number, followed: Set<string>, allowance: Allowance) {
    const { log, matches } = this.#options;
    const started = new Map<string, RequestView>();
    const settled: RequestView[] = [];
    let dropped = 0;
    for (let position = from + 1; position <= log.position; position++) {
      const request = log.get(position);
      if (request === undefined || !matches(request)) {
        // A request that was shown while running and turned out not to match must still end on the page.
        if (request?.endedAtMs == null || !followed.delete(request.id)) continue;
      } else if (request.endedAtMs === null) {
        if (!allowance.take()) dropped++;
        else if (!followed.has(request.id) && followed.size < MAX_FOLLOWED) {
          followed.add(request.id);
          started.set(request.id, request);
        }
        continue;
      } else if (!followed.delete(request.id) && !allowance.take()) {
        dropped++;
        continue;
      }
      started.delete(request.id);
      settled.push(request);
    }
    return { started: [...started.values()], settled, dropped };
  }

  #frame(batch: Batch): FeedFrame {
    return { kind: "batch", ...this.#place(), ...batch };
  }

  #resync(reason: ResyncReason): FeedFrame {
    return { kind: "resync", ...this.#place(), reason };
  }

  #place() {
    const { log, now } = this.#options;
    return { cursor: log.cursor(this.#position), position: this.#position, atMs: now() };
  }
}

/** So many a second, with one second's worth in hand. */
class Allowance {
  readonly #perSecond: number;
  #left: number;
  #atMs = performance.now();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  take(): boolean {
    const nowMs = performance.now();
    this.#left = Math.min(this.#perSecond, this.#left + ((nowMs - this.#atMs) / 1000) * this.#perSecond);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

import { EventLog, type ResyncReason } from "./event-log.ts";
import { pause } from "./pull-iterator.ts";
import type { RequestView } from "./request-view.ts";

/** At most so many frames a second: a frame gathers what happened since the last one. */
const FRAME_EVERY_MS = 250;
/** Sixteen seconds of them: who reads slower has to refetch. */
const KEPT_FRAMES = 64;
/** Running requests whose end is delivered even beyond `maxPerSecond`: otherwise they would run for ever on the page. */
const MAX_FOLLOWED = 1000;

export type FeedFrame =
  | {
      readonly kind: "batch";
      readonly cursor: string;
      readonly atMs: number;
      readonly started: readonly RequestView[];
      readonly settled: readonly RequestView[];
      readonly dropped: number;
    }
  | { readonly kind: "resync"; readonly cursor: string; readonly atMs: number; readonly reason: ResyncReason };

/** Started or settled; the view's `endedAtMs` tells which. */
export type FeedLog = EventLog<RequestView>;

export interface LaneOptions {
  readonly log: FeedLog;
  readonly matches: (request: RequestView) => boolean;
  readonly maxPerSecond: number;
  readonly now: () => number;
}

/**
 * What all see who watch the requests with the same filter and pace. It is gathered once for all of them: a frame is one object, however
 * many read it.
 */
export class FeedLane {
  readonly frames = new EventLog<FeedFrame>(KEPT_FRAMES);
  readonly #options: LaneOptions;
  readonly #allowance: Allowance;
  readonly #followed = new Set<string>();
  readonly #stop = new AbortController();
  #position: number;

  /** `running`: what its first watcher is shown at once. */
  constructor(options: LaneOptions, running: readonly RequestView[]) {
    this.#options = options;
    this.#allowance = new Allowance(options.maxPerSecond);
    this.#position = options.log.position;
    for (const { id } of running.slice(0, MAX_FOLLOWED)) this.#followed.add(id);
    void this.#run();
  }

  close(): void {
    this.#stop.abort();
  }

  /** Whoever joins begins with what runs now, and goes on with the frames after `frames.position`. */
  join(running: readonly RequestView[]): FeedFrame {
    this.#catchUp();
    return this.#frame({ started: this.#shown(running), settled: [], dropped: 0 });
  }

  /** The same for somebody who has seen everything up to `position`. */
  rejoin(position: number, running: readonly RequestView[]): FeedFrame {
    this.#catchUp();
    const { maxPerSecond } = this.#options;
    const followed = new Set(running.map(({ id }) => id));
    const missed = this.#gather(position, followed, new Allowance(maxPerSecond));
    const started = new Map([...running, ...missed.started].map((request) => [request.id, request]));
    for (const { id } of missed.settled) started.delete(id);
    return this.#frame({ ...missed, started: this.#shown([...started.values()]) });
  }

  resync(reason: ResyncReason): FeedFrame {
    this.#catchUp();
    return { kind: "resync", cursor: this.#cursor(), atMs: this.#options.now(), reason };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#options.log.reached(this.#position, signal);
      if (signal.aborted) return;
      this.#catchUp();
      await pause(FRAME_EVERY_MS, signal);
    }
  }

  #catchUp(): void {
    const { log } = this.#options;
    if (log.isGone(this.#position + 1)) {
      this.#position = log.position;
      this.frames.append({ kind: "resync", cursor: this.#cursor(), atMs: this.#options.now(), reason: "OVERFLOW" });
      return;
    }
    const batch = this.#gather(this.#position, this.#followed, this.#allowance);
    this.#position = log.position;
    if (batch.started.length + batch.settled.length + batch.dropped > 0) this.frames.append(this.#frame(batch));
  }

  /** Only what will be told about again when it ends. */
  #shown(running: readonly RequestView[]): RequestView[] {
    return running.filter(({ id }) => this.#followed.has(id));
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

  #frame(batch: Pick<Extract<FeedFrame, { kind: "batch" }>, "started" | "settled" | "dropped">): FeedFrame {
    return { kind: "batch", cursor: this.#cursor(), atMs: this.#options.now(), ...batch };
  }

  #cursor(): string {
    return this.#options.log.cursor(this.#position);
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

import type { ActiveRequest, RequestRecord } from "../record.ts";
import { badInput } from "./bad-input.ts";
import type { Control } from "./control.ts";
import type { ControlDeps } from "./deps.ts";
import { EventLog, type ResyncReason } from "./event-log.ts";
import { pause, pullIterator } from "./pull-iterator.ts";
import { matchRequests, type RequestFilter } from "./request-filter.ts";
import { listActiveRequests } from "./request-logs.ts";
import { type RequestView, viewActive } from "./request-view.ts";

const KEPT_EVENTS = 8192;
/** At most so many frames a second: a frame gathers what happened since the last one. */
const FRAME_EVERY_MS = 250;
/** Somebody whose line was cut comes back within this; then nothing is noted any more until the next one comes. */
const LINGER_MS = 30_000;
const MAX_PER_SECOND = 200;
/** Running requests whose end is delivered even beyond `maxPerSecond`: otherwise they would run for ever on the page. */
const MAX_FOLLOWED = 1000;

/** Started or settled; the view's `endedAtMs` tells which. */
type FeedEvent = RequestView;

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

/** The stream of requests, noted only while somebody watches, without bodies. */
export class RequestFeed {
  readonly log = new EventLog<FeedEvent>(KEPT_EVENTS);
  readonly #events: ControlDeps["events"];
  readonly #ended = new AbortController();
  #stops: (() => void)[] = [];
  #watchers = 0;
  #linger: ReturnType<typeof setTimeout> | null = null;

  constructor(deps: Pick<ControlDeps, "events">) {
    this.#events = deps.events;
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  close(): void {
    this.#unlisten();
    this.#ended.abort();
  }

  /** Returns the function that ends it. */
  watch(): () => void {
    this.#watchers++;
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#linger = null;
    if (this.#stops.length === 0) this.#listen();
    return () => {
      if (--this.#watchers > 0 || this.ended.aborted) return;
      this.#linger = setTimeout(() => this.#unlisten(), LINGER_MS);
      this.#linger.unref();
    };
  }

  #listen(): void {
    this.#stops = [
      this.#events.on("requestStarted", (request: ActiveRequest) => this.log.append(viewActive(request))),
      this.#events.on("requestSettled", (record: RequestRecord) => this.log.append(viewRecord(record))),
    ];
  }

  #unlisten(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#linger = null;
    this.log.clear(); // What happens from now on is not noted: nobody may resume across the gap.
  }
}

/** What is kept of a settled request: the row, never its bodies or attempts. */
function viewRecord(record: RequestRecord): RequestView {
  const { attempts, content: _content, rawUsage: _raw, ...row } = record;
  return { ...row, attemptCount: attempts.length, detail: null };
}

export interface RequestFeedArgs {
  readonly filter: RequestFilter;
  readonly after: string | null;
  readonly maxPerSecond: number;
}

/** Opens with what is running now (and, after a cursor, what settled since); then frames of what starts and ends. */
export function watchRequests(control: Control, args: RequestFeedArgs): AsyncIterableIterator<FeedFrame> {
  if (args.maxPerSecond < 1 || args.maxPerSecond > MAX_PER_SECOND) {
    throw badInput(`From 1 to ${MAX_PER_SECOND} requests a second.`, "maxPerSecond");
  }
  const matches = matchRequests(args.filter, control.now());
  const { requestFeed } = control;
  const { log } = requestFeed;
  const resumed = args.after === null ? null : log.resume(args.after);
  const unwatch = requestFeed.watch();
  const allowance = new Allowance(args.maxPerSecond);
  const followed = new Set<string>();
  let position = resumed?.kind === "at" ? resumed.position : log.position;
  let lost: ResyncReason | null = resumed?.kind === "lost" ? resumed.reason : null;
  let isFirst = true;
  let dueAtMs = 0;

  const produce = async (signal: AbortSignal): Promise<FeedFrame | null> => {
    while (!signal.aborted) {
      const reason = lost ?? (log.isGone(position + 1) ? "OVERFLOW" : null);
      if (reason !== null) {
        lost = null;
        position = log.position;
        return { kind: "resync", cursor: log.cursor(position), atMs: control.now(), reason };
      }
      const batch = gather();
      if (isFirst || batch.started.length + batch.settled.length + batch.dropped > 0) {
        isFirst = false;
        dueAtMs = performance.now() + FRAME_EVERY_MS;
        return { kind: "batch", cursor: log.cursor(position), atMs: control.now(), ...batch };
      }
      await log.reached(position, signal);
      await pause(dueAtMs - performance.now(), signal);
    }
    return null;
  };

  const gather = () => {
    const started = new Map<string, RequestView>();
    const settled: RequestView[] = [];
    let dropped = 0;
    if (isFirst) for (const request of listActiveRequests(control).filter(matches)) start(started, request);
    while (position < log.position) {
      const request = log.get(++position);
      if (request === undefined || !matches(request)) {
        // A request that was shown while running and turned out not to match must still end on the page.
        if (request?.endedAtMs == null || !followed.delete(request.id)) continue;
      } else if (request.endedAtMs === null) {
        if (allowance.take()) start(started, request);
        else dropped++;
        continue;
      } else if (!followed.delete(request.id) && !allowance.take()) {
        dropped++;
        continue;
      }
      started.delete(request.id);
      settled.push(request);
    }
    return { started: [...started.values()], settled, dropped };
  };

  const start = (started: Map<string, RequestView>, request: RequestView) => {
    if (followed.has(request.id) || followed.size >= MAX_FOLLOWED) return;
    followed.add(request.id);
    started.set(request.id, request);
  };
  return pullIterator(produce, { ended: requestFeed.ended, onEnd: unwatch });
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

import type { ActiveRequest, RequestRecord } from "../../record.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import type { ControlDeps } from "../deps.ts";
import { EventLog, type ResyncReason } from "../event-log.ts";
import { pullIterator } from "../pull-iterator.ts";
import { type FeedFrame, FeedLane, type FeedLog, type LaneOptions } from "./feed-lane.ts";
import { matchRequests, type RequestFilter } from "./request-filter.ts";
import { listActiveRequests } from "./request-logs.ts";
import { type RequestView, viewActive } from "./request-view.ts";

const KEPT_EVENTS = 8192;
/** Somebody whose line was cut comes back within this; then nothing is noted any more until the next one comes. */
const LINGER_MS = 30_000;
/** Lanes that are kept for somebody to come back to. */
const MAX_RESTING = 32;
const MAX_PER_SECOND = 200;

interface WatchedLane {
  readonly lane: FeedLane;
  watchers: number;
  /** Runs while nobody watches. */
  linger: ReturnType<typeof setTimeout> | null;
}

/** The stream of requests, noted only while somebody watches, without bodies. */
export class RequestFeed {
  readonly log: FeedLog = new EventLog(KEPT_EVENTS);
  readonly #events: ControlDeps["events"];
  readonly #ended = new AbortController();
  #stops: (() => void)[] = [];
  readonly #lanes = new Map<string, WatchedLane>();

  constructor(deps: Pick<ControlDeps, "events">) {
    this.#events = deps.events;
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  close(): void {
    for (const key of [...this.#lanes.keys()]) this.#forget(key);
    this.#ended.abort();
  }

  /** The lane of all who watch in this way, made with the first of them and kept for a while after the last. */
  watch(args: RequestFeedArgs, options: WatchOptions): { readonly lane: FeedLane; readonly leave: () => void } {
    if (this.#stops.length === 0) this.#listen();
    const { log } = this;
    const { maxPerSecond } = args;
    const key = JSON.stringify([args.filter, maxPerSecond]);
    const entry = this.#lanes.get(key) ?? {
      lane: new FeedLane({ log, maxPerSecond, ...options }),
      watchers: 0,
      linger: null,
    };
    if (entry.linger !== null) clearTimeout(entry.linger);
    entry.linger = null;
    entry.watchers++;
    entry.lane.wake();
    // Behind the others: those in front have rested longest.
    this.#lanes.delete(key);
    this.#lanes.set(key, entry);
    return { lane: entry.lane, leave: () => this.#leave(key, entry) };
  }

  #leave(key: string, entry: WatchedLane): void {
    if (--entry.watchers > 0 || this.#lanes.get(key) !== entry) return;
    entry.lane.rest();
    entry.linger = setTimeout(() => this.#forget(key), LINGER_MS);
    const resting = [...this.#lanes].filter(([, { linger }]) => linger !== null);
    for (const [oldest] of resting.slice(0, Math.max(0, resting.length - MAX_RESTING))) this.#forget(oldest);
  }

  #forget(key: string): void {
    const entry = this.#lanes.get(key);
    entry?.lane.rest();
    if (entry?.linger) clearTimeout(entry.linger);
    this.#lanes.delete(key);
    if (this.#lanes.size === 0) this.#unlisten();
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
    this.log.clear(); // What happens from now on is not noted: nobody may resume across the gap.
  }
}

/** What is kept of a settled request: the row, never its bodies or attempts. */
function viewRecord(record: RequestRecord): RequestView {
  const { attempts, content: _content, rawUsage: _raw, ...row } = record;
  return { ...row, attemptCount: attempts.length, detail: null };
}

type WatchOptions = Pick<LaneOptions, "matches" | "running" | "now">;

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
  const resumed = args.after === null ? null : requestFeed.log.resume(args.after);
  const running = () => listActiveRequests(control).filter(matches);
  const { lane, leave } = requestFeed.watch(args, { matches, running, now: () => control.now() });
  const { frames } = lane;
  /** Of the last frame that was read. */
  let position = 0;

  const join = (frame: FeedFrame): FeedFrame => {
    position = frames.position;
    opening = null;
    return frame;
  };
  const begin = () => join(lane.join());
  const resync = (reason: ResyncReason) => {
    opening = begin;
    return lane.resync(reason);
  };
  const goOn = (from: number) => {
    const frame = lane.rejoin(from);
    return frame === null ? resync("TOO_OLD") : join(frame);
  };
  let opening: (() => FeedFrame) | null = begin;
  if (resumed?.kind === "at") opening = () => goOn(resumed.position);
  if (resumed?.kind === "lost") opening = () => resync(resumed.reason);

  const produce = async (signal: AbortSignal): Promise<FeedFrame | null> => {
    if (opening !== null) return opening();
    await frames.reached(position, signal);
    if (signal.aborted) return null;
    if (frames.isGone(position + 1)) return resync("OVERFLOW");
    const frame = frames.get(++position)!;
    // Whoever refetches needs to know again what is running.
    if (frame.kind === "resync") opening = begin;
    return frame;
  };
  return pullIterator(produce, { ended: requestFeed.ended, onEnd: leave });
}

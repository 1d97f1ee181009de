import type { ActiveRequest, RequestRecord } from "../record.ts";
import { badInput } from "./bad-input.ts";
import type { Control } from "./control.ts";
import type { ControlDeps } from "./deps.ts";
import { EventLog, type ResyncReason } from "./event-log.ts";
import { type FeedFrame, FeedLane, type FeedLog, type LaneOptions } from "./feed-lane.ts";
import { pullIterator } from "./pull-iterator.ts";
import { matchRequests, type RequestFilter } from "./request-filter.ts";
import { listActiveRequests } from "./request-logs.ts";
import { type RequestView, viewActive } from "./request-view.ts";

const KEPT_EVENTS = 8192;
/** Somebody whose line was cut comes back within this; then nothing is noted any more until the next one comes. */
const LINGER_MS = 30_000;
const MAX_PER_SECOND = 200;
/** The stream of requests, noted only while somebody watches, without bodies. */
export class RequestFeed {
  readonly log: FeedLog = new EventLog(KEPT_EVENTS);
  readonly #events: ControlDeps["events"];
  readonly #ended = new AbortController();
  #stops: (() => void)[] = [];
  readonly #lanes = new Map<string, { readonly lane: FeedLane; watchers: number }>();
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

  /** The lane of all who watch in this way, made with the first of them and gone with the last. */
  watch(args: RequestFeedArgs, options: WatchOptions): { readonly lane: FeedLane; readonly leave: () => void } {
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#linger = null;
    if (this.#stops.length === 0) this.#listen();
    const { log } = this;
    const { maxPerSecond } = args;
    const key = JSON.stringify([args.filter, maxPerSecond]);
    const { running, ...rest } = options;
    const entry = this.#lanes.get(key) ?? { lane: new FeedLane({ log, maxPerSecond, ...rest }, running), watchers: 0 };
    entry.watchers++;
    this.#lanes.set(key, entry);
    const leave = () => {
      if (--entry.watchers > 0) return;
      entry.lane.close();
      this.#lanes.delete(key);
      if (this.#lanes.size > 0 || this.ended.aborted) return;
      this.#linger = setTimeout(() => this.#unlisten(), LINGER_MS);
      this.#linger.unref();
    };
    return { lane: entry.lane, leave };
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

type WatchOptions = Pick<LaneOptions, "matches" | "now"> & { readonly running: readonly RequestView[] };

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
  const { lane, leave } = requestFeed.watch(args, { matches, running: running(), now: () => control.now() });
  const { frames } = lane;
  /** Of the last frame that was read. */
  let position = 0;

  const join = (frame: FeedFrame): FeedFrame => {
    position = frames.position;
    opening = null;
    return frame;
  };
  const begin = () => join(lane.join(running()));
  const resync = (reason: ResyncReason) => {
    opening = begin;
    return lane.resync(reason);
  };
  const goOn = (from: number) =>
    requestFeed.log.isGone(from + 1) ? resync("OVERFLOW") : join(lane.rejoin(from, running()));
  let opening: (() => FeedFrame) | null = begin;
  if (resumed?.kind === "at") opening = () => goOn(resumed.position);
  if (resumed?.kind === "lost") opening = () => resync(resumed.reason);

  const produce = async (signal: AbortSignal): Promise<FeedFrame | null> => {
    if (opening !== null) return opening();
    await frames.reached(position, signal);
    if (signal.aborted) return null;
    return frames.isGone(position + 1) ? resync("OVERFLOW") : frames.get(++position)!;
  };
  return pullIterator(produce, { ended: requestFeed.ended, onEnd: leave });
}

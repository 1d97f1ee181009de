import { type Accessor, createSignal } from "solid-js";
import { createLive } from "../../api/live.ts";
import { liveUsage, type Snapshot, type Tick } from "./documents.ts";

/** The last five minutes of one number, from old to new. */
export type Course = readonly (number | null)[];

export interface Pulse {
  readonly now: Accessor<Tick | undefined>;
  readonly requests: Accessor<Course>;
  readonly tokens: Accessor<Course>;
  readonly errors: Accessor<Course>;
  readonly firstToken: Accessor<Course>;
  readonly cost: Accessor<Course>;
}

interface Point {
  readonly requests: number;
  readonly tokens: number;
  readonly errors: number;
  readonly firstToken: number | null;
  readonly cost: number;
}

const LENGTH = 300;
/** Seconds that one drawn point stands for. */
const STEP = 5;

/** The live numbers and their course: opens with what was, then goes on second by second. */
export function createPulse(): Pulse {
  const [now, setNow] = createSignal<Tick>();
  const [points, setPoints] = createSignal<readonly Point[]>([]);
  createLive({
    document: liveUsage,
    variables: () => ({}),
    onData({ liveUsage: event }) {
      if (event.__typename === "LiveUsageSnapshot") {
        setPoints(pointsOf(event));
        setNow(event.now);
        return;
      }
      setNow(event);
      setPoints((known) => [...known, pointOf(event)].slice(-LENGTH));
    },
  });
  const course = (pick: (point: Point) => number | null) => () => average(points().map(pick));
  return {
    now,
    requests: course((point) => point.requests),
    tokens: course((point) => point.tokens),
    errors: course((point) => point.errors),
    firstToken: course((point) => point.firstToken),
    cost: course((point) => point.cost),
  };
}

function pointsOf(snapshot: Snapshot): Point[] {
  const perSecond = 1000 / snapshot.stepMs;
  return snapshot.requests.map((requests, index) => ({
    requests: requests * perSecond,
    tokens: (snapshot.tokens[index] ?? 0) * perSecond,
    errors: requests === 0 ? 0 : (snapshot.errors[index] ?? 0) / requests,
    firstToken: snapshot.firstTokenSeries[index] ?? null,
    cost: Number(snapshot.cost[index] ?? 0) * perSecond * 3600,
  }));
}

function pointOf(tick: Tick): Point {
  return {
    requests: tick.requestsPerSecond,
    tokens: tick.tokensPerSecond,
    errors: tick.errorRate ?? 0,
    firstToken: tick.p95FirstTokenMs,
    cost: Number(tick.costPerHour),
  };
}

function average(values: readonly (number | null)[]): Course {
  const course: (number | null)[] = [];
  for (let start = 0; start < values.length; start += STEP) {
    const known = values.slice(start, start + STEP).filter((value) => value !== null);
    course.push(known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length);
  }
  return course;
}

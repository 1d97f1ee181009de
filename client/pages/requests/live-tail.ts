import { type Accessor, batch, createEffect, createSignal, on } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import { execute } from "../../api/client.ts";
import type { List } from "../../api/list.ts";
import { createLive } from "../../api/live.ts";
import { session } from "../../api/session.ts";
import { activeRequestsQuery, type Request, requestFeed } from "./documents.ts";
import type { RequestFilters } from "./filters.ts";

export interface LiveTail {
  /** Running at this moment, the latest first. */
  readonly running: Accessor<readonly Request[]>;
  /** Settled while somebody reads further down: they come when he is done. */
  readonly waiting: Accessor<number>;
  /** Matched, but too many per second to be sent. */
  readonly dropped: Accessor<number>;
  flush(): void;
  /** The reader is at the top, where new rows may appear. */
  setFollowing(following: boolean): void;
}

const MAX_PER_SECOND = 25;
const MAX_WAITING = 500;

/** Requests as they come and settle, on top of the list. */
export function createLiveTail<Data>(list: List<Data, Request>, filters: RequestFilters): LiveTail {
  const [running, setRunning] = createStore<{ rows: Request[] }>({ rows: [] });
  const [waiting, setWaiting] = createSignal<readonly Request[]>([]);
  const [dropped, setDropped] = createSignal(0);
  let isFollowing = true;
  const isOn = () => filters.isLive() === "on" && session() === "active";
  const show = (rows: readonly Request[]) => setRunning("rows", reconcile([...rows], { key: "id" }));

  // What was running before the feed began. Narrowed lists are narrowed by the server, so they start with the feed alone.
  createEffect(
    on([isOn, () => JSON.stringify(filters.feedFilter())], async ([live]) => {
      batch(() => {
        setRunning("rows", []);
        setWaiting([]);
        setDropped(0);
      });
      if (!live || filters.isSet()) return;
      const answer = await execute(activeRequestsQuery, {});
      if (!answer.ok || !isOn() || filters.isSet()) return;
      const known = new Set(running.rows.map((row) => row.id));
      const settled = new Set(list.rows().map((row) => row.id));
      const fresh = answer.data.activeRequests.filter((each) => !known.has(each.id) && !settled.has(each.id));
      show([...running.rows, ...fresh]);
    }),
  );

  createLive({
    document: requestFeed,
    variables: () => (isOn() ? { filter: filters.feedFilter(), maxPerSecond: MAX_PER_SECOND } : null),
    cursor: (data) => data.requestFeed.cursor,
    onGap: list.refetch,
    onData({ requestFeed: event }) {
      if (event.__typename !== "RequestFeedBatch") {
        show([]);
        return list.refetch();
      }
      const settledIds = new Set(event.settled.map((each) => each.id));
      batch(() => {
        const startedIds = new Set(event.started.map((each) => each.id));
        show([
          ...event.started.filter((each) => !settledIds.has(each.id)).reverse(),
          ...running.rows.filter((each) => !settledIds.has(each.id) && !startedIds.has(each.id)),
        ]);
        const settled = [...event.settled].sort((a, b) => Date.parse(b.receivedAt) - Date.parse(a.receivedAt));
        if (isFollowing) list.prepend(settled);
        else setWaiting((known) => [...settled, ...known].slice(0, MAX_WAITING));
        setDropped((count) => count + event.dropped);
      });
    },
  });

  const flush = () => {
    list.prepend(waiting());
    setWaiting([]);
  };
  return {
    running: () => (isOn() ? running.rows : []),
    waiting: () => waiting().length,
    dropped,
    flush,
    setFollowing(following) {
      isFollowing = following;
      if (following && waiting().length > 0) flush();
    },
  };
}

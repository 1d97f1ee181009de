import type { FeedFrame } from "../src/control/requests/feed-lane.ts";
import { watchRequests } from "../src/control/requests/request-feed.ts";
import { builder } from "./builder.ts";
import { RequestLog } from "./refs.ts";
import { RequestLogFilter } from "./request-log.ts";
import { ResyncEvent, StreamEvent } from "./stream-event.ts";

const RequestFeedBatch = builder.objectRef<Extract<FeedFrame, { kind: "batch" }>>("RequestFeedBatch");
builder.objectType(RequestFeedBatch, {
  description:
    "`started` are running; the same id comes again in `settled` when it has ended. The first frame holds what is running now.",
  interfaces: [StreamEvent],
  fields: (t) => ({
    started: t.field({ type: [RequestLog], resolve: ({ started }) => [...started] }),
    settled: t.field({ type: [RequestLog], resolve: ({ settled }) => [...settled] }),
    dropped: t.exposeInt("dropped", { description: "Matched but not sent because of maxPerSecond." }),
  }),
});

const RequestFeedStream = builder.unionType("RequestFeedStream", {
  types: [RequestFeedBatch, ResyncEvent],
  resolveType: (frame) => ("settled" in frame ? "RequestFeedBatch" : "ResyncEvent"),
});

builder.subscriptionField("requestFeed", (t) =>
  t.field({
    type: RequestFeedStream,
    description: "Filtered on the server with the same input as requestLogs. maxPerSecond 1-200.",
    args: {
      filter: t.arg({ type: RequestLogFilter }),
      after: t.arg.string(),
      maxPerSecond: t.arg.int({ required: true, defaultValue: 25 }),
    },
    subscribe: (_, { filter, after, maxPerSecond }, { control }) =>
      watchRequests(control, { filter: filter ?? {}, after: after ?? null, maxPerSecond }),
    resolve: (frame: FeedFrame) => frame,
  }),
);

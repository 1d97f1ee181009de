import { type JobFrame, watchJobs } from "../src/control/jobs/job-feed.ts";
import { builder } from "./builder.ts";
import { JobItemRef } from "./job.ts";
import { Job } from "./refs.ts";
import { ResyncEvent, StreamEvent } from "./stream-event.ts";

const JobProgress = builder.objectRef<Extract<JobFrame, { frame: "progress" }>>("JobProgress");
builder.objectType(JobProgress, {
  interfaces: [StreamEvent],
  fields: (t) => ({
    job: t.field({ type: Job, resolve: ({ job }) => job }),
    recentItems: t.field({
      type: [JobItemRef],
      description: "Some of those that have settled since the frame before; all are in `job.items`.",
      resolve: ({ items }) => [...items],
    }),
  }),
});

const JobStream = builder.unionType("JobStream", {
  types: [JobProgress, ResyncEvent],
  resolveType: (frame) => ("job" in frame ? "JobProgress" : "ResyncEvent"),
});

builder.subscriptionField("jobProgress", (t) =>
  t.field({
    type: JobStream,
    description:
      "One job until it has ended, or without `jobId` all that the caller may see: that opens with a ResyncEvent (STARTED). Then how things stand, and at most four frames a second for each job.",
    args: { jobId: t.arg.id(), after: t.arg.string() },
    subscribe: (_, { jobId, after }, { control, principal }) =>
      watchJobs(control, principal, jobId ?? null, after ?? null),
    resolve: (frame: JobFrame) => frame,
  }),
);

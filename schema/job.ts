import { readDownload } from "../src/control/jobs/job-file.ts";
import { cancelJob, getJob, type JobItem, listJobItems, listJobs, undoJob } from "../src/control/jobs/job-list.ts";
import type { JobView } from "../src/control/jobs/job-view.ts";
import { builder } from "./builder.ts";
import { JobItemOutcome, JobKind, JobState } from "./enums.ts";
import { loadNode, Node } from "./node.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { Job } from "./refs.ts";
import { UserError } from "./user-errors.ts";

export const JobItemRef = builder.objectRef<JobItem>("JobItem");
builder.objectType(JobItemRef, {
  fields: (t) => ({
    index: t.exposeInt("index", { description: "Its place in the job's input, from 0." }),
    outcome: t.expose("outcome", { type: JobItemOutcome }),
    message: t.exposeString("message", { nullable: true }),
    subject: t.field({
      type: Node,
      nullable: true,
      description: "What it is about; null when that has been deleted since.",
      resolve: ({ subjectId }, _, context) => (subjectId === null ? null : loadNode(context, subjectId)),
    }),
    secretPreview: t.exposeString("secretPreview", { nullable: true }),
    latencyMs: t.exposeInt("latencyMs", { nullable: true }),
  }),
});

const JobFile = builder.objectRef<NonNullable<ReturnType<typeof readDownload>>>("JobFile");
builder.objectType(JobFile, {
  fields: (t) => ({
    name: t.exposeString("name"),
    bytes: t.field({ type: "Long", resolve: ({ bytes }) => bytes }),
    expiresAt: t.expose("expiresAt", { type: "DateTime" }),
    downloadUrl: t.exposeString("path", {
      description: "Path below the gateway's address; good for five minutes, for whoever has it.",
    }),
  }),
});

builder.objectType(Job, {
  description: "Work that outlives a request, and a restart. Seen by those who hold the scope of its kind.",
  interfaces: [Node],
  fields: (t) => ({
    kind: t.field({ type: JobKind, resolve: ({ kind }) => kind }),
    state: t.expose("state", { type: JobState }),
    total: t.exposeInt("total", { nullable: true, description: "Null while unknown." }),
    done: t.exposeInt("done"),
    succeeded: t.exposeInt("succeeded"),
    failed: t.exposeInt("failed"),
    skipped: t.exposeInt("skipped"),
    ratePerSecond: t.exposeFloat("ratePerSecond", { nullable: true, description: "Items, over the last seconds." }),
    secondsLeft: t.exposeFloat("secondsLeft", { nullable: true, description: "At this rate." }),
    error: t.exposeString("error", { nullable: true, description: "Why it FAILED." }),
    items: t.connection(
      {
        type: JobItemRef,
        args: { outcomes: t.arg({ type: [JobItemOutcome] }) },
        resolve: (job, { outcomes, ...page }, { control }) => listJobItems(control, job, outcomes ?? null, page),
      },
      {
        name: "JobItemConnection",
        fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }),
      },
      { name: "JobItemEdge" },
    ),
    resultFile: t.field({
      type: JobFile,
      nullable: true,
      resolve: (job, _, { control }) => readDownload(control, job),
    }),
    createdBy: t.string({
      nullable: true,
      description: "Who started it, as he was called then. Null in jobs of versions that did not write it down.",
      resolve: ({ author }) => author?.name,
    }),
    createdById: t.id({
      nullable: true,
      description: "Of the user, or of a token that no person made. Null for ADMIN_TOKEN.",
      resolve: ({ author }) => author?.id,
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    startedAt: t.expose("startedAt", { type: "DateTime", nullable: true }),
    finishedAt: t.expose("finishedAt", { type: "DateTime", nullable: true }),
    undoableUntil: t.expose("undoableUntil", {
      type: "DateTime",
      nullable: true,
      description: "Null when there is nothing to take back.",
    }),
    undoneAt: t.expose("undoneAt", { type: "DateTime", nullable: true }),
  }),
});

const JobFilter = builder.inputType("JobFilter", {
  fields: (t) => ({
    kinds: t.field({ type: [JobKind] }),
    states: t.field({ type: [JobState] }),
    createdBy: t.stringList({ description: "One of these: `createdById` or `createdBy`." }),
  }),
});

builder.queryFields((t) => ({
  jobs: t.connection(
    {
      type: Job,
      description: "Newest first. Jobs that have ended are kept for 30 days.",
      args: { filter: t.arg({ type: JobFilter }) },
      resolve: (_, { filter, ...page }, { control, principal }) => listJobs(control, principal, filter ?? {}, page),
    },
    { name: "JobConnection", fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }) },
    { name: "JobEdge" },
  ),
  job: t.field({
    type: Job,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { control, principal }) => getJob(control, principal, id),
  }),
}));

export const JobPayload = payloadRef<JobView>("JobPayload");
builder.objectType(JobPayload, {
  fields: (t) => ({
    job: t.field({ type: Job, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const JobInput = builder.inputType("JobInput", { fields: (t) => ({ id: t.id({ required: true }) }) });

builder.mutationFields((t) => ({
  cancelJob: t.field({
    type: JobPayload,
    description: "What has been done stays done.",
    args: { input: t.arg({ type: JobInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) => toPayload(await cancelJob(control, principal, input.id)),
  }),
  undoJob: t.field({
    type: JobPayload,
    description: "Takes back what a job made, where its kind offers that (`undoableUntil`).",
    args: { input: t.arg({ type: JobInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) => toPayload(await undoJob(control, principal, input.id)),
  }),
}));

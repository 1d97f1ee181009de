import { type Purge, purgeRequestLogs } from "../src/control/requests/purge-logs.ts";
import { builder } from "./builder.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { Job } from "./refs.ts";
import { RequestLogFilter } from "./request-log.ts";
import { UserError } from "./user-errors.ts";

const PurgeRequestLogsInput = builder.inputType("PurgeRequestLogsInput", {
  fields: (t) => ({
    filter: t.field({ type: RequestLogFilter, required: true }),
    dryRun: t.boolean({ required: true, defaultValue: true, description: "Counts, and deletes nothing." }),
    confirm: t.string({ description: "The `confirmToken` of a dry run with the same filter." }),
  }),
});

const PurgeRequestLogsPayload = payloadRef<Purge>("PurgeRequestLogsPayload");
builder.objectType(PurgeRequestLogsPayload, {
  fields: (t) => ({
    count: t.field({
      type: "Long",
      nullable: true,
      description: "Requests that match.",
      resolve: ({ value }) => value?.count,
    }),
    confirmToken: t.string({
      nullable: true,
      description: "Of a dry run, good for ten minutes: deletes what was counted, and nothing that came later.",
      resolve: ({ value }) => value?.confirmToken,
    }),
    job: t.field({ type: Job, nullable: true, resolve: ({ value }) => value?.job }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

builder.mutationField("purgeRequestLogs", (t) =>
  t.field({
    type: PurgeRequestLogsPayload,
    description:
      "Deletes logged requests for good, with their headers and bodies. Usage keeps its sums: money stays accounted for. Ask with `dryRun` first.",
    args: { input: t.arg({ type: PurgeRequestLogsInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await purgeRequestLogs(control, input)),
  }),
);

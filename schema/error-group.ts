import { listErrorGroups } from "../src/control/requests/error-groups.ts";
import { getRequest } from "../src/control/requests/request-logs.ts";
import type { ErrorGroup as ErrorGroupValue } from "../src/store/reports.ts";
import { builder } from "./builder.ts";
import { ErrorClass } from "./enums.ts";
import { ProviderKey, RequestLog } from "./refs.ts";
import { findKey } from "./request-loaders.ts";
import { RequestLogFilter } from "./request-log.ts";
import { TimeRangeInput } from "./shared-inputs.ts";

const ErrorSparkline = builder.objectRef<ErrorGroupValue["spark"]>("ErrorSparkline");
builder.objectType(ErrorSparkline, {
  fields: (t) => ({
    startsAt: t.expose("startsAtMs", { type: "DateTime" }),
    stepSeconds: t.float({ resolve: ({ stepMs }) => stepMs / 1000 }),
    counts: t.field({ type: ["Long"], resolve: ({ counts }) => [...counts] }),
  }),
});

const MAX_KEYS = 10;

const ErrorGroup = builder.objectRef<ErrorGroupValue>("ErrorGroup");
builder.objectType(ErrorGroup, {
  description: "Failed requests of one class and status whose texts differ only in ids, numbers and addresses.",
  fields: (t) => ({
    fingerprint: t.exposeString("fingerprint", { description: "The same failure has the same one on every day." }),
    errorClass: t.expose("errorClass", { type: ErrorClass }),
    httpStatus: t.exposeInt("httpStatus"),
    message: t.exposeString("text", { description: "The text they share; `…` stands for what differs." }),
    count: t.expose("count", { type: "Long" }),
    affectedKeys: t.int({ resolve: ({ keyIds }) => keyIds.length }),
    providerKeys: t.field({
      type: [ProviderKey],
      description: `At most ${MAX_KEYS} of the affected keys, without those that were deleted.`,
      resolve: async ({ keyIds }, _, ctx) =>
        (await Promise.all(keyIds.slice(0, MAX_KEYS).map((id) => findKey(ctx, id)))).filter((key) => key !== null),
    }),
    affectedModels: t.stringList({ resolve: ({ models }) => [...models] }),
    affectedClientKeys: t.exposeInt("clientKeys"),
    firstSeen: t.expose("firstSeenMs", { type: "DateTime" }),
    lastSeen: t.expose("lastSeenMs", { type: "DateTime" }),
    sparkline: t.field({ type: ErrorSparkline, resolve: ({ spark }) => spark }),
    sample: t.field({
      type: RequestLog,
      nullable: true,
      description: "The latest of them.",
      resolve: ({ sampleId }, _, { control }) => getRequest(control, sampleId),
    }),
  }),
});

builder.queryField("errorGroups", (t) =>
  t.field({
    type: [ErrorGroup],
    description: "What went wrong, most frequent first.",
    args: {
      range: t.arg({ type: TimeRangeInput, required: true }),
      filter: t.arg({ type: RequestLogFilter }),
      first: t.arg.int({ required: true, defaultValue: 50 }),
    },
    resolve: async (_, args, { control }) => [...(await listErrorGroups(control, args))],
  }),
);

import { startAuditExport } from "../src/control/exports/audit-export.ts";
import { startRequestExport } from "../src/control/exports/request-export.ts";
import { EXPORT_FORMATS } from "../src/control/exports/table.ts";
import { startUsageExport } from "../src/control/exports/usage-export.ts";
import { ok } from "../src/control/user-errors.ts";
import { AuditFilter } from "./audit-entry.ts";
import { builder } from "./builder.ts";
import { UsageDimension, UsageInterval } from "./enums.ts";
import { JobPayload } from "./job.ts";
import { toPayload } from "./payload.ts";
import { RequestLogFilter } from "./request-log.ts";
import { TimeRangeInput } from "./shared-inputs.ts";
import { UsageFilter } from "./usage.ts";

const ExportFormat = builder.enumType("ExportFormat", { values: EXPORT_FORMATS });

const ExportRequestLogsInput = builder.inputType("ExportRequestLogsInput", {
  fields: (t) => ({
    filter: t.field({ type: RequestLogFilter }),
    format: t.field({ type: ExportFormat, required: true, defaultValue: "CSV" }),
  }),
});

const ExportAuditLogInput = builder.inputType("ExportAuditLogInput", {
  fields: (t) => ({
    filter: t.field({ type: AuditFilter }),
    format: t.field({ type: ExportFormat, required: true, defaultValue: "CSV" }),
  }),
});

const ExportUsageInput = builder.inputType("ExportUsageInput", {
  fields: (t) => ({
    range: t.field({ type: TimeRangeInput, required: true }),
    interval: t.field({ type: UsageInterval, required: true, defaultValue: "auto" }),
    groupBy: t.field({ type: [UsageDimension], required: true, defaultValue: [] }),
    filter: t.field({ type: UsageFilter }),
    timeZone: t.string({ required: true, defaultValue: "UTC" }),
    top: t.int({ required: true, defaultValue: 50 }),
    format: t.field({ type: ExportFormat, required: true, defaultValue: "CSV" }),
  }),
});

builder.mutationFields((t) => ({
  exportRequestLogs: t.field({
    type: JobPayload,
    description: "Writes all that the filter finds into a file, without bodies, newest first: `job { resultFile }`.",
    args: { input: t.arg({ type: ExportRequestLogsInput, required: true }) },
    resolve: async (_, { input }, { control }) =>
      toPayload(ok(await startRequestExport(control, input.filter ?? {}, input.format))),
  }),
  exportAuditLog: t.field({
    type: JobPayload,
    description:
      "Writes all that the filter finds into a file, newest first: `job { resultFile }`. That somebody did stands in the audit log itself.",
    args: { input: t.arg({ type: ExportAuditLogInput, required: true }) },
    resolve: async (_, { input }, { control }) =>
      toPayload(ok(await startAuditExport(control, input.filter ?? {}, input.format))),
  }),
  exportUsage: t.field({
    type: JobPayload,
    description: "Writes a usage report into a file, a line for each bucket and group: `job { resultFile }`.",
    args: { input: t.arg({ type: ExportUsageInput, required: true }) },
    resolve: async (_, { input: { format, ...args } }, { control }) =>
      toPayload(ok(await startUsageExport(control, args, format))),
  }),
}));

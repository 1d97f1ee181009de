import type { UsageMetrics } from "../../store/reports.ts";
import type { Control } from "../control.ts";
import { type AttentionItem, findAttention } from "./attention.ts";
import { oneDayBefore, startOfDay } from "./time-range.ts";
import { readTotals } from "./usage.ts";

/** The first page: each part is read only when it is asked for. */
export interface Overview {
  readonly timeZone: string;
  readonly nowMs: number;
}

export function readOverview(control: Control, timeZone: string): Overview {
  const nowMs = control.now();
  startOfDay(nowMs, timeZone); // Refuses an unknown zone before anything is read.
  return { timeZone, nowMs };
}

export function readToday(control: Control, { timeZone, nowMs }: Overview): Promise<UsageMetrics> {
  const fromMs = startOfDay(nowMs, timeZone);
  return readTotals(control, { fromMs, toMs: Math.max(nowMs, fromMs + 1) }, timeZone);
}

/** Until the same time of day: a whole day against half a one says nothing. */
export function readYesterday(control: Control, { timeZone, nowMs }: Overview): Promise<UsageMetrics> {
  const toMs = oneDayBefore(nowMs, timeZone);
  const fromMs = startOfDay(toMs, timeZone);
  return readTotals(control, { fromMs, toMs: Math.max(toMs, fromMs + 1) }, timeZone);
}

export function readAttention(control: Control): Promise<AttentionItem[]> {
  return findAttention(control);
}

export function countOpenAlerts(control: Control): Promise<number> {
  return control.alertWatch.openCount();
}

export async function countNouns(control: Control) {
  const [providers, models, clientKeys] = await Promise.all([
    control.rows.providers(),
    control.rows.models(),
    control.rows.clientKeys(),
  ]);
  return { providers: providers.size, models: models.size, clientKeys: clientKeys.size };
}

export interface VersionInfo {
  readonly version: string;
  readonly startedAtMs: number;
  readonly databaseBytes: number;
  readonly queuedLogRows: number;
  readonly droppedLogRows: number;
  readonly logRetentionDays: number;
  readonly usageRetentionDays: number;
}

export function readVersionInfo(control: Control): VersionInfo {
  const { databaseBytes, queuedRecords, droppedRecords } = control.store.stats();
  const { logRetentionDays, usageRetentionDays } = control.snapshots.current.settings;
  return {
    version: control.version,
    startedAtMs: control.startedAtMs,
    databaseBytes,
    queuedLogRows: queuedRecords,
    droppedLogRows: droppedRecords,
    logRetentionDays,
    usageRetentionDays,
  };
}

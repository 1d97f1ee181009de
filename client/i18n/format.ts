import { createMemo, createRoot } from "solid-js";
import { language } from "./language.ts";

/** Intl's formatters are slow to make and fast to use: one set per language. */
const formatters = createRoot(() =>
  createMemo(() => {
    const locale = language();
    const date = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options);
    const number = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options);
    const fixed = (digits: number) => number({ minimumFractionDigits: digits, maximumFractionDigits: digits });
    return {
      integer: number({ maximumFractionDigits: 0 }),
      rate: number({ maximumSignificantDigits: 3 }),
      compact: new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }),
      money: { 2: fixed(2), 4: fixed(4), 6: fixed(6), 9: fixed(9) },
      percent: number({ style: "percent", maximumFractionDigits: 1 }),
      relative: new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" }),
      time: date({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
      hour: date({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
      day: date({ month: "short", day: "numeric" }),
      dayTime: date({
        month: "short",
        day: "numeric",
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        hourCycle: "h23",
      }),
      date: date({ year: "numeric", month: "short", day: "numeric" }),
      full: date({
        year: "numeric",
        month: "short",
        day: "numeric",
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        hourCycle: "h23",
        timeZoneName: "short",
      }),
    };
  }),
);

export const formatNumber = (value: number): string => formatters().integer.format(value);
export const formatPercent = (value: number): string => formatters().percent.format(value);
/** Totals that need no last digit: 12.3K, 1.21M. */
export const formatCompact = (value: number): string =>
  Math.abs(value) < 10_000 ? formatNumber(value) : formatters().compact.format(value);
/** Rates: three digits that matter, nothing below a hundredth. */
export const formatRate = (value: number): string => formatters().rate.format(Math.abs(value) < 0.005 ? 0 : value);

/** US dollars from an exact decimal: cents from one dollar up, more digits below, so that a fraction of a cent is seen. */
export function formatMoney(decimal: string): string {
  const value = Number(decimal);
  const size = Math.abs(value);
  const digits = value === 0 || size >= 1 ? 2 : size >= 0.01 ? 4 : size >= 0.000001 ? 6 : 9;
  return `$${formatters().money[digits].format(value)}`;
}

/** Every digit, for arithmetic that a person checks; cents are written out. */
export function formatMoneyExact(decimal: string): string {
  const [whole, fraction = ""] = decimal.split(".");
  return `$${whole}.${fraction.replace(/0+$/, "").padEnd(2, "0")}`;
}

/** A length of time: 840 ms, 1.24 s, 2 min 05 s. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${pad(Math.floor((ms % 60_000) / 1000))} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** How long something has been running, in whole seconds. */
export function formatElapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}

/** What is left, as a clock: 0:42, 12:05, 3:00:10; days in words. */
export function formatCountdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (hours >= 48) return formatters().relative.format(Math.round(hours / 24), "day");
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${formatRate(bytes / 1000 ** power)} ${units[power - 1]}`;
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];

/** "3 min. ago", from the two instants in Unix milliseconds. */
export function formatRelative(instantMs: number, nowMs: number): string {
  const distance = instantMs - nowMs;
  const [unit, size] = STEPS.find(([, each]) => Math.abs(distance) >= each) ?? (["second", 1000] as const);
  return formatters().relative.format(Math.trunc(distance / size), unit);
}

export const formatTime = (instant: string | number): string => formatters().time.format(new Date(instant));
export const formatHour = (instant: string | number): string => formatters().hour.format(new Date(instant));
export const formatDay = (instant: string | number): string => formatters().day.format(new Date(instant));
export const formatDate = (instant: string | number): string => formatters().date.format(new Date(instant));
export const formatDayTime = (instant: string | number): string => formatters().dayTime.format(new Date(instant));
export const formatFull = (instant: string | number): string => formatters().full.format(new Date(instant));

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

import { locateRequest, rowAt } from "../lib/id.ts";
import { DAY_MS } from "./day-file.ts";
import type { LogFilter } from "./reports.ts";
import { type Caller, type Outcome, originOf, type Route } from "./shape.ts";
import type { ShapeTable } from "./shape-table.ts";
import { matchesAny } from "./wildcard.ts";

/** Rows from `low` up to but not including `high`. */
export interface RowRange {
  readonly low: number;
  readonly high: number;
}

/** From and to inclusive; without bounds anything will do, also what is unknown. */
export interface Bounds {
  readonly from: number;
  readonly to: number;
}

/** A filter as the index of a day is asked. Its marks are by interned number: what a shape means does not change from day to day. */
export interface CompiledFilter {
  readonly routes: Marks;
  readonly callers: Marks;
  readonly outcomes: Marks;
  /** Lower case; null when nothing is searched for. */
  readonly text: string | null;
  readonly durationUs: Bounds | null;
  readonly tokens: Bounds | null;
  readonly cost: Bounds | null;
  readonly attempts: Bounds | null;
  rangeOf(day: number): RowRange;
}

/** 0: does not pass. 1: passes. 2: passes and holds the text that is searched for. */
export type Marks = Uint8Array;

export const ROWS_PER_DAY = rowAt(DAY_MS);

export function compileFilter(filter: LogFilter, shapes: ShapeTable): CompiledFilter {
  const ids = idRange(filter.search);
  const text = ids === null ? searchText(filter.search) : null;
  const holdsText = (...values: (string | null)[]) =>
    text === null || values.some((value) => value?.toLowerCase().includes(text));
  const passesRoute = routeTest(filter);
  const passesCaller = callerTest(filter);
  const passesOutcome = outcomeTest(filter);
  return {
    routes: marks(shapes.routes.values, passesRoute, (route) => holdsText(route[2], route[3])),
    callers: marks(shapes.callers.values, passesCaller, (caller) => holdsText(caller[1], caller[2])),
    outcomes: marks(shapes.outcomes.values, passesOutcome, () => text === null),
    text,
    durationUs: bounds(filter.minLatencyMs, filter.maxLatencyMs, 1000),
    tokens: bounds(filter.minTokens, filter.maxTokens),
    cost: bounds(filter.minCostNanoUsd, filter.maxCostNanoUsd),
    attempts: filter.retried === undefined ? null : filter.retried ? { from: 2, to: 255 } : { from: 0, to: 1 },
    rangeOf(day) {
      const { low, high } = timeRange(filter, day);
      const [first, last] = ids === null ? [0, ROWS_PER_DAY] : rowsOfDay(ids, day);
      return { low: Math.max(low, first), high: Math.min(high, last) };
    },
  };
}

/** The Unix days that can hold rows, both inclusive. */
export function daysOf(filter: LogFilter): { readonly first: number; readonly last: number } {
  const ids = idRange(filter.search);
  const fromMs = Math.max(filter.fromMs ?? 0, ids?.fromMs ?? 0);
  const toMs = Math.min(filter.toMs ?? Number.POSITIVE_INFINITY, ids?.toMs ?? Number.POSITIVE_INFINITY);
  return { first: Math.floor(fromMs / DAY_MS), last: Math.floor((toMs - 1) / DAY_MS) };
}

function marks<Shape>(
  shapes: readonly Shape[],
  passes: (shape: Shape) => boolean,
  holdsText: (shape: Shape) => boolean,
): Marks {
  return Uint8Array.from(shapes, (shape) => (passes(shape) ? (holdsText(shape) ? 2 : 1) : 0));
}

function routeTest(filter: LogFilter): (route: Route) => boolean {
  const { protocols, endpoints, upstreamFormats, models, providerIds, keyIds } = filter;
  if (!(protocols || endpoints || upstreamFormats || models || providerIds || keyIds)) return () => true;
  return ([protocol, endpoint, requested, served, providerId, keyId, , spoken]) =>
    isOneOf(protocols, protocol) &&
    isOneOf(endpoints, endpoint) &&
    isOneOf(upstreamFormats, spoken?.[0] ?? null) &&
    isOneOf(providerIds, providerId) &&
    isOneOf(keyIds, keyId) &&
    (models === undefined || matchesAny(models, requested) || (served !== null && matchesAny(models, served)));
}

function callerTest({ clientKeyIds, origins }: LogFilter): (caller: Caller) => boolean {
  return (caller) => isOneOf(clientKeyIds, caller[0]) && isOneOf(origins, originOf(caller));
}

function outcomeTest({ statuses, httpStatuses, errorClasses, stream }: LogFilter): (outcome: Outcome) => boolean {
  return ([status, httpStatus, errorClass, , streamed]) =>
    isOneOf(statuses, status) &&
    isOneOf(httpStatuses, httpStatus) &&
    isOneOf(errorClasses, errorClass) &&
    (stream === undefined || stream === streamed);
}

function isOneOf<T>(allowed: readonly T[] | undefined, value: T | null): boolean {
  return allowed === undefined || (value !== null && allowed.includes(value));
}

function bounds(from: number | undefined, to: number | undefined, factor = 1): Bounds | null {
  if (from === undefined && to === undefined) return null;
  return {
    from: from === undefined ? Number.NEGATIVE_INFINITY : Math.round(from * factor),
    to: to === undefined ? Number.POSITIVE_INFINITY : Math.round(to * factor),
  };
}

function searchText(search: string | undefined): string | null {
  const text = search?.trim().toLowerCase() ?? "";
  return text === "" ? null : text;
}

interface IdRange {
  readonly fromMs: number;
  readonly toMs: number;
  /** A whole id names one row. */
  readonly place: { readonly day: number; readonly row: number } | null;
}

/** A request id, whole or its beginning: ids begin with the time. Null for any other text. */
function idRange(search: string | undefined): IdRange | null {
  const text = search?.trim().toLowerCase() ?? "";
  const place = locateRequest(text);
  if (place !== null) return { fromMs: place.day * DAY_MS, toMs: (place.day + 1) * DAY_MS, place };
  const beginning = /^req_([0-9a-f]{8})(?:-([0-9a-f]{0,4}))?$/.exec(text);
  if (beginning === null) return null;
  const digits = beginning[1]! + (beginning[2] ?? "");
  const step = 16 ** (12 - digits.length);
  const fromMs = Number.parseInt(digits, 16) * step;
  return { fromMs, toMs: fromMs + step, place: null };
}

function rowsOfDay({ fromMs, toMs, place }: IdRange, day: number): readonly [number, number] {
  if (place !== null) return place.day === day ? [place.row, place.row + 1] : [0, 0];
  const dayMs = day * DAY_MS;
  return [rowAt(Math.max(0, fromMs - dayMs)), rowAt(Math.max(0, toMs - dayMs))];
}

/** The rows of a day that were received in a time. */
export function timeRange({ fromMs, toMs }: Pick<LogFilter, "fromMs" | "toMs">, day: number): RowRange {
  const dayMs = day * DAY_MS;
  return {
    low: fromMs === undefined ? 0 : rowAt(Math.max(0, Math.ceil(fromMs) - dayMs)),
    high: toMs === undefined ? ROWS_PER_DAY : Math.min(ROWS_PER_DAY, rowAt(Math.max(0, Math.ceil(toMs) - dayMs))),
  };
}

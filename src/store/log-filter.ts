import type { LogFilter } from "./reports.ts";
import { type Caller, type Outcome, originOf, type Route } from "./shape.ts";
import { matchesAny } from "./wildcard.ts";

/** The shapes of a day, by their number in that day's file. */
export interface DayShapes {
  readonly routes: ReadonlyMap<number, Route>;
  readonly callers: ReadonlyMap<number, Caller>;
  readonly outcomes: ReadonlyMap<number, Outcome>;
}

/** What a filter means for one day: the shapes that pass, and SQL for the rest. */
export interface DayFilter {
  /** Null: all of them. */
  readonly routes: readonly number[] | null;
  readonly callers: readonly number[] | null;
  readonly outcomes: readonly number[] | null;
  /** Only those with more than one attempt. */
  readonly retried: boolean;
  /** Joined with AND; the parameters in their order. */
  readonly conditions: readonly string[];
  readonly parameters: readonly (string | number)[];
}

/** Null when no row of this day can pass. A whole request id as `search` is not for this function. */
export function compileFilter(filter: LogFilter, shapes: DayShapes): DayFilter | null {
  const routes = select(shapes.routes, routeTest(filter));
  const callers = select(shapes.callers, callerTest(filter));
  const outcomes = select(shapes.outcomes, outcomeTest(filter));
  if ([routes, callers, outcomes].some((ids) => ids?.length === 0)) return null;
  const conditions: string[] = [];
  const parameters: (string | number)[] = [];
  const add = (condition: string, ...values: (string | number)[]) => {
    conditions.push(condition);
    parameters.push(...values);
  };
  if (routes !== null) add("route IN (SELECT value FROM json_each(?))", JSON.stringify(routes));
  if (callers !== null) add("caller IN (SELECT value FROM json_each(?))", JSON.stringify(callers));
  if (outcomes !== null) add("outcome IN (SELECT value FROM json_each(?))", JSON.stringify(outcomes));
  if (filter.retried !== undefined) add(filter.retried ? "attempts > 1" : "attempts <= 1");
  if (filter.minLatencyMs !== undefined) add("duration_us >= ?", Math.round(filter.minLatencyMs * 1000));
  if (filter.minCostNanoUsd !== undefined) add("cost_nano_usd >= ?", filter.minCostNanoUsd);
  if (filter.search !== undefined && filter.search !== "") {
    const text = filter.search.toLowerCase();
    const named =
      select(shapes.routes, ([, , requested, served]) => holds(requested, text) || holds(served, text)) ?? [];
    const called = select(shapes.callers, ([, address, agent]) => holds(address, text) || holds(agent, text)) ?? [];
    add(
      `(route IN (SELECT value FROM json_each(?)) OR caller IN (SELECT value FROM json_each(?))
        OR (detail IS NOT NULL AND json_extract(detail, '$.e') LIKE ? ESCAPE '\\'))`,
      JSON.stringify(named),
      JSON.stringify(called),
      `%${filter.search.replace(/[\\%_]/g, "\\$&")}%`,
    );
  }
  return { routes, callers, outcomes, retried: filter.retried === true, conditions, parameters };
}

type Test<Shape> = ((shape: Shape) => boolean) | null;

function routeTest(filter: LogFilter): Test<Route> {
  const { protocols, endpoints, models, providerIds, keyIds } = filter;
  if (!(protocols || endpoints || models || providerIds || keyIds)) return null;
  return ([protocol, endpoint, requested, served, providerId, keyId]) =>
    isOneOf(protocols, protocol) &&
    isOneOf(endpoints, endpoint) &&
    isOneOf(providerIds, providerId) &&
    isOneOf(keyIds, keyId) &&
    (models === undefined || matchesAny(models, requested) || (served !== null && matchesAny(models, served)));
}

function callerTest({ clientKeyIds, origins }: LogFilter): Test<Caller> {
  if (!(clientKeyIds || origins)) return null;
  return (caller) => isOneOf(clientKeyIds, caller[0]) && isOneOf(origins, originOf(caller));
}

function outcomeTest(filter: LogFilter): Test<Outcome> {
  const { statuses, httpStatuses, errorClasses, stream } = filter;
  if (!(statuses || httpStatuses || errorClasses || stream !== undefined)) return null;
  return ([status, httpStatus, errorClass, , streamed]) =>
    isOneOf(statuses, status) &&
    isOneOf(httpStatuses, httpStatus) &&
    isOneOf(errorClasses, errorClass) &&
    (stream === undefined || stream === streamed);
}

function isOneOf<T>(allowed: readonly T[] | undefined, value: T | null): boolean {
  return allowed === undefined || (value !== null && allowed.includes(value));
}

function holds(value: string | null, text: string): boolean {
  return value?.toLowerCase().includes(text) ?? false;
}

/** The ids that pass; null without a test. */
function select<Shape>(shapes: ReadonlyMap<number, Shape>, test: Test<Shape>): number[] | null {
  if (test === null) return null;
  const ids: number[] = [];
  for (const [id, shape] of shapes) if (test(shape)) ids.push(id);
  return ids;
}

import { ENDPOINTS, type EndpointId, type ProtocolId, type Wire } from "../../llm/names.ts";
import { totalTokens } from "../../llm/usage.ts";
import type { ErrorClass, RequestOrigin } from "../../record.ts";
import type { LogFilter } from "../../store/reports.ts";
import { matchesAny } from "../../store/wildcard.ts";
import { badInput } from "../bad-input.ts";
import { parseUsd } from "../usage/money.ts";
import { readRange, type TimeRangeInput } from "../usage/time-range.ts";
import type { RequestStatus, RequestView } from "./request-view.ts";

/** Both ends inclusive. */
export interface NumberRange {
  readonly gte?: number | null;
  readonly lte?: number | null;
}
export interface DecimalRange {
  readonly gte?: string | null;
  readonly lte?: string | null;
}

/** The one filter of request log and live feed. All given conditions hold; lists mean "one of". */
export interface RequestFilter {
  readonly range?: TimeRangeInput | null;
  readonly statuses?: readonly RequestStatus[] | null;
  readonly httpStatuses?: readonly number[] | null;
  readonly errorClasses?: readonly ErrorClass[] | null;
  readonly models?: readonly string[] | null;
  readonly providers?: readonly string[] | null;
  readonly providerKeys?: readonly string[] | null;
  readonly clientKeys?: readonly string[] | null;
  readonly origins?: readonly RequestOrigin[] | null;
  readonly formats?: readonly ProtocolId[] | null;
  readonly endpoints?: readonly string[] | null;
  readonly upstreamFormats?: readonly Wire[] | null;
  readonly stream?: boolean | null;
  readonly retried?: boolean | null;
  readonly latencyMs?: NumberRange | null;
  readonly totalTokens?: NumberRange | null;
  readonly cost?: DecimalRange | null;
  readonly search?: string | null;
}

/** For the stored log. Null when nothing stored can match: it asks for running requests only. */
export function toLogFilter(filter: RequestFilter, nowMs: number): LogFilter | null {
  const statuses = filter.statuses?.filter((status) => status !== "pending" && status !== "streaming");
  if (filter.statuses && statuses?.length === 0) return null;
  const range = filter.range ? readRange(filter.range, { timeZone: "UTC", nowMs }) : {};
  const search = filter.search?.trim();
  const cost = readCost(filter);
  return {
    ...range,
    ...given("statuses", statuses),
    ...given("httpStatuses", filter.httpStatuses),
    ...given("errorClasses", filter.errorClasses),
    ...given("models", filter.models),
    ...given("providerIds", filter.providers),
    ...given("keyIds", filter.providerKeys),
    ...given("clientKeyIds", filter.clientKeys),
    ...given("origins", filter.origins),
    ...given("protocols", filter.formats),
    ...given("endpoints", filter.endpoints && readEndpoints(filter.endpoints)),
    ...given("upstreamFormats", filter.upstreamFormats),
    ...given("stream", filter.stream),
    ...given("retried", filter.retried),
    ...given("minLatencyMs", filter.latencyMs?.gte),
    ...given("maxLatencyMs", filter.latencyMs?.lte),
    ...given("minTokens", filter.totalTokens?.gte),
    ...given("maxTokens", filter.totalTokens?.lte),
    ...given("minCostNanoUsd", cost.gte),
    ...given("maxCostNanoUsd", cost.lte),
    ...given("search", search === "" ? null : search),
  };
}

/**
 * The same filter for what is in memory. What a running request cannot tell yet (its end, its cost, its errors) keeps it out
 * when the filter asks for it: it comes when it has settled.
 */
export function matchRequests(filter: RequestFilter, nowMs: number): (request: RequestView) => boolean {
  const range = filter.range ? readRange(filter.range, { timeZone: "UTC", nowMs }) : null;
  const endpoints = filter.endpoints ? readEndpoints(filter.endpoints) : null;
  const cost = readCost(filter);
  const search = filter.search?.trim().toLowerCase();
  const oneOf = <T>(list: readonly T[] | null | undefined, value: T | null) =>
    !list || (value !== null && list.includes(value));
  return (request) =>
    oneOf(filter.statuses, request.status) &&
    oneOf(filter.httpStatuses, request.httpStatus) &&
    oneOf(filter.errorClasses, request.errorClass) &&
    oneOf(filter.providers, request.providerId) &&
    oneOf(filter.providerKeys, request.keyId) &&
    oneOf(filter.clientKeys, request.clientKeyId) &&
    oneOf(filter.origins, request.origin) &&
    oneOf(filter.formats, request.protocol) &&
    oneOf(endpoints, request.endpoint) &&
    oneOf(filter.upstreamFormats, request.upstreamFormat) &&
    (filter.stream == null || request.stream === filter.stream) &&
    (filter.retried == null || request.attemptCount > 1 === filter.retried) &&
    (range === null || (request.receivedAtMs >= range.fromMs && isBefore(request.receivedAtMs, range.toMs, filter))) &&
    (!filter.models ||
      [request.requestedModel, request.servedModel ?? ""].some((model) => matchesAny(filter.models!, model))) &&
    isWithin(filter.latencyMs, lasted(request)) &&
    isWithin(filter.totalTokens, request.usage && totalTokens(request.usage)) &&
    isWithin(cost, request.costNanoUsd) &&
    (!search || searchable(request).includes(search));
}

/** "Until now" moves on with the clock while a feed runs. */
function isBefore(atMs: number, toMs: number, filter: RequestFilter): boolean {
  return filter.range?.to === "now" || atMs < toMs;
}

function lasted(request: RequestView): number | null {
  return request.endedAtMs === null ? null : request.endedAtMs - request.receivedAtMs;
}

/** What is not known yet, or never, is in no range. */
function isWithin(range: NumberRange | null | undefined, value: number | null): boolean {
  if (range?.gte == null && range?.lte == null) return true;
  return value !== null && value >= (range.gte ?? value) && value <= (range.lte ?? value);
}

/** In nano-USD. */
function readCost({ cost }: RequestFilter): NumberRange {
  return {
    gte: cost?.gte == null ? null : readUsd(cost.gte),
    lte: cost?.lte == null ? null : readUsd(cost.lte),
  };
}

function searchable(request: RequestView): string {
  const { id, errorText, requestedModel, servedModel, userAgent, clientAddress } = request;
  return [id, errorText ?? "", requestedModel, servedModel ?? "", userAgent, clientAddress].join("\n").toLowerCase();
}

function readEndpoints(names: readonly string[]): EndpointId[] {
  const known: readonly string[] = ENDPOINTS;
  if (names.some((name) => !known.includes(name))) throw badInput("There is no such endpoint.", "filter.endpoints");
  return names as EndpointId[];
}

function readUsd(text: string): number {
  const nanoUsd = parseUsd(text);
  if (nanoUsd === null) throw badInput("A cost is a decimal amount of US dollars.", "filter.cost");
  return nanoUsd;
}

function given<Name extends string, Value>(name: Name, value: Value | null | undefined) {
  return (value == null ? {} : { [name]: value }) as { [N in Name]?: Value };
}

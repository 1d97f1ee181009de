import { costParts } from "../../cost.ts";
import { isId } from "../../lib/id.ts";
import type { LogDetail, LogFilter, LogHistogram } from "../../store/reports.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { MAX_PAGE, type Page, type PageArgs, pageOf, readPageArgs } from "../page.ts";
import { type RequestFilter, toLogFilter } from "./request-filter.ts";
import { type RequestView, viewActive, viewDetail, viewRow } from "./request-view.ts";

export interface RequestPage extends Page<RequestView> {
  /** Exact up to 10,000, null beyond. */
  readonly totalCount: number | null;
  /** Older days are still being indexed. */
  readonly isPartial: boolean;
  /** What was asked of the log; null when nothing stored can match. */
  readonly filter: LogFilter | null;
}

/** Newest first. A cursor is the request's id: the log needs no other order. */
export async function listRequestLogs(
  control: Control,
  filter: RequestFilter,
  page: PageArgs,
  withTotal: boolean,
): Promise<RequestPage> {
  const request = readPageArgs(page);
  const { limit, backward, after, before } = request;
  // The log reads in one direction, away from one row or from an end: Relay's other combinations have no meaning on an endless list.
  if (backward ? after !== null : before !== null) {
    throw badInput("Use `first` with `after`, or `last` with `before`.", backward ? "last" : "first");
  }
  for (const cursor of [after, before]) {
    if (cursor !== null && !isId("req", cursor)) throw badInput("The cursor is no request's id.", "after");
  }
  const logFilter = toLogFilter(filter, control.now());
  if (logFilter === null || limit === 0) return EMPTY;
  const found = await control.store.logs.page({
    filter: logFilter,
    limit,
    withTotal,
    ...(after === null ? {} : { afterId: after }),
    ...(before === null ? {} : { beforeId: before }),
    fromEnd: backward,
  });
  return {
    ...pageOf({ rows: found.rows.map(viewRow), hasMore: found.hasMore }, request, ({ id }) => id),
    totalCount: found.totalCount,
    isPartial: found.isPartial,
    filter: logFilter,
  };
}

const EMPTY: RequestPage = {
  edges: [],
  pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  totalCount: 0,
  isPartial: false,
  filter: null,
};

const MAX_BUCKETS = 500;

/** When the requests of a list happened: of all that match, not of the page. */
export async function readHistogram(
  control: Control,
  { filter }: Pick<RequestPage, "filter">,
  buckets: number,
): Promise<LogHistogram> {
  if (buckets < 1 || buckets > MAX_BUCKETS) throw badInput(`From 1 to ${MAX_BUCKETS} buckets.`, "buckets");
  const nowMs = control.now();
  const counts = { success: [], clientError: [], upstreamError: [], cancelled: [] };
  const none = { startsAtMs: nowMs, stepMs: 1, ...counts, isPartial: false };
  return filter === null ? none : control.store.logs.histogram({ filter, buckets, nowMs });
}

/** Running or ended, with its attempts. */
export async function getRequest(control: Control, id: string): Promise<RequestView | null> {
  const running = control.active.list().find((request) => request.id === id);
  if (running !== undefined) return viewActive(running);
  const detail = await readDetail(control, id);
  return detail === null ? null : viewDetail(detail);
}

/** Attempts and content of a request that a list showed; null while it is running. */
export async function readDetail(control: Control, id: string): Promise<LogDetail | null> {
  if (!isId("req", id)) return null;
  // Asked before reading: what the writer holds now it may have written by the time the reader has found nothing.
  const mayBeHeld = control.store.stats().queuedRecords > 0;
  const detail = await control.store.logs.get(id);
  if (detail !== null || !mayBeHeld) return detail;
  await control.store.flush();
  return control.store.logs.get(id);
}

/** Newest first, at most a page. */
export function listActiveRequests(control: Control): RequestView[] {
  const running = control.active.list().toSorted((left, right) => right.receivedAtMs - left.receivedAtMs);
  return running.slice(0, MAX_PAGE).map(viewActive);
}

export interface CostLine {
  readonly part: "INPUT" | "CACHE_READ" | "CACHE_WRITE" | "OUTPUT" | "REASONING" | "REQUEST";
  readonly tokens: number;
  readonly usdPerMillion: number;
  readonly costNanoUsd: number;
}

/** The arithmetic behind a request's cost, part by part; the lines add up to it. */
export function explainCost({ usage, price, costNanoUsd }: RequestView): CostLine[] {
  if (usage === null || price === null || costNanoUsd === null) return [];
  const cost = costParts(usage, price);
  const lines: CostLine[] = [
    { part: "INPUT", tokens: usage.inputTokens, usdPerMillion: price.input, costNanoUsd: cost.input },
    { part: "CACHE_READ", tokens: usage.cacheReadTokens, usdPerMillion: price.cacheRead, costNanoUsd: cost.cacheRead },
    {
      part: "CACHE_WRITE",
      tokens: usage.cacheWriteTokens,
      usdPerMillion: price.cacheWrite,
      costNanoUsd: cost.cacheWrite,
    },
    { part: "OUTPUT", tokens: usage.outputTokens, usdPerMillion: price.output, costNanoUsd: cost.output },
    {
      part: "REASONING",
      tokens: usage.reasoningTokens,
      usdPerMillion: price.reasoning ?? price.output,
      costNanoUsd: cost.reasoning,
    },
    // A million requests at this price; this is one.
    { part: "REQUEST", tokens: 1, usdPerMillion: (price.perRequest ?? 0) * 1_000_000, costNanoUsd: cost.request },
  ];
  return lines.filter((line) => line.tokens > 0 && (line.part !== "REQUEST" || line.costNanoUsd > 0));
}

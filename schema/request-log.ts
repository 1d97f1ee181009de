import { cancelRequest } from "../src/control/requests/request-cancel.ts";
import type { RequestFilter } from "../src/control/requests/request-filter.ts";
import {
  type CostLine as CostLineValue,
  explainCost,
  getRequest,
  listActiveRequests,
  listRequestLogs,
  readHistogram,
} from "../src/control/requests/request-logs.ts";
import { writeSnippet } from "../src/control/requests/request-snippet.ts";
import type { RequestView } from "../src/control/requests/request-view.ts";
import { formatNanoUsd, formatPrice } from "../src/control/usage/money.ts";
import { inTurns } from "../src/lib/in-turns.ts";
import { totalTokens, type Usage } from "../src/llm/usage.ts";
import type { PriceUsed as PriceUsedValue } from "../src/record.ts";
import type { LogHistogram } from "../src/store/reports.ts";
import { builder } from "./builder.ts";
import {
  ErrorClass,
  PriceSource,
  RequestOrigin,
  RequestStatus,
  SnippetLanguage,
  TokenPart,
  UpstreamFormat,
  UsageSource,
  WireFormat,
} from "./enums.ts";
import { Node } from "./node.ts";
import { labelField } from "./object-label.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { ClientKey, Provider, ProviderKey, RequestLog } from "./refs.ts";
import { RequestAttempt, RequestContent, readJson } from "./request-detail.ts";
import { asksFor, findKey, findProvider, loadDetail } from "./request-loaders.ts";
import { DecimalRangeInput, IntRangeInput, TimeRangeInput } from "./shared-inputs.ts";
import { UserError } from "./user-errors.ts";

export const TokenUsage = builder.objectRef<Usage & { readonly request: RequestView | null }>("TokenUsage");
builder.objectType(TokenUsage, {
  description: "Disjoint: no token stands in two parts.",
  fields: (t) => ({
    inputTokens: t.expose("inputTokens", { type: "Long" }),
    cacheReadTokens: t.expose("cacheReadTokens", { type: "Long" }),
    cacheWriteTokens: t.expose("cacheWriteTokens", { type: "Long" }),
    outputTokens: t.expose("outputTokens", { type: "Long" }),
    reasoningTokens: t.expose("reasoningTokens", { type: "Long" }),
    totalTokens: t.field({ type: "Long", resolve: totalTokens }),
    raw: t.field({
      type: "JSON",
      nullable: true,
      description: "The vendor's own object, verbatim.",
      resolve: async ({ request }, _, ctx) => readJson((request && (await loadDetail(ctx, request))?.rawUsage) ?? null),
    }),
  }),
});

const CostLine = builder.objectRef<CostLineValue>("CostLine");
builder.objectType(CostLine, {
  fields: (t) => ({
    part: t.expose("part", { type: TokenPart }),
    tokens: t.expose("tokens", { type: "Long", description: "1 where the request itself is paid for (REQUEST)." }),
    pricePerMillion: t.field({ type: "Decimal", resolve: ({ usdPerMillion }) => formatPrice(usdPerMillion) }),
    cost: t.field({ type: "Decimal", resolve: ({ costNanoUsd }) => formatNanoUsd(costNanoUsd) }),
  }),
});

const PriceUsed = builder.objectRef<PriceUsedValue>("PriceUsed");
builder.objectType(PriceUsed, {
  description: "The price that was applied, kept with the row as proof.",
  fields: (t) => ({
    input: t.field({ type: "Decimal", resolve: ({ input }) => formatPrice(input) }),
    output: t.field({ type: "Decimal", resolve: ({ output }) => formatPrice(output) }),
    cacheRead: t.field({ type: "Decimal", resolve: ({ cacheRead }) => formatPrice(cacheRead) }),
    cacheWrite: t.field({ type: "Decimal", resolve: ({ cacheWrite }) => formatPrice(cacheWrite) }),
    source: t.expose("source", { type: PriceSource }),
    reasoning: t.field({ type: "Decimal", resolve: ({ reasoning, output }) => formatPrice(reasoning ?? output) }),
    perRequest: t.field({
      type: "Decimal",
      nullable: true,
      description: "USD for each request, besides its tokens.",
      resolve: ({ perRequest }) => (perRequest === undefined ? null : formatPrice(perRequest)),
    }),
    edition: t.exposeString("edition", { nullable: true, description: "Of the price list." }),
    ref: t.exposeString("ref", { description: "Entry of the price list, e.g. openai/gpt-4.1." }),
  }),
});

builder.objectType(RequestLog, {
  description: "One client request.",
  interfaces: [Node],
  fields: (t) => ({
    receivedAt: t.expose("receivedAtMs", { type: "DateTime" }),
    endedAt: t.expose("endedAtMs", { type: "DateTime", nullable: true }),
    status: t.expose("status", { type: RequestStatus }),
    format: t.expose("protocol", { type: WireFormat }),
    endpoint: t.exposeString("endpoint", { description: "e.g. chat.completions, messages, embeddings" }),
    upstreamFormat: t.expose("upstreamFormat", {
      type: UpstreamFormat,
      nullable: true,
      description: "In which the upstream was asked, at last. Null when nobody was, and in older logs.",
    }),
    upstreamEndpoint: t.exposeString("upstreamEndpoint", { nullable: true }),
    requestedModel: t.exposeString("requestedModel"),
    servedModel: t.exposeString("servedModel", { nullable: true }),
    providerId: t.exposeID("providerId", { nullable: true }),
    provider: t.field({ type: Provider, nullable: true, resolve: (row, _, ctx) => findProvider(ctx, row.providerId) }),
    providerLabel: t.field(labelField(({ providerId }) => providerId)),
    providerKeyId: t.exposeID("keyId", { nullable: true }),
    providerKey: t.field({ type: ProviderKey, nullable: true, resolve: (row, _, ctx) => findKey(ctx, row.keyId) }),
    providerKeyLabel: t.field(labelField(({ keyId }) => keyId)),
    clientKeyId: t.exposeID("clientKeyId", { nullable: true }),
    clientKeyLabel: t.field(labelField(({ clientKeyId }) => clientKeyId)),
    clientKey: t.loadable({
      type: ClientKey,
      nullable: true,
      byPath: true,
      loaderOptions: { cache: false },
      load: async (ids: string[], { control }) => {
        const rows = await control.rows.clientKeys();
        return ids.map((id) => rows.get(id) ?? null);
      },
      resolve: ({ clientKeyId }) => clientKeyId,
    }),
    origin: t.expose("origin", { type: RequestOrigin }),
    stream: t.exposeBoolean("stream"),
    httpStatus: t.exposeInt("httpStatus", {
      nullable: true,
      description: "What the client saw; 499 when it left before an answer; null while running.",
    }),
    errorClass: t.expose("errorClass", { type: ErrorClass, nullable: true }),
    errorMessage: t.exposeString("errorText", { nullable: true }),
    usage: t.field({
      type: TokenUsage,
      nullable: true,
      description: "Null while running and when the upstream said nothing.",
      resolve: (request) => request.usage && { ...request.usage, request },
    }),
    usageSource: t.expose("usageSource", { type: UsageSource }),
    cost: t.field({
      type: "Decimal",
      nullable: true,
      description: "Null when tokens or price are unknown: never 0 for unknown.",
      resolve: ({ costNanoUsd }) => (costNanoUsd === null ? null : formatNanoUsd(costNanoUsd)),
    }),
    costLines: t.field({
      type: [CostLine],
      description: "The arithmetic behind `cost`; empty when it is null.",
      resolve: explainCost,
    }),
    price: t.expose("price", { type: PriceUsed, nullable: true }),
    latencyMs: t.float({
      nullable: true,
      description: "Until the end; null while running.",
      resolve: ({ receivedAtMs, endedAtMs }) => endedAtMs && endedAtMs - receivedAtMs,
    }),
    firstTokenMs: t.float({
      nullable: true,
      resolve: ({ receivedAtMs, firstTokenAtMs }) => firstTokenAtMs && firstTokenAtMs - receivedAtMs,
    }),
    clientAddress: t.exposeString("clientAddress"),
    userAgent: t.exposeString("userAgent"),
    requestBytes: t.expose("requestBytes", { type: "Long", nullable: true }),
    responseBytes: t.expose("responseBytes", { type: "Long" }),
    droppedFields: t.stringList({
      description: "Request fields that the upstream could not carry.",
      resolve: ({ dropped }) => [...dropped],
    }),
    attemptCount: t.exposeInt("attemptCount"),
    attempts: t.field({
      type: [RequestAttempt],
      description: "Every upstream call, in order; empty while running.",
      resolve: async (row, _, ctx) => {
        const detail = await loadDetail(ctx, row);
        return (detail?.attempts ?? []).map((attempt, index) => ({ ...attempt, index, request: row }));
      },
    }),
    content: t.field({
      type: RequestContent,
      nullable: true,
      description: "Bodies and headers, when the policy kept them. Needs LOGS_CONTENT.",
      resolve: async (row, _, ctx) => (await loadDetail(ctx, row))?.content,
    }),
    snippet: t.string({
      nullable: true,
      description:
        "The same request for a terminal or a program; the key is $API_KEY. Null when the body was not kept whole.",
      args: { lang: t.arg({ type: SnippetLanguage, required: true }) },
      resolve: (row, { lang }, { control }) => writeSnippet(control, row, lang),
    }),
  }),
});

const RequestHistogram = builder.objectRef<LogHistogram>("RequestHistogram");
builder.objectType(RequestHistogram, {
  description: "At most as many buckets as asked for: long ones are whole quarter hours.",
  fields: (t) => ({
    startsAt: t.expose("startsAtMs", { type: "DateTime" }),
    stepSeconds: t.float({ resolve: ({ stepMs }) => stepMs / 1000 }),
    success: t.field({ type: ["Long"], resolve: ({ success }) => [...success] }),
    clientError: t.field({
      type: ["Long"],
      description: "Answered with a 4xx that is the caller's own.",
      resolve: ({ clientError }) => [...clientError],
    }),
    upstreamError: t.field({
      type: ["Long"],
      description: "Everything else that failed, rate limits and spent quotas among it.",
      resolve: ({ upstreamError }) => [...upstreamError],
    }),
    cancelled: t.field({ type: ["Long"], resolve: ({ cancelled }) => [...cancelled] }),
    isPartial: t.exposeBoolean("isPartial", { description: "Older days are not counted yet: they are being indexed." }),
  }),
});

/** So many are made in less than half a millisecond. */
const ROWS_A_TURN = 8;

export const RequestLogFilter = builder.inputRef<RequestFilter>("RequestLogFilter").implement({
  fields: (t) => ({
    range: t.field({ type: TimeRangeInput }),
    statuses: t.field({ type: [RequestStatus] }),
    httpStatuses: t.intList(),
    errorClasses: t.field({ type: [ErrorClass] }),
    models: t.stringList({ description: "Requested or served model; `*` is a wildcard." }),
    providers: t.idList(),
    providerKeys: t.idList(),
    clientKeys: t.idList(),
    origins: t.field({ type: [RequestOrigin] }),
    formats: t.field({ type: [WireFormat] }),
    endpoints: t.stringList(),
    upstreamFormats: t.field({ type: [UpstreamFormat] }),
    stream: t.boolean(),
    retried: t.boolean({ description: "More than one upstream call." }),
    latencyMs: t.field({ type: IntRangeInput }),
    totalTokens: t.field({ type: IntRangeInput }),
    cost: t.field({ type: DecimalRangeInput, description: "In US dollars; requests of unknown cost are in no range." }),
    search: t.string({
      description: "In error text, models, user agent, address; or a request id, whole or its beginning.",
    }),
  }),
});

builder.queryFields((t) => ({
  requestLogs: t.connection(
    {
      type: RequestLog,
      description: "Newest first.",
      args: { filter: t.arg({ type: RequestLogFilter }) },
      resolve: async (_, { filter, ...page }, { control }, info) => {
        const found = await listRequestLogs(control, filter ?? {}, page, asksFor(info, "totalCount"));
        return { ...found, edges: inTurns(found.edges, ROWS_A_TURN) };
      },
    },
    {
      name: "RequestLogConnection",
      fields: (c) => ({
        totalCount: c.int({
          nullable: true,
          description: "Exact up to 10,000; null beyond, and on partial pages.",
          resolve: ({ totalCount }) => totalCount,
        }),
        isPartial: c.boolean({
          description:
            "Older days are being indexed (for a minute after an upgrade): ask for this page, or the next, again in a moment.",
          resolve: ({ isPartial }) => isPartial,
        }),
        histogram: c.field({
          type: RequestHistogram,
          description: "When all that match happened, not just this page.",
          args: { buckets: c.arg.int({ required: true, defaultValue: 60 }) },
          resolve: (page, { buckets }, { control }) => readHistogram(control, page, buckets),
        }),
      }),
    },
    { name: "RequestLogEdge" },
  ),
  requestLog: t.field({
    type: RequestLog,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { control }) => getRequest(control, id),
  }),
  activeRequests: t.field({
    type: [RequestLog],
    description: "Requests running at this moment, newest first, at most 200.",
    resolve: (_, __, { control }): RequestView[] => listActiveRequests(control),
  }),
}));

const CancelRequestInput = builder.inputType("CancelRequestInput", {
  fields: (t) => ({ id: t.id({ required: true }) }),
});
const CancelRequestPayload = payloadRef<boolean>("CancelRequestPayload");
builder.objectType(CancelRequestPayload, {
  fields: (t) => ({
    cancelled: t.boolean({
      description: "False when it was not running any more.",
      resolve: ({ value }) => value ?? false,
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

builder.mutationField("cancelRequest", (t) =>
  t.field({
    type: CancelRequestPayload,
    description: "Stops a running request; its client gets an error in its own format.",
    args: { input: t.arg({ type: CancelRequestInput, required: true }) },
    resolve: (_, { input }, { control }) => toPayload(cancelRequest(control, input.id)),
  }),
);

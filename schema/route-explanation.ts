import {
  type ExplainedCandidate,
  type RouteExplanation as Explanation,
  explainRoute,
} from "../src/control/models/explain-route.ts";
import type { ParkedBecause } from "../src/control/models/route-candidates.ts";
import type { ForecastCall, ForecastRefusal } from "../src/forecast.ts";
import { builder } from "./builder.ts";
import { AskableEndpoint, ErrorClass, ForecastHow, Quirk, RouteSkip, RouteVerdict, WireFormat } from "./enums.ts";
import { ModelPrice } from "./model-price.ts";
import { ClientKey, Model, Provider, ProviderKey } from "./refs.ts";
import { findProvider } from "./request-loaders.ts";

const RouteCall = builder.objectRef<ForecastCall>("RouteCall");
builder.objectType(RouteCall, {
  fields: (t) => ({
    how: t.expose("how", { type: ForecastHow }),
    wire: t.exposeString("wire", { nullable: true, description: "The format it is asked in, when not the client's." }),
    quirks: t.field({ type: [Quirk], resolve: ({ quirks }) => [...quirks] }),
    dropped: t.stringList({
      description: "Fields of the request that it cannot be sent.",
      resolve: ({ dropped }) => [...dropped],
    }),
  }),
});

const RouteParking = builder.objectRef<ParkedBecause>("RouteParking");
builder.objectType(RouteParking, {
  fields: (t) => ({
    until: t.expose("untilMs", { type: "DateTime", nullable: true }),
    errorClass: t.expose("errorClass", { type: ErrorClass, nullable: true }),
    httpStatus: t.exposeInt("httpStatus", { nullable: true }),
    message: t.exposeString("message", { nullable: true, description: "The upstream's own words, secrets masked." }),
  }),
});

const RouteCandidate = builder.objectRef<ExplainedCandidate>("RouteCandidate");
builder.objectType(RouteCandidate, {
  description: "A target with one of its keys.",
  fields: (t) => ({
    order: t.exposeInt("order", { nullable: true, description: "1 is asked first; null when skipped." }),
    verdict: t.expose("verdict", { type: RouteVerdict }),
    chance: t.exposeFloat("chance", {
      nullable: true,
      description: "Of being asked first, 0 to 1; null when it depends on the session or on what is measured.",
    }),
    skip: t.expose("skip", { type: RouteSkip, nullable: true }),
    reason: t.exposeString("reason", { nullable: true }),
    parked: t.expose("parked", { type: RouteParking, nullable: true, description: "Why the key is left alone." }),
    targetIndex: t.exposeInt("targetIndex", {
      nullable: true,
      description: "Place in the model's `targets`; null when no entry names the model.",
    }),
    providerId: t.exposeID("providerId"),
    provider: t.field({ type: Provider, nullable: true, resolve: (row, _, ctx) => findProvider(ctx, row.providerId) }),
    upstreamModel: t.exposeString("upstreamModel"),
    providerKey: t.expose("key", { type: ProviderKey, nullable: true }),
    call: t.expose("call", { type: RouteCall, nullable: true }),
    price: t.expose("price", { type: ModelPrice, nullable: true, description: "Null when nobody knows." }),
  }),
});

const RouteRefusal = builder.objectRef<ForecastRefusal>("RouteRefusal");
builder.objectType(RouteRefusal, {
  description: "What the client would be told.",
  fields: (t) => ({
    httpStatus: t.exposeInt("status"),
    code: t.exposeString("code"),
    message: t.exposeString("message"),
    body: t.exposeString("body", { description: "Word for word, in the client's own format." }),
    retryAfterMs: t.float({ nullable: true, resolve: ({ retryAfterMs }) => retryAfterMs }),
  }),
});

const RouteExplanation = builder.objectRef<Explanation>("RouteExplanation");
builder.objectType(RouteExplanation, {
  fields: (t) => ({
    model: t.expose("model", { type: Model, nullable: true, description: "Null when no entry has that name." }),
    clientKey: t.expose("clientKey", {
      type: ClientKey,
      nullable: true,
      description: "Null: asked as an administrator.",
    }),
    endpoint: t.exposeString("endpoint"),
    candidates: t.field({ type: [RouteCandidate], resolve: ({ candidates }) => [...candidates] }),
    omitted: t.exposeInt("omitted", { description: "Candidates beyond those that are shown." }),
    refusal: t.expose("refusal", {
      type: RouteRefusal,
      nullable: true,
      description: "Null when somebody would serve it.",
    }),
  }),
});

const ExplainRouteInput = builder.inputType("ExplainRouteInput", {
  fields: (t) => ({
    model: t.string({ required: true }),
    clientKeyId: t.id({ description: "Whose scopes and limits hold; without: an administrator's, who has none." }),
    format: t.field({ type: WireFormat, required: true, defaultValue: "openai-chat" }),
    endpoint: t.field({ type: AskableEndpoint, description: "Instead of the format's own for conversations." }),
    stream: t.boolean({ required: true, defaultValue: false }),
    body: t.field({
      type: "JSON",
      description: "The request's body as the client would send it; without: a short one.",
    }),
  }),
});

builder.queryField("explainRoute", (t) =>
  t.field({
    type: RouteExplanation,
    description:
      "Who would serve this request now, who is skipped and why, at what price. Asks nobody, changes nothing.",
    args: { input: t.arg({ type: ExplainRouteInput, required: true }) },
    resolve: (_, { input }, { control }) => explainRoute(control, input),
  }),
);

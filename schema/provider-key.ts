import { badInput } from "../src/control/bad-input.ts";
import { listKeyHistory } from "../src/control/keys/key-history.ts";
import type { ProviderKeyView } from "../src/control/keys/key-status.ts";
import { getProviderKey, listProviderKeys } from "../src/control/keys/provider-keys.ts";
import { builder } from "./builder.ts";
import { ErrorClass, ProviderKeyOrderField, ProviderKeyStatus, SortDirection } from "./enums.ts";
import { KeyBalance } from "./key-balance.ts";
import { ProviderKeyCounts } from "./key-counts.ts";
import { KeyHealthChange, KeyStatusReason, ParkedModel } from "./key-health.ts";
import { KeyLimits, limitsOf } from "./key-limits.ts";
import { Node } from "./node.ts";
import { Provider, ProviderKey } from "./refs.ts";
import { DecimalRangeInput, TimeRangeInput } from "./shared-inputs.ts";
import { usageFields } from "./usage-fields.ts";

builder.objectType(ProviderKey, {
  description: "A pooled upstream credential.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name"),
    provider: t.field({
      type: Provider,
      resolve: async ({ providerId }, _, { control }) => {
        const provider = (await control.rows.providers()).get(providerId);
        if (provider === undefined) throw badInput("Its provider has just been deleted.");
        return provider;
      },
    }),
    secretPreview: t.exposeString("secretPreview", {
      description: "First 3 and last 4 characters; the secret itself is never answered.",
    }),
    fingerprint: t.exposeString("fingerprint", {
      description: "Keyed hash: equal secrets have equal fingerprints.",
    }),
    enabled: t.exposeBoolean("enabled"),
    status: t.expose("status", { type: ProviderKeyStatus }),
    statusReason: t.field({
      type: KeyStatusReason,
      nullable: true,
      description: "Why it is in this state; null while nothing is wrong.",
      resolve: ({ live }) => (live.health === "active" || live.health === "unchecked" ? null : live),
    }),
    cooldownUntil: t.field({
      type: "DateTime",
      nullable: true,
      description: "Server instant at which it comes back by itself; drives the countdown.",
      resolve: ({ live }, _, { control }) =>
        live.untilMs !== null && live.untilMs > control.now() ? live.untilMs : null,
    }),
    consecutiveFailures: t.int({ resolve: ({ live }) => live.failures }),
    parkedModels: t.field({
      type: [ParkedModel],
      description: "Models on which this key rests although it is well as a whole.",
      resolve: ({ live }) => [...live.models],
    }),
    inFlight: t.int({ resolve: ({ live }) => live.inFlight }),
    limits: t.field({
      type: KeyLimits,
      resolve: (key) => ({ ...key.live.limits, inFlight: key.live.inFlight, ...limitsOf(key) }),
    }),
    balance: t.field({
      type: KeyBalance,
      nullable: true,
      description: "Null while nobody has asked, and for vendors that do not say.",
      resolve: ({ id }, _, { control }) => control.balances.get(id),
    }),
    importJobId: t.exposeID("importJobId", { nullable: true, description: "The import that made it." }),
    lastUsedAt: t.field({ type: "DateTime", nullable: true, resolve: ({ live }) => live.lastUsedAt }),
    usageCount: t.field({ type: "Long", resolve: ({ live }) => live.useCount }),
    priority: t.exposeInt("priority", { description: "Lower number first." }),
    weight: t.exposeInt("weight"),
    tags: t.stringList({ resolve: ({ tags }) => [...tags] }),
    memo: t.exposeString("memo", { nullable: true }),
    userAgent: t.exposeString("userAgent", { nullable: true }),
    proxyPreview: t.exposeString("proxyPreview", {
      nullable: true,
      description: "Host and port of the outbound proxy.",
    }),
    ...usageFields<ProviderKeyView>("key")(t),
    healthHistory: t.connection(
      {
        type: KeyHealthChange,
        description: "Changes of its state, newest first; the last 200 are kept.",
        resolve: ({ id }, page, { control }) => listKeyHistory(control, id, page),
      },
      {
        name: "KeyHealthChangeConnection",
        fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }),
      },
      { name: "KeyHealthChangeEdge" },
    ),
    history: t.field({
      type: [KeyHealthChange],
      description: "Changes of state, newest first.",
      deprecationReason: "Use healthHistory, which has pages. Removal 2027-07-01.",
      args: { first: t.arg.int({ required: true, defaultValue: 50 }) },
      resolve: async ({ id }, { first }, { control }) =>
        (await listKeyHistory(control, id, { first })).edges.map(({ node }) => node),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
    version: t.exposeInt("version"),
  }),
});

export const ProviderKeyFilter = builder.inputType("ProviderKeyFilter", {
  fields: (t) => ({
    ids: t.idList(),
    search: t.string({ description: "In name, memo, tags, secret preview or fingerprint." }),
    providers: t.idList(),
    statuses: t.field({ type: [ProviderKeyStatus] }),
    tags: t.stringList({ description: "One of these tags." }),
    reasons: t.field({ type: [ErrorClass], description: "Why it is in the state it is in." }),
    lastHttpStatus: t.intList({ description: "Of what put it into the state it is in." }),
    failuresAtLeast: t.int({ description: "In a row." }),
    importJobId: t.id(),
    lastUsed: t.field({ type: TimeRangeInput }),
    balance: t.field({ type: DecimalRangeInput, description: "Of what remains, in the balance's own currency." }),
  }),
});

const ProviderKeyOrder = builder.inputType("ProviderKeyOrder", {
  fields: (t) => ({
    field: t.field({ type: ProviderKeyOrderField, required: true }),
    direction: t.field({ type: SortDirection, required: true, defaultValue: "asc" }),
  }),
});

builder.queryFields((t) => ({
  providerKeys: t.connection(
    {
      type: ProviderKey,
      args: { filter: t.arg({ type: ProviderKeyFilter }), orderBy: t.arg({ type: ProviderKeyOrder }) },
      resolve: (_, { filter, orderBy, ...page }, { control }) =>
        listProviderKeys(control, filter ?? {}, page, orderBy ?? undefined),
    },
    {
      name: "ProviderKeyConnection",
      fields: (c) => ({
        totalCount: c.int({ resolve: ({ totalCount }) => totalCount }),
        counts: c.field({
          type: ProviderKeyCounts,
          description: "By status, over everything that the filter without `statuses` matches.",
          resolve: ({ counts }) => counts,
        }),
      }),
    },
    { name: "ProviderKeyEdge" },
  ),
  providerKey: t.field({
    type: ProviderKey,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { control }) => getProviderKey(control, id),
  }),
}));

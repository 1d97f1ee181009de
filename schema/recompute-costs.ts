import { type CostResult, readCostResult } from "../src/control/costs/cost-result.ts";
import { recomputeCosts } from "../src/control/costs/recompute-costs.ts";
import { formatNanoUsd } from "../src/control/usage/money.ts";
import type { CostSums as CostSumsValue } from "../src/store/cost-types.ts";
import { builder } from "./builder.ts";
import { JobPayload } from "./job.ts";
import { toPayload } from "./payload.ts";
import { Job } from "./refs.ts";
import { TimeRangeInput } from "./shared-inputs.ts";

const CostSums = builder.interfaceRef<CostSumsValue>("CostSums");
builder.interfaceType(CostSums, {
  description: "Of requests whose tokens are known, before and after a recomputation.",
  fields: (t) => ({
    requests: t.field({ type: "Long", resolve: ({ requests }) => requests }),
    changed: t.field({
      type: "Long",
      description: "Requests that get another cost, or another price at the same cost.",
      resolve: ({ changed }) => changed,
    }),
    costBefore: t.field({ type: "Decimal", resolve: ({ beforeNanoUsd }) => formatNanoUsd(beforeNanoUsd) }),
    costAfter: t.field({ type: "Decimal", resolve: ({ afterNanoUsd }) => formatNanoUsd(afterNanoUsd) }),
    unpricedBefore: t.field({
      type: "Long",
      description: "Requests whose cost is unknown: in no sum.",
      resolve: ({ unpricedBefore }) => unpricedBefore,
    }),
    unpricedAfter: t.field({ type: "Long", resolve: ({ unpricedAfter }) => unpricedAfter }),
  }),
});

const CostsOfModel = builder.objectRef<CostSumsValue & { readonly model: string }>("CostsOfModel");
builder.objectType(CostsOfModel, {
  interfaces: [CostSums],
  fields: (t) => ({ model: t.exposeString("model", { description: "The upstream's, where somebody was asked." }) }),
});

const CostsOfDay = builder.objectRef<CostSumsValue & { readonly day: number }>("CostsOfDay");
builder.objectType(CostsOfDay, {
  interfaces: [CostSums],
  fields: (t) => ({
    startsAt: t.field({
      type: "DateTime",
      description: "Days of the log are those of UTC.",
      resolve: ({ day }) => day * 86_400_000,
    }),
  }),
});

const RecomputedCosts = builder.objectRef<CostResult & CostSumsValue>("RecomputedCosts");
builder.objectType(RecomputedCosts, {
  description: "What came, or would come, of the days that are done.",
  interfaces: [CostSums],
  fields: (t) => ({
    dryRun: t.exposeBoolean("isDryRun", { description: "Nothing was written." }),
    models: t.field({
      type: [CostsOfModel],
      description: "Those that change most come first.",
      resolve: ({ models }) => byChange(models),
    }),
    days: t.field({ type: [CostsOfDay], resolve: ({ days }) => days }),
  }),
});

function byChange(models: CostResult["models"]) {
  const all = Object.entries(models).map(([model, sums]) => ({ model, ...sums }));
  const change = ({ beforeNanoUsd, afterNanoUsd }: CostSumsValue) => Math.abs(afterNanoUsd - beforeNanoUsd);
  return all.sort((a, b) => change(b) - change(a) || b.changed - a.changed || a.model.localeCompare(b.model));
}

builder.objectField(Job, "recomputedCosts", (t) =>
  t.field({
    type: RecomputedCosts,
    nullable: true,
    description: "Of `recomputeCosts`, once its first day is done.",
    resolve: readCostResult,
  }),
);

const RecomputeCostsInput = builder.inputType("RecomputeCostsInput", {
  fields: (t) => ({
    range: t.field({ type: TimeRangeInput, required: true }),
    models: t.stringList({ description: "As asked for or as served; `*` is a wildcard. Without: all." }),
    providers: t.idList({ description: "Also of providers that have been deleted. Without: all." }),
    onlyUnknownPrice: t.boolean({
      required: true,
      defaultValue: false,
      description: "Only requests whose cost is unknown: known ones stay what they are.",
    }),
    dryRun: t.boolean({
      required: true,
      defaultValue: true,
      description: "Says what would change, and writes nothing.",
    }),
    idempotencyKey: t.string({ description: "The same key again answers the job that it started." }),
  }),
});

builder.mutationField("recomputeCosts", (t) =>
  t.field({
    type: JobPayload,
    description: [
      "Prices logged requests anew, at the prices that hold now (the list's at the time of the request): their cost and price, and",
      "the sums of usage with them, a day at a time. Cancelled or killed in the middle, what has been done stays done and sums agree; run again, it does the rest.",
      "Requests that nobody has a price for keep the cost they have, and so do those that have been purged or have expired, and what chats show.",
      "It is not undone: former prices are known only where they can be named again. Ask with `dryRun` first.",
    ].join("\n"),
    args: { input: t.arg({ type: RecomputeCostsInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await recomputeCosts(control, input)),
  }),
);

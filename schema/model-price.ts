import type { PriceTier as PriceTierValue, ShownPrice } from "../src/control/models/model-price.ts";
import { formatPrice } from "../src/control/usage/money.ts";
import { builder } from "./builder.ts";
import { PriceSource } from "./enums.ts";

const PriceList = builder.objectRef<NonNullable<ShownPrice["list"]>>("PriceList");
builder.objectType(PriceList, {
  description: "The bundled list, as it came out.",
  fields: (t) => ({ version: t.exposeString("version"), releasedOn: t.exposeString("releasedOn") }),
});

const PriceTier = builder.objectRef<PriceTierValue>("PriceTier");
builder.objectType(PriceTier, {
  fields: (t) => ({
    aboveTokens: t.exposeInt("aboveTokens", { description: "Of the whole prompt." }),
    input: t.field({ type: "Decimal", resolve: ({ price }) => formatPrice(price.input) }),
    output: t.field({ type: "Decimal", resolve: ({ price }) => formatPrice(price.output) }),
    cacheRead: t.field({ type: "Decimal", resolve: ({ price }) => formatPrice(price.cacheRead) }),
    cacheWrite: t.field({ type: "Decimal", resolve: ({ price }) => formatPrice(price.cacheWrite) }),
  }),
});

export const ModelPrice = builder.objectRef<ShownPrice>("ModelPrice");
builder.objectType(ModelPrice, {
  description: "USD per million tokens.",
  fields: (t) => ({
    input: t.field({ type: "Decimal", resolve: ({ price }) => formatPrice(price.input) }),
    output: t.field({ type: "Decimal", resolve: ({ price }) => formatPrice(price.output) }),
    cacheRead: t.field({ type: "Decimal", nullable: true, resolve: ({ price }) => formatPrice(price.cacheRead) }),
    cacheWrite: t.field({ type: "Decimal", nullable: true, resolve: ({ price }) => formatPrice(price.cacheWrite) }),
    reasoning: t.field({
      type: "Decimal",
      description: "As `output` where nothing else is known.",
      resolve: ({ price }) => formatPrice(price.reasoning ?? price.output),
    }),
    perRequest: t.field({
      type: "Decimal",
      nullable: true,
      description: "USD for each request, besides its tokens.",
      resolve: ({ price: { perRequest } }) => (perRequest === undefined ? null : formatPrice(perRequest)),
    }),
    source: t.field({ type: PriceSource, resolve: ({ price }) => price.source }),
    effectiveFrom: t.expose("sinceMs", {
      type: "DateTime",
      nullable: true,
      description: "When a person named it, or the day the list has it begin; null when neither is known.",
    }),
    ref: t.string({ description: "Entry of the price list, e.g. openai/gpt-4.1.", resolve: ({ price }) => price.ref }),
    list: t.expose("list", { type: PriceList, nullable: true, description: "Null for a person's price." }),
    tiers: t.field({
      type: [PriceTier],
      description: "For longer prompts; empty when one price holds for all.",
      resolve: ({ tiers }) => [...tiers],
    }),
  }),
});

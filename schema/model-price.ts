import { formatPrice } from "../src/control/money.ts";
import type { PriceUsed as PriceUsedValue } from "../src/record.ts";
import { builder } from "./builder.ts";
import { PriceSource } from "./enums.ts";

export const ModelPrice = builder.objectRef<PriceUsedValue>("ModelPrice");
builder.objectType(ModelPrice, {
  description: "USD per million tokens.",
  fields: (t) => ({
    input: t.field({ type: "Decimal", resolve: ({ input }) => formatPrice(input) }),
    output: t.field({ type: "Decimal", resolve: ({ output }) => formatPrice(output) }),
    cacheRead: t.field({ type: "Decimal", nullable: true, resolve: ({ cacheRead }) => formatPrice(cacheRead) }),
    cacheWrite: t.field({ type: "Decimal", nullable: true, resolve: ({ cacheWrite }) => formatPrice(cacheWrite) }),
    source: t.expose("source", { type: PriceSource }),
  }),
});

import { builder } from "./builder.ts";

export const TimeRangeInput = builder.inputType("TimeRangeInput", {
  fields: (t) => ({
    from: t.string({
      required: true,
      description:
        "An ISO 8601 instant, or relative: `now-7d`, `now/d` (start of today), `now-1M/M`. Units s m h d w M y.",
    }),
    to: t.string({ required: true, defaultValue: "now" }),
  }),
});

export const IntRangeInput = builder.inputType("IntRangeInput", {
  description: "Both ends inclusive.",
  fields: (t) => ({ gte: t.int(), lte: t.int() }),
});

export const DecimalRangeInput = builder.inputType("DecimalRangeInput", {
  description: "Both ends inclusive.",
  fields: (t) => ({ gte: t.field({ type: "Decimal" }), lte: t.field({ type: "Decimal" }) }),
});

/** Fields that show a noun's own usage look a day back unless told otherwise. */
export const LAST_DAY = { from: "now-24h", to: "now" };

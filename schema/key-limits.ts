import type { ProviderKeyView } from "../src/control/keys/key-status.ts";
import type { ProviderKeyRow } from "../src/store/types.ts";
import { builder } from "./builder.ts";

type LimitsNow = ProviderKeyView["live"]["limits"] & { readonly inFlight: number };

export const KeyLimits = builder.objectRef<LimitsNow>("KeyLimits");
builder.objectType(KeyLimits, {
  description:
    "What the vendor allows this key. At a limit it is passed over like a cooling one; what is used is counted only for keys that have limits.",
  fields: (t) => ({
    rpm: t.exposeInt("rpm", { nullable: true, description: "Requests a minute; null: unlimited." }),
    tpm: t.exposeInt("tpm", { nullable: true, description: "Tokens a minute." }),
    rpd: t.exposeInt("rpd", { nullable: true, description: "Requests a day." }),
    concurrency: t.exposeInt("concurrency", { nullable: true, description: "Requests at once." }),
    rpmUsed: t.exposeInt("rpmUsed", { description: "Over the last minute." }),
    tpmUsed: t.field({ type: "Long", resolve: ({ tpmUsed }) => tpmUsed }),
    rpdUsed: t.exposeInt("rpdUsed", { description: "Over the last day, as far as this process has run." }),
    inFlight: t.exposeInt("inFlight"),
  }),
});

/** As configured: a key that is switched off is not in the pool. */
export function limitsOf({ rpm, tpm, rpd, concurrency }: ProviderKeyRow) {
  return { rpm, tpm, rpd, concurrency };
}

export const KeyLimitsInput = builder.inputType("KeyLimitsInput", {
  fields: (t) => ({ rpm: t.int(), tpm: t.int(), rpd: t.int(), concurrency: t.int() }),
});

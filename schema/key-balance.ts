import { estimateEmptyAt, setKeyBalance } from "../src/control/keys/key-balance-writes.ts";
import type { ProviderKeyView } from "../src/control/keys/key-status.ts";
import { formatNanoUsd } from "../src/control/usage/money.ts";
import type { KeyBalanceRow } from "../src/store/types.ts";
import { builder } from "./builder.ts";
import { KeyBalanceSource } from "./enums.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { ProviderKey } from "./refs.ts";
import { UserError } from "./user-errors.ts";

export const KeyBalance = builder.objectRef<KeyBalanceRow>("KeyBalance");
builder.objectType(KeyBalance, {
  fields: (t) => ({
    remaining: t.field({
      type: "Decimal",
      nullable: true,
      description: "In `currency`; null when the vendor sets no limit.",
      resolve: ({ remaining }) => (remaining === null ? null : formatNanoUsd(remaining)),
    }),
    total: t.field({
      type: "Decimal",
      nullable: true,
      resolve: ({ total }) => (total === null ? null : formatNanoUsd(total)),
    }),
    currency: t.exposeString("currency", { description: "USD, CNY, … as the vendor bills." }),
    source: t.expose("source", { type: KeyBalanceSource }),
    refreshedAt: t.expose("refreshedAt", { type: "DateTime", description: "When it was asked for or set." }),
    estimatedEmptyAt: t.loadable({
      type: "DateTime",
      nullable: true,
      byPath: true,
      loaderOptions: { cache: false },
      description: "At the cost of the last 24 hours; null when nothing was spent, or not in US dollars.",
      load: (keyIds: string[], { control }) => estimateEmptyAt(control, keyIds),
      resolve: ({ keyId }) => keyId,
    }),
  }),
});

const SetKeyBalanceInput = builder.inputType("SetKeyBalanceInput", {
  fields: (t) => ({
    id: t.id({ required: true }),
    remaining: t.field({
      type: "Decimal",
      description: "US dollars; burned down by what each request costs. Null forgets the figure.",
    }),
    total: t.field({ type: "Decimal" }),
  }),
});

const SetKeyBalancePayload = payloadRef<ProviderKeyView>("SetKeyBalancePayload");
builder.objectType(SetKeyBalancePayload, {
  fields: (t) => ({
    providerKey: t.field({ type: ProviderKey, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

builder.mutationField("setKeyBalance", (t) =>
  t.field({
    type: SetKeyBalancePayload,
    description: "For vendors that do not say: a person's figure.",
    args: { input: t.arg({ type: SetKeyBalanceInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await setKeyBalance(control, input)),
  }),
);

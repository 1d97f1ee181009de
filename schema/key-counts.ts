import { type ProviderKeyCounts as Counts, PROVIDER_KEY_STATUSES } from "../src/control/keys/key-status.ts";
import { builder } from "./builder.ts";

export const ProviderKeyCounts = builder.objectRef<Counts>("ProviderKeyCounts");
builder.objectType(ProviderKeyCounts, {
  fields: (t) => ({
    total: t.exposeInt("total"),
    ...Object.fromEntries(PROVIDER_KEY_STATUSES.map((status) => [status, t.exposeInt(status)])),
  }),
});

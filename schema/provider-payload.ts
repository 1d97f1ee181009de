import type { ProviderRow } from "../src/store/types.ts";
import { builder } from "./builder.ts";
import { payloadRef } from "./payload.ts";
import { Provider } from "./refs.ts";
import { UserError } from "./user-errors.ts";

export const ProviderPayload = payloadRef<ProviderRow>("ProviderPayload");
builder.objectType(ProviderPayload, {
  fields: (t) => ({
    provider: t.field({ type: Provider, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

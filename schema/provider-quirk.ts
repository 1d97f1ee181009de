import { forgetQuirk, type QuirkInForce } from "../src/control/providers/provider-quirks.ts";
import { builder } from "./builder.ts";
import { Quirk, QuirkSource } from "./enums.ts";
import { toPayload } from "./payload.ts";
import { ProviderPayload } from "./provider-payload.ts";

export const ProviderQuirk = builder.objectRef<QuirkInForce>("ProviderQuirk");
builder.objectType(ProviderQuirk, {
  fields: (t) => ({
    quirk: t.expose("quirk", { type: Quirk }),
    source: t.expose("source", { type: QuirkSource }),
    since: t.field({
      type: "DateTime",
      nullable: true,
      description: "When it was learned.",
      resolve: ({ learned }) => learned?.learnedAt,
    }),
    note: t.string({
      nullable: true,
      description: "What the upstream said when it was learned.",
      resolve: ({ learned }) => learned?.words,
    }),
  }),
});

const ForgetProviderQuirkInput = builder.inputType("ForgetProviderQuirkInput", {
  fields: (t) => ({
    providerId: t.id({ required: true }),
    quirk: t.field({ type: Quirk, required: true }),
  }),
});

builder.mutationField("forgetProviderQuirk", (t) =>
  t.field({
    type: ProviderPayload,
    description:
      "Forgets a learned quirk; the upstream's next refusal may teach it again. `ignoredQuirks` keeps it away for good.",
    args: { input: t.arg({ type: ForgetProviderQuirkInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await forgetQuirk(control, input.providerId, input.quirk)),
  }),
);

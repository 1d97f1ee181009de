import { listPresets, type Preset } from "../src/control/providers/provider-presets.ts";
import { builder } from "./builder.ts";
import { ProviderKind, Quirk } from "./enums.ts";

const ProviderPreset = builder.objectRef<Preset>("ProviderPreset");
builder.objectType(ProviderPreset, {
  description: "A vendor ready to be chosen: what `createProvider` needs to know of it.",
  fields: (t) => ({
    id: t.exposeID("id", { description: "As `preset` in the configuration file." }),
    name: t.exposeString("name"),
    kind: t.expose("kind", { type: ProviderKind }),
    baseUrl: t.exposeString("baseUrl", {
      nullable: true,
      description: "Null where the kind has its own address, or each customer has one (Azure).",
    }),
    keyUrl: t.exposeString("keyUrl", {
      nullable: true,
      description: "Where a key is made; null for programs on one's own machine, which need none.",
    }),
    keyPrefixes: t.stringList({
      description: "How keys that only this vendor gives out begin.",
      resolve: ({ keyPrefixes }) => [...keyPrefixes],
    }),
    model: t.exposeString("model", { nullable: true, description: "A cheap model to try it with." }),
    quirks: t.field({ type: [Quirk], resolve: ({ quirks }) => [...quirks] }),
  }),
});

builder.queryField("providerPresets", (t) => t.field({ type: [ProviderPreset], resolve: () => [...listPresets()] }));

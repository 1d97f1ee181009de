import { type FilteredKeyNote, type KeyFrame, watchKeys } from "../src/control/keys/key-events.ts";
import { countProviderKeys, getProviderKey } from "../src/control/keys/provider-keys.ts";
import { builder } from "./builder.ts";
import { KeyEventKind } from "./enums.ts";
import { ProviderKeyCounts } from "./key-counts.ts";
import { KeyHealthChange } from "./key-health.ts";
import { ProviderKeyFilter } from "./provider-key.ts";
import { ProviderKey } from "./refs.ts";
import { ResyncEvent, StreamEvent } from "./stream-event.ts";

const KeyEvent = builder.objectRef<FilteredKeyNote>("KeyEvent");
builder.objectType(KeyEvent, {
  fields: (t) => ({
    kind: t.expose("kind", { type: KeyEventKind }),
    keyId: t.exposeID("keyId"),
    key: t.field({
      type: ProviderKey,
      nullable: true,
      description: "Null when it has been deleted.",
      resolve: ({ keyId }, _, { control }) => getProviderKey(control, keyId),
    }),
    matches: t.exposeBoolean("matches", {
      description: "False when it has been deleted or has left the filter: its row has to go.",
    }),
    change: t.expose("change", { type: KeyHealthChange, nullable: true, description: "For HEALTH_CHANGED." }),
  }),
});

const KeyEventBatch = builder.objectRef<Extract<KeyFrame, { kind: "batch" }>>("KeyEventBatch");
builder.objectType(KeyEventBatch, {
  description:
    "The key changes of 100 ms in one frame; several changes of one key's health are merged into the last. The first frame is empty: its cursor is where the subscription begins.",
  interfaces: [StreamEvent],
  fields: (t) => ({
    events: t.field({ type: [KeyEvent], resolve: ({ notes }) => [...notes] }),
    counts: t.field({
      type: ProviderKeyCounts,
      description: "Of all keys.",
      resolve: (_, __, { control }) => countProviderKeys(control),
    }),
  }),
});

const KeyStream = builder.unionType("KeyStream", {
  types: [KeyEventBatch, ResyncEvent],
  resolveType: (frame) => ("notes" in frame ? "KeyEventBatch" : "ResyncEvent"),
});

builder.subscriptionField("keyEvents", (t) =>
  t.field({
    type: KeyStream,
    args: { filter: t.arg({ type: ProviderKeyFilter }), after: t.arg.string() },
    subscribe: (_, { filter, after }, { control }) => watchKeys(control, filter ?? {}, after ?? null),
    resolve: (frame: KeyFrame) => frame,
  }),
);

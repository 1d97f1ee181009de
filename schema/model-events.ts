import { type ModelFrame, watchModels } from "../src/control/models/model-events.ts";
import { builder } from "./builder.ts";
import { ChangeKind } from "./enums.ts";
import { Model } from "./refs.ts";
import { ResyncEvent, StreamEvent } from "./stream-event.ts";

const ModelEvent = builder.objectRef<Extract<ModelFrame, { frame: "event" }>>("ModelEvent");
builder.objectType(ModelEvent, {
  interfaces: [StreamEvent],
  fields: (t) => ({
    kind: t.expose("kind", { type: ChangeKind }),
    modelId: t.exposeID("modelId"),
    model: t.field({
      type: Model,
      nullable: true,
      description: "Null when it has been deleted.",
      resolve: async ({ modelId }, _, { control }) => (await control.rows.models()).get(modelId) ?? null,
    }),
    healthChanged: t.exposeBoolean("healthChanged", {
      description: "Its entry is unchanged; a key behind it changed what it can serve.",
    }),
  }),
});

const ModelStream = builder.unionType("ModelStream", {
  types: [ModelEvent, ResyncEvent],
  resolveType: (frame) => ("modelId" in frame ? "ModelEvent" : "ResyncEvent"),
});

builder.subscriptionField("modelEvents", (t) =>
  t.field({
    type: ModelStream,
    description: "Without `after` it opens with a ResyncEvent (STARTED), whose cursor is where it begins.",
    args: { after: t.arg.string() },
    subscribe: (_, { after }, { control }) => watchModels(control, after ?? null),
    resolve: (frame: ModelFrame) => frame,
  }),
);

import { type AlertFrame, type AlertNote, watchAlerts } from "../src/control/alerts/alert-events.ts";
import { countOpenAlerts } from "../src/control/usage/overview.ts";
import { builder } from "./builder.ts";
import { AlertEventKind } from "./enums.ts";
import { Alert } from "./refs.ts";
import { ResyncEvent, StreamEvent } from "./stream-event.ts";

const AlertEvent = builder.objectRef<AlertNote>("AlertEvent");
builder.objectType(AlertEvent, {
  fields: (t) => ({
    kind: t.expose("kind", { type: AlertEventKind }),
    alert: t.expose("alert", { type: Alert, description: "As it was then." }),
  }),
});

const AlertEventBatch = builder.objectRef<Extract<AlertFrame, { kind: "batch" }>>("AlertEventBatch");
builder.objectType(AlertEventBatch, {
  description: "The first frame may be empty: its cursor is where the subscription begins.",
  interfaces: [StreamEvent],
  fields: (t) => ({
    events: t.field({ type: [AlertEvent], resolve: ({ notes }) => [...notes] }),
    openAlerts: t.int({ resolve: (_, __, { control }) => countOpenAlerts(control) }),
  }),
});

const AlertStream = builder.unionType("AlertStream", {
  types: [AlertEventBatch, ResyncEvent],
  resolveType: (frame) => ("notes" in frame ? "AlertEventBatch" : "ResyncEvent"),
});

builder.subscriptionField("alertEvents", (t) =>
  t.field({
    type: AlertStream,
    args: { after: t.arg.string() },
    subscribe: (_, { after }, { control }) => watchAlerts(control, after ?? null),
    resolve: (frame: AlertFrame) => frame,
  }),
);

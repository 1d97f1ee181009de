import type { ResyncReason as Reason } from "../src/control/event-log.ts";
import { builder } from "./builder.ts";
import { ResyncReason } from "./enums.ts";

/** What every event of every subscription has. */
interface Stamped {
  readonly cursor: string;
  readonly atMs: number;
}

export const StreamEvent = builder.interfaceRef<Stamped>("StreamEvent");
builder.interfaceType(StreamEvent, {
  fields: (t) => ({
    cursor: t.exposeString("cursor", { description: "Give it as `after` to resume." }),
    at: t.expose("atMs", { type: "DateTime" }),
  }),
});

export const ResyncEvent = builder.objectRef<Stamped & { readonly reason: Reason }>("ResyncEvent");
builder.objectType(ResyncEvent, {
  description: "What happened before this cannot be replayed: refetch, then go on from this cursor.",
  interfaces: [StreamEvent],
  fields: (t) => ({ reason: t.expose("reason", { type: ResyncReason }) }),
});

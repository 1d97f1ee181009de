import type { ProviderKeyView } from "../src/control/keys/key-status.ts";
import type { KeyHealthChange as KeyHealthChangeValue } from "../src/events.ts";
import { builder } from "./builder.ts";
import { ErrorClass, KeyHealthState } from "./enums.ts";

type KeyStatus = ProviderKeyView["live"];

export const KeyStatusReason = builder.objectRef<KeyStatus>("KeyStatusReason");
builder.objectType(KeyStatusReason, {
  fields: (t) => ({
    errorClass: t.expose("errorClass", { type: ErrorClass, nullable: true }),
    httpStatus: t.exposeInt("httpStatus", { nullable: true }),
    message: t.exposeString("message", {
      nullable: true,
      description: "The upstream's own words, secrets masked.",
    }),
    since: t.expose("sinceMs", { type: "DateTime" }),
  }),
});

export const ParkedModel = builder.objectRef<KeyStatus["models"][number]>("ParkedModel");
builder.objectType(ParkedModel, {
  fields: (t) => ({
    model: t.exposeString("model"),
    state: t.expose("state", { type: KeyHealthState }),
    until: t.expose("untilMs", { type: "DateTime", nullable: true }),
  }),
});

export const KeyHealthChange = builder.objectRef<KeyHealthChangeValue>("KeyHealthChange");
builder.objectType(KeyHealthChange, {
  fields: (t) => ({
    at: t.expose("atMs", { type: "DateTime" }),
    model: t.exposeString("model", { nullable: true, description: "Null when the key as a whole changed." }),
    from: t.expose("from", { type: KeyHealthState }),
    to: t.expose("to", { type: KeyHealthState }),
    until: t.expose("untilMs", { type: "DateTime", nullable: true }),
    errorClass: t.expose("errorClass", { type: ErrorClass, nullable: true }),
    httpStatus: t.exposeInt("httpStatus", { nullable: true }),
    message: t.exposeString("message", {
      nullable: true,
      description: "The upstream's own words, secrets masked. Null when it was a person, or time, that changed it.",
    }),
    requestId: t.exposeID("requestId", { nullable: true, description: "The request that brought it." }),
  }),
});

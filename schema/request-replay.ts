import {
  type ReplayDifference as Difference,
  type Replay,
  replayRequest,
} from "../src/control/requests/request-replay.ts";
import { builder } from "./builder.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { RequestLog } from "./refs.ts";
import { UserError } from "./user-errors.ts";

const ReplayDifference = builder.objectRef<Difference>("ReplayDifference");
builder.objectType(ReplayDifference, {
  fields: (t) => ({
    field: t.exposeString("field", { description: "As on RequestLog and its usage; `text` is what the answer says." }),
    original: t.exposeString("original", { nullable: true }),
    replayed: t.exposeString("replayed", { nullable: true }),
  }),
});

const ReplayRequestPayload = payloadRef<Replay>("ReplayRequestPayload");
builder.objectType(ReplayRequestPayload, {
  fields: (t) => ({
    original: t.field({ type: RequestLog, nullable: true, resolve: ({ value }) => value?.original.request }),
    request: t.field({
      type: RequestLog,
      nullable: true,
      description: "The new request, in the log with the origin REPLAY.",
      resolve: ({ value }) => value?.replayed?.request,
    }),
    finished: t.boolean({
      description: "False when it takes longer than a mutation may: it goes on, and is found by its id.",
      resolve: ({ value }) => value?.isFinished ?? false,
    }),
    originalText: t.string({ nullable: true, resolve: ({ value }) => value?.original.text }),
    text: t.string({ nullable: true, resolve: ({ value }) => value?.replayed?.text }),
    differences: t.field({ type: [ReplayDifference], resolve: ({ value }) => [...(value?.differences ?? [])] }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const ReplayRequestInput = builder.inputType("ReplayRequestInput", {
  fields: (t) => ({
    requestLogId: t.id({ required: true }),
    model: t.string({ description: "Instead of the one that was asked for." }),
    providerKeyId: t.id({ description: "It alone is asked." }),
    bodyPatch: t.field({ type: "JSON", description: "A merge patch (RFC 7396) of the body: null takes a field away." }),
  }),
});

builder.mutationField("replayRequest", (t) =>
  t.field({
    type: ReplayRequestPayload,
    description: "Sends a logged request again, whose body was kept, and says what came out differently.",
    args: { input: t.arg({ type: ReplayRequestInput, required: true }) },
    resolve: async (_, { input }, { control }) =>
      toPayload(
        await replayRequest(control, { ...input, bodyPatch: input.bodyPatch as Record<string, unknown> | null }),
      ),
  }),
);

import { deleteSavedViews, listSavedViews, saveView } from "../src/control/people/preferences.ts";
import type { SavedViewRow } from "../src/store/people.ts";
import { builder } from "./builder.ts";
import { Node } from "./node.ts";
import { DeleteInput, DeletePayload, payloadRef, toPayload } from "./payload.ts";
import { SavedView, User } from "./refs.ts";
import { UserError } from "./user-errors.ts";

builder.objectType(SavedView, {
  description: "Filters and columns of a page of the console, under a name.",
  interfaces: [Node],
  fields: (t) => ({
    page: t.exposeString("page"),
    name: t.exposeString("name"),
    state: t.expose("state", { type: "JSON", nullable: true, description: "The page's own; nobody else reads it." }),
    shared: t.exposeBoolean("shared"),
    owner: t.field({
      type: User,
      nullable: true,
      description: "Null: made with a token.",
      resolve: ({ ownerId }, _, { control }) => control.access.directory.user(ownerId ?? ""),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
  }),
});

builder.queryFields((t) => ({
  savedViews: t.field({
    type: [SavedView],
    description: "Your own, and what others share.",
    args: { page: t.arg.string() },
    resolve: (_, { page }, { control, principal }) => listSavedViews(control, principal, page ?? null),
  }),
}));

const SavedViewPayload = payloadRef<SavedViewRow>("SavedViewPayload");
builder.objectType(SavedViewPayload, {
  fields: (t) => ({
    savedView: t.field({ type: SavedView, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const SaveViewInput = builder.inputType("SaveViewInput", {
  fields: (t) => ({
    id: t.id({ description: "Of a view of yours; without it a new one is made." }),
    page: t.string({ required: true }),
    name: t.string({ required: true }),
    state: t.field({ type: "JSON", required: true }),
    shared: t.boolean({ required: true, defaultValue: false }),
  }),
});

builder.mutationFields((t) => ({
  saveView: t.field({
    type: SavedViewPayload,
    args: { input: t.arg({ type: SaveViewInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await saveView(control, principal, { ...input, state: input.state })),
  }),
  deleteSavedViews: t.field({
    type: DeletePayload,
    args: { input: t.arg({ type: DeleteInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await deleteSavedViews(control, principal, input.ids)),
  }),
}));

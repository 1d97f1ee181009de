import { type Deletion, NOTHING_DELETED, type Restoration } from "../src/control/deletion.ts";
import type { Result, UserError as UserErrorValue } from "../src/control/user-errors.ts";
import { builder } from "./builder.ts";
import { UserError } from "./user-errors.ts";

/** What a mutation answers: the value when it was done, the reasons when it was not. Never both. */
export interface Payload<Value> {
  readonly value: Value | null;
  readonly userErrors: readonly UserErrorValue[];
  /** What changed that is no node, for the audit log: as one thing, before and after. */
  readonly changed?: { readonly subject: string; readonly before: object; readonly after: object };
}

export function toPayload<Value>(result: Result<Value>): Payload<Value> {
  return result.ok ? { value: result.value, userErrors: [] } : { value: null, userErrors: result.errors };
}

/** An object ref for a payload, and the field that every payload has. */
export const payloadRef = <Value>(name: string) => builder.objectRef<Payload<Value>>(name);

/** Ids alone: nobody brings them back. */
export const DeletePayload = payloadRef<Deletion | readonly string[]>("DeletePayload");
builder.objectType(DeletePayload, {
  fields: (t) => ({
    deletedIds: t.idList({ resolve: ({ value }) => [...(readDeletion(value)?.deletedIds ?? [])] }),
    undoToken: t.string({
      nullable: true,
      description:
        "For the restore mutation of the same noun. Null when nothing was deleted, and of what stays deleted: people, sessions, tokens, views; for alert rules and channels there is `revertConfig`.",
      resolve: ({ value }) => readDeletion(value)?.undoToken,
    }),
    undoableUntil: t.field({
      type: "DateTime",
      nullable: true,
      resolve: ({ value }) => readDeletion(value)?.undoableUntil,
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

function readDeletion(value: Deletion | readonly string[] | null): Deletion | null {
  return value === null || "deletedIds" in value ? value : { ...NOTHING_DELETED, deletedIds: value };
}

export const RestorePayload = payloadRef<Restoration>("RestorePayload");
builder.objectType(RestorePayload, {
  fields: (t) => ({
    restoredIds: t.idList({ resolve: ({ value }) => [...(value?.restoredIds ?? [])] }),
    conflictingIds: t.idList({
      description: "Not brought back: there again already, or another has the name (or secret) now.",
      resolve: ({ value }) => [...(value?.conflictingIds ?? [])],
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

export const RestoreInput = builder.inputType("RestoreInput", {
  fields: (t) => ({ undoToken: t.string({ required: true }) }),
});

export const DeleteInput = builder.inputType("DeleteInput", {
  fields: (t) => ({ ids: t.idList({ required: true }) }),
});

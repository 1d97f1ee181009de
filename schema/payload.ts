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

export const DeletePayload = payloadRef<readonly string[]>("DeletePayload");
builder.objectType(DeletePayload, {
  fields: (t) => ({
    deletedIds: t.idList({ resolve: ({ value }) => [...(value ?? [])] }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

export const DeleteInput = builder.inputType("DeleteInput", {
  fields: (t) => ({ ids: t.idList({ required: true }) }),
});

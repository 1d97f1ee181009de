import {
  defaultFieldResolver,
  GraphQLError,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from "graphql";
import type { AuditNote } from "../src/control/audit/audit.ts";
import { describeChanges } from "../src/control/audit/audit-changes.ts";
import type { NodeRow } from "../src/control/user-errors.ts";
import { GatewayError, Outage } from "../src/errors.ts";
import type { AuditSubject } from "../src/store/audit-entry.ts";
import { readInputOf } from "./audit-input.ts";
import { UNSHOWN_NODES } from "./audit-rules.ts";
import type { GraphqlContext } from "./context.ts";
import type { OnRefusal } from "./guard.ts";
import { peekNode } from "./node.ts";
import type { Payload } from "./payload.ts";

type Field = GraphQLField<unknown, GraphqlContext>;
type Nodes = ReadonlyMap<string, NodeRow>;

const OUTAGE = "STORE_UNAVAILABLE";
/** A change of thousands of rows names so many of them. */
const MAX_SUBJECTS = 50;
const NODE_ID = /^[a-z]{3}_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A refusal by who is asking or by how much he asks for; every other error is a failure. */
const REFUSALS = new Set(["UNAUTHENTICATED", "FORBIDDEN", "REAUTH_REQUIRED", "RATE_LIMITED", "BAD_USER_INPUT"]);

/**
 * Puts an entry of the audit log behind every mutation, whatever came of it. The entry is on disk before the mutation answers;
 * when it cannot be written the answer is withheld, so that nothing is shown or given out that nobody can find again. What the
 * mutation stored stays stored: that is said.
 */
export function auditSchema(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {}) as Field[]) {
    field.resolve = audited(field, field.resolve ?? defaultFieldResolver);
  }
  return schema;
}

/** Refused mutations have their entry by `auditSchema`. */
export const noteRefusedRead: OnRefusal = ({ control, principal, address }, field, code) => {
  if (field.startsWith("Mutation.")) return;
  control.audit.fold({ principal, address }, { action: field, outcome: "refused", code });
};

function audited(field: Field, inner: GraphQLFieldResolver<unknown, GraphqlContext>) {
  return (async (parent, args, context, info) => {
    const { control, address } = context;
    const asked = context.principal;
    const named = idsInInput(args);
    // A stranger's ids are not looked up: he would learn by the time it takes what there is.
    const before = asked.kind === "anonymous" ? NOTHING : await peekNodes(context, named);
    const finish = async (result: Pick<AuditNote, "outcome" | "code">, payload: unknown) => {
      const ids = [...new Set([...named, ...idsInPayload(payload)])].slice(0, MAX_SUBJECTS);
      const after = result.outcome === "done" ? await peekNodes(context, ids) : before;
      const besides = await peekNodes(context, context.named);
      const subjects = describeSubjects([...ids, ...context.named], before, new Map([...after, ...besides]));
      const { changed } = (payload ?? {}) as Partial<Payload<unknown>>;
      const others = changed === undefined ? [] : describeChanges(changed.subject, changed.before, changed.after);
      const changes = [...ids.flatMap((id) => changesOf(id, before, after)), ...others];
      const input = readInputOf(field, args);
      // Who has just signed in is who did it.
      const principal = asked.kind === "anonymous" ? context.principal : asked;
      const note = { action: field.name, ...result, subjects, changes, input };
      // Strangers can be refused as often as they like; and a store that could not write the change is not waited for again.
      const isUnheard = principal.kind === "anonymous" || result.code === OUTAGE;
      if (isUnheard && result.outcome !== "done") control.audit.fold({ principal, address }, note);
      else await control.audit.write({ principal, address }, note);
    };

    let payload: unknown;
    try {
      payload = await inner(parent, args, context, info);
    } catch (error) {
      // The entry must not hide the error.
      await finish(describeError(error), null).catch(() => {});
      throw error;
    }
    const refusal = (payload as Partial<Payload<unknown>> | null)?.userErrors?.[0];
    const result = refusal ? { outcome: "refused", code: refusal.code } : { outcome: "done", code: null };
    try {
      await finish(result as Pick<AuditNote, "outcome" | "code">, payload);
    } catch (cause) {
      throw unwritable(cause);
    }
    return payload;
  }) satisfies GraphQLFieldResolver<unknown, GraphqlContext>;
}

const NOTHING: Nodes = new Map();

async function peekNodes({ control }: GraphqlContext, ids: readonly string[]): Promise<Nodes> {
  const wanted = ids.slice(0, MAX_SUBJECTS);
  const rows = await Promise.all(wanted.map((id) => peekNode(control, id)));
  return new Map(rows.flatMap((row, index) => (row === null ? [] : [[wanted[index]!, row]])));
}

function describeSubjects(ids: readonly string[], before: Nodes, after: Nodes): AuditSubject[] {
  return [...new Set(ids)].map((id) => ({ id, label: labelOf(before.get(id) ?? after.get(id)) ?? id }));
}

function labelOf(row: NodeRow | undefined): string | undefined {
  if (row === undefined || UNSHOWN_NODES.has(row.id.slice(0, 3))) return undefined;
  const names = row as { name?: unknown; title?: unknown; filename?: unknown; email?: unknown };
  const label = [names.email, names.name, names.title, names.filename].find((each) => typeof each === "string" && each);
  return label === undefined ? undefined : String(label).slice(0, 200);
}

function changesOf(id: string, before: Nodes, after: Nodes) {
  if (UNSHOWN_NODES.has(id.slice(0, 3))) return [];
  return describeChanges(id, before.get(id) ?? null, after.get(id) ?? null);
}

/** `id`, `ids` and `selection.ids` of the arguments and of `input`. Anything that is no id is left out: it may be a secret. */
function idsInInput(args: unknown): string[] {
  const levels = [args, at(args, "input"), at(at(args, "input"), "selection"), at(args, "selection")];
  const found = levels.flatMap((level) => [at(level, "id"), at(level, "ids")]).flat();
  return [...new Set(found.filter(isNodeId))];
}

/** Of the thing, or the things, that a payload's value is or holds. */
function idsInPayload(payload: unknown, depth = 0): string[] {
  const value = depth === 0 ? at(payload, "value") : payload;
  if (isNodeId(value)) return [value];
  if (value === null || typeof value !== "object" || depth > 2) return [];
  const id = at(value, "id");
  if (isNodeId(id)) return [id];
  const parts = Array.isArray(value) ? value.slice(0, MAX_SUBJECTS) : Object.values(value);
  return parts.flatMap((part) => idsInPayload(part, depth + 1)).slice(0, MAX_SUBJECTS);
}

function isNodeId(value: unknown): value is string {
  return typeof value === "string" && NODE_ID.test(value);
}

function at(value: unknown, key: string): unknown {
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>)[key] : undefined;
}

function describeError(error: unknown): Pick<AuditNote, "outcome" | "code"> {
  if (error instanceof Outage) return { outcome: "failed", code: OUTAGE };
  const code =
    error instanceof GraphQLError ? error.extensions.code : error instanceof GatewayError ? error.code : undefined;
  if (typeof code !== "string") return { outcome: "failed", code: "INTERNAL_SERVER_ERROR" };
  return { outcome: REFUSALS.has(code) ? "refused" : "failed", code };
}

function unwritable(cause: unknown): GraphQLError {
  const message =
    "The audit log cannot be written, so the answer is withheld. What was asked may have been done: look before you repeat it.";
  const extensions = { code: OUTAGE, http: { status: 503 } };
  const error = new GraphQLError(message, { extensions });
  Object.defineProperty(error, "reason", { value: cause, enumerable: false });
  return error;
}

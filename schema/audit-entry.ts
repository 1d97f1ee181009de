import { type AuditPage, listAuditEntries } from "../src/control/audit/audit-log.ts";
import type { AuditRow, AuditChange as ChangeValue, AuditSubject as SubjectValue } from "../src/store/audit-entry.ts";
import { builder } from "./builder.ts";
import { AuditOutcome } from "./enums.ts";
import { Node } from "./node.ts";
import { TimeRangeInput } from "./shared-inputs.ts";

const AuditSubject = builder.objectRef<SubjectValue>("AuditSubject");
builder.objectType(AuditSubject, {
  description: "What an entry is about, by the name it had then. It may be gone.",
  fields: (t) => ({ id: t.exposeID("id"), label: t.exposeString("label") }),
});

const AuditChange = builder.objectRef<ChangeValue>("AuditChange");
builder.objectType(AuditChange, {
  description: "One field before and after; null where the thing was not there. Secrets are masked.",
  fields: (t) => ({
    subjectId: t.exposeID("subjectId"),
    field: t.exposeString("field"),
    before: t.expose("before", { type: "JSON", nullable: true }),
    after: t.expose("after", { type: "JSON", nullable: true }),
  }),
});

const AuditEntry = builder.objectRef<AuditRow>("AuditEntry");
builder.objectType(AuditEntry, {
  description: "A mutation, or something that was refused.",
  interfaces: [Node],
  fields: (t) => ({
    at: t.expose("at", { type: "DateTime" }),
    actorId: t.exposeID("actorId", { nullable: true, description: "Null for ADMIN_TOKEN and for strangers." }),
    actorLabel: t.exposeString("actorLabel", { description: "As it was called then." }),
    tokenId: t.exposeID("tokenId", { nullable: true }),
    sessionId: t.exposeID("sessionId", { nullable: true }),
    address: t.exposeString("address"),
    action: t.exposeString("action", { description: "The mutation's name, or `Query.x` of a read that was refused." }),
    outcome: t.expose("outcome", { type: AuditOutcome }),
    code: t.exposeString("code", { nullable: true, description: "Why not; null when it was done." }),
    times: t.exposeInt("times", { description: "Refusals alike within a minute stand in one entry." }),
    subjects: t.field({
      type: [AuditSubject],
      description: "At most 50 of them.",
      resolve: ({ subjects }) => [...subjects],
    }),
    changes: t.field({ type: [AuditChange], resolve: ({ changes }) => [...changes] }),
    input: t.field({
      type: "JSON",
      description: "What was asked for: ids, numbers, switches and times; no texts that could hold a secret.",
      resolve: ({ input }) => input,
    }),
  }),
});

export const AuditFilter = builder.inputType("AuditFilter", {
  fields: (t) => ({
    actorIds: t.idList(),
    actions: t.stringList({ description: 'e.g. ["deleteProviders", "signIn"]' }),
    outcomes: t.field({ type: [AuditOutcome] }),
    subjectId: t.id(),
    range: t.field({ type: TimeRangeInput }),
  }),
});

builder.queryFields((t) => ({
  auditLog: t.connection(
    {
      type: AuditEntry,
      description: "Newest first.",
      args: { filter: t.arg({ type: AuditFilter }) },
      resolve: (_, { filter, ...page }, { control }) => listAuditEntries(control, filter ?? {}, page),
    },
    {
      name: "AuditConnection",
      fields: (c) => ({
        totalCount: c.int({
          nullable: true,
          description: "Exact up to 10,000, null beyond.",
          resolve: (page, _, { control }) => control.store.audit.count((page as AuditPage).filter),
        }),
      }),
    },
    { name: "AuditEdge" },
  ),
}));

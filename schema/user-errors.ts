import type { UserError as UserErrorValue } from "../src/control/user-errors.ts";
import { builder } from "./builder.ts";
import { UserErrorCode } from "./enums.ts";
import { asNode, Node } from "./node.ts";

type Of<Kind extends UserErrorValue["kind"]> = Extract<UserErrorValue, { kind: Kind }>;

export const UserError = builder.interfaceRef<UserErrorValue>("UserError");
builder.interfaceType(UserError, {
  description:
    "Every expected failure of a mutation. Top-level `errors` are only for access, document validation, limits and bugs.",
  fields: (t) => ({
    code: t.expose("code", { type: UserErrorCode }),
    message: t.exposeString("message"),
    field: t.field({
      type: ["String"],
      nullable: true,
      description: 'Path into `input`, e.g. ["targets", "0", "providerId"].',
      resolve: (error) => (error.field === null ? null : [...error.field]),
    }),
  }),
  resolveType: (error) => TYPE_NAMES[error.kind],
});

const TYPE_NAMES: Record<UserErrorValue["kind"], string> = {
  invalid: "InvalidInputError",
  not_found: "NotFoundError",
  duplicate: "DuplicateError",
  stale: "StaleVersionError",
  conflict: "ConflictError",
  confirm: "ConfirmationRequiredError",
  locked: "EnvLockedError",
  rate_limited: "RateLimitedError",
  upstream: "UpstreamError",
};

builder.objectType(builder.objectRef<Of<"invalid">>("InvalidInputError"), { interfaces: [UserError] });
builder.objectType(builder.objectRef<Of<"not_found">>("NotFoundError"), {
  interfaces: [UserError],
  fields: (t) => ({ nodeId: t.exposeID("nodeId", { nullable: true }) }),
});
builder.objectType(builder.objectRef<Of<"duplicate">>("DuplicateError"), {
  interfaces: [UserError],
  fields: (t) => ({
    existing: t.field({
      type: Node,
      nullable: true,
      resolve: ({ existing }, _, context) => existing && asNode(context, existing),
    }),
  }),
});
builder.objectType(builder.objectRef<Of<"stale">>("StaleVersionError"), {
  interfaces: [UserError],
  fields: (t) => ({
    current: t.field({
      type: Node,
      nullable: true,
      description: "As it is now. Null for what has no id: the settings, the configuration as a whole.",
      resolve: ({ current }, _, context) => current && asNode(context, current),
    }),
    currentVersion: t.exposeInt("currentVersion"),
  }),
});
builder.objectType(builder.objectRef<Of<"conflict">>("ConflictError"), {
  description: "Something else still depends on it: `blockers` are those objects.",
  interfaces: [UserError],
  fields: (t) => ({
    blockers: t.field({
      type: [Node],
      resolve: ({ blockers }, _, context) => blockers.map((row) => asNode(context, row)),
    }),
  }),
});
builder.objectType(builder.objectRef<Of<"confirm">>("ConfirmationRequiredError"), {
  description: "Repeat the mutation with `flag` set to one of `choices` to go on.",
  interfaces: [UserError],
  fields: (t) => ({
    flag: t.exposeString("flag"),
    choices: t.stringList({ resolve: ({ choices }) => [...choices] }),
  }),
});
builder.objectType(builder.objectRef<Of<"locked">>("EnvLockedError"), {
  description: "The environment or the configuration file fixes it.",
  interfaces: [UserError],
  fields: (t) => ({ variable: t.exposeString("variable", { description: "Where it is fixed." }) }),
});
builder.objectType(builder.objectRef<Of<"rate_limited">>("RateLimitedError"), {
  interfaces: [UserError],
  fields: (t) => ({ retryAfterMs: t.int({ resolve: ({ retryAfterMs }) => Math.ceil(retryAfterMs) }) }),
});
builder.objectType(builder.objectRef<Of<"upstream">>("UpstreamError"), {
  description: "The upstream refused, or could not be reached.",
  interfaces: [UserError],
  fields: (t) => ({ httpStatus: t.exposeInt("httpStatus", { nullable: true }) }),
});

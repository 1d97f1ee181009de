import { badInput } from "../src/control/bad-input.ts";
import { isOwn } from "../src/control/chat/chat-owner.ts";
import { findMessage, isOwnMessage } from "../src/control/chat/conversations.ts";
import type { Control } from "../src/control/control.ts";
import { maySee } from "../src/control/jobs/job-list.ts";
import type { JobView } from "../src/control/jobs/job-view.ts";
import { viewKey } from "../src/control/keys/key-status.ts";
import { getProviderKey } from "../src/control/keys/provider-keys.ts";
import { MAX_PAGE } from "../src/control/page.ts";
import { maySeeToken } from "../src/control/people/admin-tokens.ts";
import { maySeeView } from "../src/control/people/preferences.ts";
import type { Principal } from "../src/control/people/principal.ts";
import { maySeeSession } from "../src/control/people/sessions.ts";
import { maySeeUser } from "../src/control/people/users.ts";
import { getRequest } from "../src/control/requests/request-logs.ts";
import type { NodeRow } from "../src/control/user-errors.ts";
import type { ConversationRow, MessageRow } from "../src/store/chat-types.ts";
import type { AdminTokenRow, SavedViewRow, SessionRow, UserRow } from "../src/store/people.ts";
import type { ProviderKeyRow } from "../src/store/types.ts";
import { builder } from "./builder.ts";
import type { GraphqlContext } from "./context.ts";
import { assertMaySee } from "./guard.ts";

interface NodeType {
  readonly name: string;
  load(control: Control, id: string): Promise<NodeRow | null>;
  /** Where the type's scope does not say all. */
  isFor?(principal: Principal, row: NodeRow, control: Control): boolean | Promise<boolean>;
}

/** The typed prefix of an id says which type it is, and where to find it. */
const TYPES: Record<string, NodeType> = {
  prv: { name: "Provider", load: async (control, id) => (await control.rows.providers()).get(id) ?? null },
  pky: { name: "ProviderKey", load: getProviderKey },
  mdl: { name: "Model", load: async (control, id) => (await control.rows.models()).get(id) ?? null },
  cky: { name: "ClientKey", load: (control, id) => control.store.clientKeys.get(id) },
  alr: { name: "Alert", load: (control, id) => control.alertWatch.find(id) },
  ach: { name: "AlertChannel", load: (control, id) => control.store.alertChannels.get(id) },
  arl: { name: "AlertRule", load: (control, id) => control.store.alertRules.get(id) },
  fil: { name: "File", load: (control, id) => control.store.files.get(id) },
  req: { name: "RequestLog", load: getRequest },
  aud: { name: "AuditEntry", load: (control, id) => control.store.audit.get(id) },
  job: {
    name: "Job",
    load: (control, id) => control.jobs.get(id),
    isFor: (principal, row) => maySee(principal, row as JobView),
  },
  cnv: {
    name: "Conversation",
    load: (control, id) => control.store.chats.conversation(id),
    isFor: (principal, row) => isOwn(principal, row as ConversationRow),
  },
  msg: {
    name: "ChatMessage",
    load: findMessage,
    isFor: (principal, row, control) => isOwnMessage(control, principal, row as MessageRow),
  },
  usr: {
    name: "User",
    load: async ({ access }, id) => access.directory.user(id),
    isFor: (principal, row) => maySeeUser(principal, row as UserRow),
  },
  ses: {
    name: "Session",
    load: async ({ access }, id) => access.directory.session(id),
    isFor: (principal, row) => maySeeSession(principal, row as SessionRow),
  },
  tok: {
    name: "AdminToken",
    load: async ({ access }, id) => access.directory.token(id),
    isFor: (principal, row) => maySeeToken(principal, row as AdminTokenRow),
  },
  viw: {
    name: "SavedView",
    load: (control, id) => control.store.savedViews.get(id),
    isFor: (principal, row) => maySeeView(principal, row as SavedViewRow),
  },
};

export const Node = builder.interfaceRef<NodeRow>("Node");
builder.interfaceType(Node, {
  fields: (t) => ({
    id: t.exposeID("id", {
      description: `Typed: ${Object.entries(TYPES)
        .map(([prefix, { name }]) => `${prefix}_ ${name}`)
        .join(", ")}.`,
    }),
  }),
  resolveType: (row) => typeNameOf(row.id),
});

function typeNameOf(id: string): string | undefined {
  return TYPES[id.slice(0, 3)]?.name;
}

/** Null when there is no such thing (any more). */
export async function loadNode({ control, principal }: GraphqlContext, id: string): Promise<NodeRow | null> {
  assertMaySee(principal, typeNameOf(id));
  const type = TYPES[id.slice(0, 3)];
  const row = (await type?.load(control, id)) ?? null;
  return row !== null && ((await type?.isFor?.(principal, row, control)) ?? true) ? row : null;
}

/** For the audit log, which shows nothing of it to whoever asked: null also when it cannot be read. */
export async function peekNode(control: Control, id: string): Promise<NodeRow | null> {
  try {
    return (await TYPES[id.slice(0, 3)]?.load(control, id)) ?? null;
  } catch {
    return null;
  }
}

/** A row that the control plane has handed out, as its type wants it: a key with its live state. */
export function asNode({ control, principal }: GraphqlContext, row: NodeRow): NodeRow {
  const name = typeNameOf(row.id);
  assertMaySee(principal, name);
  return name === "ProviderKey" ? viewKey(control, row as ProviderKeyRow, control.now()) : row;
}

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) => loadNode(context, id),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    args: { ids: t.arg.idList({ required: true }) },
    resolve: (_, { ids }, context) => {
      if (ids.length > MAX_PAGE) throw badInput(`At most ${MAX_PAGE} ids.`, "ids");
      return ids.map((id) => loadNode(context, id));
    },
  }),
}));

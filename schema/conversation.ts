import { getConversation } from "../src/control/chat/chat-owner.ts";
import { listConversations, listMessages } from "../src/control/chat/conversations.ts";
import { formatNanoUsd } from "../src/control/usage/money.ts";
import type { ChatTotals } from "../src/store/chat-types.ts";
import { builder } from "./builder.ts";
import { Node } from "./node.ts";
import { ChatMessage, Conversation } from "./refs.ts";
import { TokenUsage } from "./request-log.ts";

const ConversationTotals = builder.objectRef<ChatTotals>("ConversationTotals");
builder.objectType(ConversationTotals, {
  fields: (t) => ({
    messages: t.exposeInt("messages"),
    usage: t.field({ type: TokenUsage, resolve: (totals) => ({ ...totals, request: null }) }),
    cost: t.field({ type: "Decimal", resolve: ({ costNanoUsd }) => formatNanoUsd(costNanoUsd) }),
    unpricedAnswers: t.exposeInt("unpriced", { description: "Their cost is unknown and not in `cost`." }),
  }),
});

builder.objectType(Conversation, {
  description: "A chat of one person's, which nobody else sees.",
  interfaces: [Node],
  fields: (t) => ({
    title: t.exposeString("title"),
    pinned: t.exposeBoolean("pinned"),
    systemPrompt: t.exposeString("systemPrompt", { nullable: true }),
    params: t.field({
      type: "JSON",
      description: "What was set of ChatParamsInput, under its names (enums in lower case).",
      resolve: ({ params }) => params,
    }),
    messages: t.connection(
      {
        type: ChatMessage,
        description: "All branches, oldest first; `last` reads from the end.",
        resolve: (row, page, { control }) => listMessages(control, row, page),
      },
      {
        name: "ChatMessageConnection",
        fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }),
      },
      { name: "ChatMessageEdge" },
    ),
    totals: t.field({
      type: ConversationTotals,
      resolve: ({ id }, _, { control }) => control.store.chats.totals(id),
    }),
    activeAt: t.expose("activeAt", { type: "DateTime", description: "When something was last said in it." }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
    version: t.exposeInt("version"),
  }),
});

builder.queryFields((t) => ({
  conversations: t.connection(
    {
      type: Conversation,
      description: "One's own: pinned ones first, then by what was last said.",
      args: { search: t.arg.string({ description: "In titles and texts." }) },
      resolve: (_, { search, ...page }, { control, principal }) =>
        listConversations(control, principal, search ?? null, page),
    },
    {
      name: "ConversationConnection",
      fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }),
    },
    { name: "ConversationEdge" },
  ),
  conversation: t.field({
    type: Conversation,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { control, principal }) => getConversation(control, principal, id),
  }),
}));

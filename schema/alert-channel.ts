import { MAIL_SECURITIES } from "../src/control/alerts/alert-channel-input.ts";
import {
  createAlertChannel,
  deleteAlertChannels,
  listDeliveries,
  testAlertChannel,
  updateAlertChannel,
  type WrittenChannel,
} from "../src/control/alerts/alert-channels.ts";
import type { DeliveryRow } from "../src/store/alert-types.ts";
import { builder } from "./builder.ts";
import { AlertChannelKind } from "./enums.ts";
import { Node } from "./node.ts";
import { DeleteInput, DeletePayload, payloadRef, toPayload } from "./payload.ts";
import { AlertChannel } from "./refs.ts";
import { UserError } from "./user-errors.ts";

const AlertDeliveryState = builder.enumType("AlertDeliveryState", {
  values: ["PENDING", "DELIVERED", "FAILED"] as const,
});
const AlertMessageKind = builder.enumType("AlertMessageKind", { values: ["OPENED", "RESOLVED", "TEST"] as const });
const MailSecurity = builder.enumType("MailSecurity", { values: MAIL_SECURITIES });

const AlertDelivery = builder.objectRef<DeliveryRow>("AlertDelivery");
builder.objectType(AlertDelivery, {
  description: "A message to a channel, and what came of it.",
  fields: (t) => ({
    id: t.exposeID("id"),
    state: t.expose("state", { type: AlertDeliveryState }),
    message: t.field({ type: AlertMessageKind, resolve: ({ message }) => message.what }),
    title: t.string({ resolve: ({ message }) => message.title }),
    alertCount: t.int({ resolve: ({ message }) => message.total }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    attempts: t.exposeInt("attempts"),
    nextAttemptAt: t.expose("nextAttemptAt", { type: "DateTime", nullable: true }),
    endedAt: t.expose("endedAt", { type: "DateTime", nullable: true }),
    httpStatus: t.exposeInt("httpStatus", { nullable: true }),
    answer: t.exposeString("answer", {
      nullable: true,
      description: "The receiver's own words, or why there were none; at most 500 characters.",
    }),
  }),
});

builder.objectType(AlertChannel, {
  description: "Where alerts are said. What it is made of is sealed and never shown again.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name"),
    enabled: t.exposeBoolean("enabled"),
    kind: t.expose("kind", { type: AlertChannelKind }),
    targetPreview: t.exposeString("preview", { description: "Where it leads, without what is secret about it." }),
    lastDelivery: t.field({
      type: AlertDelivery,
      nullable: true,
      description: "The last one that ended.",
      resolve: ({ id }, _, { control }) => control.store.alertDeliveries.last(id),
    }),
    deliveries: t.connection(
      {
        type: AlertDelivery,
        description: "Newest first; kept for 30 days.",
        resolve: ({ id }, page, { control }) => listDeliveries(control, id, page),
      },
      {
        name: "AlertDeliveryConnection",
        fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }),
      },
      { name: "AlertDeliveryEdge" },
    ),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
    version: t.exposeInt("version"),
  }),
});

builder.queryFields((t) => ({
  alertChannels: t.field({
    type: [AlertChannel],
    resolve: (_, __, { control }) => control.store.alertChannels.list(),
  }),
  alertChannel: t.field({
    type: AlertChannel,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { control }) => control.store.alertChannels.get(id),
  }),
}));

const urlInput = (name: string, description: string) =>
  builder.inputType(name, { description, fields: (t) => ({ url: t.string({ required: true }) }) });
const signedInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({ url: t.string({ required: true }), secret: t.string() }),
  });

const WebhookInput = signedInput(
  "WebhookChannelInput",
  "Signed as Standard Webhooks say: webhook-id, webhook-timestamp, webhook-signature. Without `secret` one is made and shown once.",
);
const SlackInput = urlInput("SlackChannelInput", "An incoming webhook.");
const DiscordInput = urlInput("DiscordChannelInput", "A channel's webhook.");
const WecomInput = urlInput("WecomChannelInput", "A group robot's webhook, with its key.");
const FeishuInput = signedInput(
  "FeishuChannelInput",
  "A custom bot's webhook; `secret` of its signature verification.",
);
const DingtalkInput = signedInput(
  "DingtalkChannelInput",
  "A custom robot's webhook; `secret` of its signature setting.",
);
const TelegramInput = builder.inputType("TelegramChannelInput", {
  fields: (t) => ({
    apiUrl: t.string({ required: true, defaultValue: "https://api.telegram.org" }),
    botToken: t.string({ description: "Left out in a change: stays." }),
    chatId: t.string({ required: true, description: "A number, or @ and the name of a channel." }),
    threadId: t.int(),
  }),
});
const EmailInput = builder.inputType("EmailChannelInput", {
  fields: (t) => ({
    host: t.string({ required: true }),
    port: t.int({ required: true, defaultValue: 587 }),
    security: t.field({ type: MailSecurity, required: true, defaultValue: "STARTTLS" }),
    username: t.string(),
    password: t.string({ description: "Left out in a change: stays." }),
    from: t.string({ required: true }),
    to: t.stringList({ required: true }),
  }),
});
const AlertChannelConfigInput = builder.inputType("AlertChannelConfigInput", {
  description: "Exactly one of these; it says of what kind the channel is.",
  isOneOf: true,
  fields: (t) => ({
    webhook: t.field({ type: WebhookInput }),
    email: t.field({ type: EmailInput }),
    slack: t.field({ type: SlackInput }),
    telegram: t.field({ type: TelegramInput }),
    discord: t.field({ type: DiscordInput }),
    feishu: t.field({ type: FeishuInput }),
    dingtalk: t.field({ type: DingtalkInput }),
    wecom: t.field({ type: WecomInput }),
  }),
});
const CreateAlertChannelInput = builder.inputType("CreateAlertChannelInput", {
  fields: (t) => ({
    name: t.string({ required: true }),
    enabled: t.boolean({ required: true, defaultValue: true }),
    config: t.field({ type: AlertChannelConfigInput, required: true }),
  }),
});
const UpdateAlertChannelInput = builder.inputType("UpdateAlertChannelInput", {
  description: "Absent = unchanged. `config` is of the same kind and replaced whole; secrets that are left out stay.",
  fields: (t) => ({
    id: t.id({ required: true }),
    expectedVersion: t.int(),
    name: t.string(),
    enabled: t.boolean(),
    config: t.field({ type: AlertChannelConfigInput }),
  }),
});
const TestAlertChannelInput = builder.inputType("TestAlertChannelInput", {
  fields: (t) => ({ id: t.id({ required: true }) }),
});

const AlertChannelPayload = payloadRef<WrittenChannel>("AlertChannelPayload");
builder.objectType(AlertChannelPayload, {
  fields: (t) => ({
    alertChannel: t.field({ type: AlertChannel, nullable: true, resolve: ({ value }) => value?.channel }),
    signingSecret: t.string({
      nullable: true,
      description: "Of a webhook, when it was made here. Shown once.",
      resolve: ({ value }) => value?.signingSecret?.reveal(),
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});
const TestAlertChannelPayload = payloadRef<DeliveryRow>("TestAlertChannelPayload");
builder.objectType(TestAlertChannelPayload, {
  fields: (t) => ({
    delivery: t.field({ type: AlertDelivery, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

builder.mutationFields((t) => ({
  createAlertChannel: t.field({
    type: AlertChannelPayload,
    args: { input: t.arg({ type: CreateAlertChannelInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await createAlertChannel(control, input)),
  }),
  updateAlertChannel: t.field({
    type: AlertChannelPayload,
    args: { input: t.arg({ type: UpdateAlertChannelInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await updateAlertChannel(control, input)),
  }),
  deleteAlertChannels: t.field({
    type: DeletePayload,
    description: "With their deliveries. Rules that name them say nothing there any more.",
    args: { input: t.arg({ type: DeleteInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await deleteAlertChannels(control, input.ids)),
  }),
  testAlertChannel: t.field({
    type: TestAlertChannelPayload,
    description: "Says a test message now, in one try, and answers with what came of it.",
    args: { input: t.arg({ type: TestAlertChannelInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await testAlertChannel(control, input.id)),
  }),
}));

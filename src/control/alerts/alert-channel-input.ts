import { z } from "zod";
import type { AlertChannelKind } from "../../alert-rule.ts";
import { idField, nameField, versionField } from "../fields.ts";
import type { DingtalkConfig } from "./senders/dingtalk.ts";
import type { DiscordConfig } from "./senders/discord.ts";
import type { EmailConfig } from "./senders/email.ts";
import type { FeishuConfig } from "./senders/feishu.ts";
import type { SlackConfig } from "./senders/slack.ts";
import type { TelegramConfig } from "./senders/telegram.ts";
import type { WebhookConfig } from "./senders/webhook.ts";
import type { WecomConfig } from "./senders/wecom.ts";

const url = z
  .url({ protocol: /^https?$/, error: "A URL that begins with https:// or http:// is needed." })
  .max(2000, "A URL has at most 2,000 characters.");
const secret = z
  .string()
  .trim()
  .min(1, "A secret is not empty; leave it out to keep the one there is.")
  .max(500, "A secret has at most 500 characters.")
  .nullish();
// Into mail headers and SMTP commands: nothing that could end them.
const mailAddress = z
  .string()
  .max(254, "An address has at most 254 characters.")
  .regex(/^[^\s<>"(),:;@[\]\\]+@[^\s<>"(),:;@[\]\\]+$/, "This is no mail address.");

export const MAIL_SECURITIES = ["STARTTLS", "TLS", "NONE"] as const;

const configs = {
  webhook: z.strictObject({
    url,
    secret: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, "A signing secret is whsec_ and base64 of 24 to 64 bytes.")
      .nullish(),
  }),
  email: z
    .strictObject({
      host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, "A host name or an address is needed."),
      port: z.int().min(1, "A port is 1 or more.").max(65_535, "A port is at most 65,535."),
      security: z.enum(MAIL_SECURITIES),
      username: z.string().min(1, "A user name is not empty.").max(254, "At most 254 characters.").nullish(),
      password: secret,
      from: mailAddress,
      to: z.array(mailAddress).min(1, "Somebody must get it.").max(50, "At most 50 addresses."),
    })
    .refine((given) => given.security !== "NONE" || given.username == null, {
      error: "A password is only sent over TLS.",
      path: ["security"],
    }),
  slack: z.strictObject({ url }),
  telegram: z.strictObject({
    apiUrl: url.default("https://api.telegram.org"),
    botToken: z
      .string()
      .regex(/^\d{1,20}:[\w-]{10,100}$/, "A bot's token is a number, a colon and letters.")
      .nullish(),
    chatId: z.string().regex(/^(-?\d{1,20}|@\w{1,64})$/, "A chat is a number, or @ and the name of a channel."),
    threadId: z.int().nullish(),
  }),
  discord: z.strictObject({ url }),
  feishu: z.strictObject({ url, secret }),
  dingtalk: z.strictObject({ url, secret }),
  wecom: z.strictObject({ url }),
};

export const configField = z
  .strictObject({
    webhook: configs.webhook.nullish(),
    email: configs.email.nullish(),
    slack: configs.slack.nullish(),
    telegram: configs.telegram.nullish(),
    discord: configs.discord.nullish(),
    feishu: configs.feishu.nullish(),
    dingtalk: configs.dingtalk.nullish(),
    wecom: configs.wecom.nullish(),
  })
  .refine((given) => Object.values(given).filter((one) => one != null).length === 1, "Give exactly one of them.")
  .transform((given) => {
    const [name, config] = Object.entries(given).find(([, one]) => one != null)!;
    return { kind: name.toUpperCase() as AlertChannelKind, name, config: config as Record<string, unknown> };
  });
export type GivenConfig = z.output<typeof configField>;

export const createChannelInput = z.strictObject({
  name: nameField,
  enabled: z.boolean().default(true),
  config: configField,
});
export const updateChannelInput = z.strictObject({
  id: idField,
  expectedVersion: versionField,
  name: nameField.optional(),
  enabled: z.boolean().optional(),
  config: configField.optional(),
});

/** What is sealed, by kind. */
export type ChannelConfig =
  | ({ readonly kind: "WEBHOOK" } & WebhookConfig)
  | ({ readonly kind: "EMAIL" } & EmailConfig)
  | ({ readonly kind: "SLACK" } & SlackConfig)
  | ({ readonly kind: "TELEGRAM" } & TelegramConfig)
  | ({ readonly kind: "DISCORD" } & DiscordConfig)
  | ({ readonly kind: "FEISHU" } & FeishuConfig)
  | ({ readonly kind: "DINGTALK" } & DingtalkConfig)
  | ({ readonly kind: "WECOM" } & WecomConfig);

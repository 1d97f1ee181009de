import type { AlertChannelKind } from "../../../alert-rule.ts";
import type { Outbound } from "../../../lib/outbound.ts";
import type { Secret } from "../../../lib/secret.ts";
import { dingtalk } from "./dingtalk.ts";
import { discord } from "./discord.ts";
import { sendEmail } from "./email.ts";
import { feishu } from "./feishu.ts";
import { type HttpSender, type Sending, type SendResult, sendOverHttp } from "./sender.ts";
import { slack } from "./slack.ts";
import { telegram } from "./telegram.ts";
import { webhook } from "./webhook.ts";
import { wecom } from "./wecom.ts";

// Which configuration belongs to which kind is the input's to say (alert-channel-input.ts).
const SENDERS = {
  WEBHOOK: webhook,
  SLACK: slack,
  TELEGRAM: telegram,
  DISCORD: discord,
  FEISHU: feishu,
  DINGTALK: dingtalk,
  WECOM: wecom,
} as const satisfies Record<Exclude<AlertChannelKind, "EMAIL">, unknown>;

/** Says a message over a channel. Rejects only when there was no answer. */
export function send(
  outbound: Outbound,
  { kind, config, ...rest }: Omit<Sending<unknown>, "config"> & { kind: AlertChannelKind; config: Secret },
): Promise<SendResult> {
  const sending = { ...rest, config: JSON.parse(config.reveal()) };
  if (kind === "EMAIL") return sendEmail(outbound, sending);
  return sendOverHttp(outbound, SENDERS[kind] as HttpSender<unknown>, sending);
}

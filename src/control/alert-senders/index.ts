import type { AlertChannelKind } from "../../alert-rule.ts";
import type { Outbound } from "../../lib/outbound.ts";
import type { Secret } from "../../lib/secret.ts";
import { type Sending, type SendResult, sendOverHttp } from "./sender.ts";
import { webhook } from "./webhook.ts";

/** Says a message over a channel. Rejects only when there was no answer. */
export function send(
  outbound: Outbound,
  { kind, config, ...sending }: Omit<Sending<unknown>, "config"> & { kind: AlertChannelKind; config: Secret },
): Promise<SendResult> {
  const opened = JSON.parse(config.reveal());
  void kind;
  return sendOverHttp(outbound, webhook, { ...sending, config: opened });
}

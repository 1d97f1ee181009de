import { createHmac } from "node:crypto";
import type { HttpSender } from "./sender.ts";

export interface WebhookConfig {
  readonly url: string;
  /** `whsec_` and base64; null leaves the signature out. */
  readonly secret: string | null;
}

/**
 * A webhook as https://www.standardwebhooks.com describes it: `webhook-signature` is "v1," and the base64 HMAC-SHA-256 of
 * `id.timestamp.body` with the bytes behind `whsec_`.
 */
export const webhook: HttpSender<WebhookConfig> = {
  request({ config, message, deliveryId, nowMs }) {
    const body = JSON.stringify({
      type: TYPES[message.what],
      timestamp: new Date(message.at).toISOString(),
      data: {
        severity: message.severity,
        title: message.title,
        rule: message.rule,
        total: message.total,
        alerts: message.alerts.map(({ openedAt, resolvedAt, ...alert }) => ({
          ...alert,
          openedAt: new Date(openedAt).toISOString(),
          resolvedAt: resolvedAt === null ? null : new Date(resolvedAt).toISOString(),
        })),
      },
    });
    const timestamp = String(Math.floor(nowMs / 1000));
    const headers: Record<string, string> = { "webhook-id": deliveryId, "webhook-timestamp": timestamp };
    if (config.secret !== null) {
      const signed = `${deliveryId}.${timestamp}.${body}`;
      headers["webhook-signature"] = `v1,${signWebhook(config.secret, signed)}`;
    }
    return { method: "POST", url: config.url, headers, body };
  },
};

const TYPES = { OPENED: "alert.opened", RESOLVED: "alert.resolved", TEST: "alert.test" } as const;

function signWebhook(secret: string, text: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return createHmac("sha256", key).update(text).digest("base64");
}

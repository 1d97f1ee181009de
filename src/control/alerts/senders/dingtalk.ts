import { createHmac } from "node:crypto";
import { complaintIn, type HttpSender } from "./sender.ts";
import { fitBytes, fitText, headline, markdown } from "./text.ts";

export interface DingtalkConfig {
  readonly url: string;
  /** Of the "signature" security setting (SEC…); null when the robot has none. */
  readonly secret: string | null;
}

/**
 * https://open.dingtalk.com/document/orgapp/custom-robot-access: `timestamp` (ms) and `sign`, the base64 HMAC-SHA-256 of
 * "timestamp\nsecret", stand in the URL; a message has at most 20,000 bytes. 200 with an `errcode` other than 0 is a refusal.
 */
export const dingtalk: HttpSender<DingtalkConfig> = {
  request({ config, message, nowMs }) {
    const url = new URL(config.url);
    if (config.secret !== null) {
      url.searchParams.set("timestamp", String(nowMs));
      url.searchParams.set("sign", signDingtalk(config.secret, nowMs));
    }
    const body = {
      msgtype: "markdown",
      markdown: {
        title: fitText(headline(message), 100),
        text: fitBytes(markdown(message, escapeMarkdown), 15_000),
      },
      at: { isAtAll: false },
    };
    return { method: "POST", url: url.href, body: JSON.stringify(body) };
  },
  complaint: (answer) => complaintIn(answer, "errcode", "errmsg"),
};

/** `@` and a number would call somebody. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\*_`#[\]]/g, "\\$&")
    .replace(/</g, "‹")
    .replace(/>/g, "›")
    .replace(/@/g, "＠");
}

function signDingtalk(secret: string, timestampMs: number): string {
  return createHmac("sha256", secret).update(`${timestampMs}\n${secret}`).digest("base64");
}

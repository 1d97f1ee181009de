import { createHmac } from "node:crypto";
import { complaintIn, type HttpSender } from "./sender.ts";
import { fitBytes, plainText } from "./text.ts";

export interface FeishuConfig {
  readonly url: string;
  /** Of "signature verification"; null when the bot has none. */
  readonly secret: string | null;
}

/**
 * https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: a request has at most 20 KB. The signature is the HMAC-SHA-256 of
 * nothing, under the key "timestamp\nsecret"; the timestamp is in seconds. 200 with a `code` other than 0 is a refusal.
 */
export const feishu: HttpSender<FeishuConfig> = {
  request({ config, message, nowMs }) {
    const timestamp = String(Math.floor(nowMs / 1000));
    const body = {
      ...(config.secret === null ? {} : { timestamp, sign: signFeishu(config.secret, timestamp) }),
      msg_type: "text",
      // `<at …>` in somebody's words would call people.
      content: { text: fitBytes(plainText(message).replace(/</g, "‹").replace(/>/g, "›"), 15_000) },
    };
    return { method: "POST", url: config.url, body: JSON.stringify(body) };
  },
  complaint: (answer) => complaintIn(answer, "code", "msg"),
};

function signFeishu(secret: string, timestamp: string): string {
  return createHmac("sha256", `${timestamp}\n${secret}`).update("").digest("base64");
}

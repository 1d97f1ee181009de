import { escapeMarkdown } from "./dingtalk.ts";
import { complaintIn, type HttpSender } from "./sender.ts";
import { fitBytes, markdown } from "./text.ts";

export interface WecomConfig {
  /** With its `key`. */
  readonly url: string;
}

/**
 * https://developer.work.weixin.qq.com/document/path/91770: a Markdown message has at most 4,096 bytes of UTF-8. 200 with an `errcode`
 * other than 0 is a refusal (45009: more than 20 messages a minute).
 */
export const wecom: HttpSender<WecomConfig> = {
  request({ config, message }) {
    const body = { msgtype: "markdown", markdown: { content: fitBytes(markdown(message, escapeMarkdown), 4096) } };
    return { method: "POST", url: config.url, body: JSON.stringify(body) };
  },
  complaint: (answer) => complaintIn(answer, "errcode", "errmsg"),
};

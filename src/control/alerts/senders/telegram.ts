import type { HttpSender } from "./sender.ts";
import { fitText, plainText } from "./text.ts";

export interface TelegramConfig {
  /** https://api.telegram.org, or a Bot API server of one's own. */
  readonly apiUrl: string;
  readonly botToken: string;
  /** A number, or "@channel". */
  readonly chatId: string;
  readonly threadId: number | null;
}

/** https://core.telegram.org/bots/api#sendmessage: 1 to 4,096 characters. Without `parse_mode` nothing in the words is markup. */
export const telegram: HttpSender<TelegramConfig> = {
  request({ config, message }) {
    const body = {
      chat_id: config.chatId,
      ...(config.threadId === null ? {} : { message_thread_id: config.threadId }),
      text: fitText(plainText(message), 4096),
      link_preview_options: { is_disabled: true },
    };
    const url = `${config.apiUrl.replace(/\/+$/, "")}/bot${config.botToken}/sendMessage`;
    return { method: "POST", url, body: JSON.stringify(body) };
  },
  complaint(answer) {
    const { ok, error_code, description } = (answer ?? {}) as Record<string, unknown>;
    return ok === true ? null : `${String(error_code ?? "")} ${String(description ?? "the answer is not JSON")}`.trim();
  },
};

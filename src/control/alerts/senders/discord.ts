import type { HttpSender } from "./sender.ts";
import { colorOf, fitText, headline, linesOf } from "./text.ts";

export interface DiscordConfig {
  readonly url: string;
}

/**
 * https://discord.com/developers/docs/resources/webhook#execute-webhook: an embed's title has at most 256 characters, its description
 * 4,096, all together 6,000. Success is 204. Nobody is mentioned, whatever the words say.
 */
export const discord: HttpSender<DiscordConfig> = {
  request({ config, message }) {
    const description = linesOf(message)
      .map(({ title, detail }) =>
        detail === null ? escapeDiscord(title) : `**${escapeDiscord(title)}**\n${escapeDiscord(detail)}`,
      )
      .join("\n");
    const embed = {
      title: fitText(headline(message), 256),
      ...(description === "" ? {} : { description: fitText(description, 4096) }),
      color: colorOf(message),
      timestamp: new Date(message.at).toISOString(),
    };
    return {
      method: "POST",
      url: config.url,
      body: JSON.stringify({ embeds: [embed], allowed_mentions: { parse: [] } }),
    };
  },
};

function escapeDiscord(text: string): string {
  return text.replace(/[\\*_~`|>#[\]()]/g, "\\$&");
}

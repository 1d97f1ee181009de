import type { HttpSender } from "./sender.ts";
import { fitText, headline, linesOf, plainText } from "./text.ts";

export interface SlackConfig {
  readonly url: string;
}

/** https://api.slack.com/messaging/webhooks: a header has at most 150 characters, a section 3,000, a message 50 blocks. */
export const slack: HttpSender<SlackConfig> = {
  request({ config, message }) {
    const sections = linesOf(message).map(({ title, detail }) => ({
      type: "section",
      text: {
        type: "mrkdwn",
        text: fitText(detail === null ? escapeSlack(title) : `*${escapeSlack(title)}*\n${escapeSlack(detail)}`, 3000),
      },
    }));
    const body = {
      text: fitText(escapeSlack(plainText(message)), 4000),
      blocks: [
        { type: "header", text: { type: "plain_text", text: fitText(headline(message), 150) } },
        ...sections.slice(0, 49),
      ],
    };
    return { method: "POST", url: config.url, body: JSON.stringify(body) };
  },
};

/** Only these three mean something to Slack; so `<!channel>` in an upstream's words calls nobody. */
function escapeSlack(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

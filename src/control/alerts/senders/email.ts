import { writeMail } from "../../../lib/mail.ts";
import type { Outbound } from "../../../lib/outbound.ts";
import { SmtpError, sendMail } from "../../../lib/smtp.ts";
import type { Sending, SendResult } from "./sender.ts";
import { headline, plainText } from "./text.ts";

export interface EmailConfig {
  readonly host: string;
  readonly port: number;
  readonly security: "STARTTLS" | "TLS" | "NONE";
  readonly username: string | null;
  readonly password: string | null;
  readonly from: string;
  readonly to: readonly string[];
}

export async function sendEmail(
  outbound: Outbound,
  { config, message, deliveryId, nowMs }: Sending<EmailConfig>,
): Promise<SendResult> {
  const peer = await outbound.resolve(config.host, config.port);
  const { username, password, from, to } = config;
  const mail = writeMail({
    from,
    to,
    subject: headline(message),
    text: plainText(message),
    messageId: `${deliveryId}@${from.split("@")[1]}`,
    atMs: nowMs,
  });
  try {
    const reply = await sendMail({
      address: peer.address,
      port: config.port,
      host: config.host,
      security: config.security,
      auth: username === null ? null : { username, password: password ?? "" },
      from,
      to,
      mail,
    });
    return { kind: "delivered", httpStatus: null, answer: reply, retryAfterMs: null };
  } catch (error) {
    if (!(error instanceof SmtpError)) throw error;
    return { kind: error.isFinal ? "refused" : "failed", httpStatus: null, answer: error.message, retryAfterMs: null };
  }
}

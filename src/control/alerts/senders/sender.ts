import { jsonOrNull } from "../../../lib/json-or-null.ts";
import type { Outbound, OutboundRequest } from "../../../lib/outbound.ts";
import { isFinalStatus } from "../../../policy/alert-delivery.ts";
import type { AlertMessage } from "../../../store/alert-types.ts";

export interface SendResult {
  readonly kind: "delivered" | "failed" | "refused";
  readonly httpStatus: number | null;
  /** The receiver's own words, or why there were none. */
  readonly answer: string | null;
  readonly retryAfterMs: number | null;
}

export interface Sending<Config> {
  readonly config: Config;
  readonly message: AlertMessage;
  /** The same for each try: a receiver can tell a repetition. */
  readonly deliveryId: string;
  readonly nowMs: number;
}

/** How a kind of channel is spoken to over HTTP: pure, both ways. */
export interface HttpSender<Config> {
  request(sending: Sending<Config>): OutboundRequest;
  /** Why an answer with a good status is none: many of these services say 200 and put the error inside. Null: it is good. */
  complaint?(answer: unknown): string | null;
}

export async function sendOverHttp<Config>(
  outbound: Outbound,
  sender: HttpSender<Config>,
  sending: Sending<Config>,
): Promise<SendResult> {
  const request = sender.request(sending);
  const { status, text, header } = await outbound.send({
    ...request,
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8", ...request.headers },
    maxAnswerBytes: 65_536,
  });
  const retryAfter = Number(header("retry-after"));
  const retryAfterMs = retryAfter > 0 ? retryAfter * 1000 : null;
  if (status < 200 || status > 299) {
    return { kind: isFinalStatus(status) ? "refused" : "failed", httpStatus: status, answer: text, retryAfterMs };
  }
  const complaint = sender.complaint?.(jsonOrNull(text)) ?? null;
  if (complaint !== null) return { kind: "failed", httpStatus: status, answer: complaint, retryAfterMs };
  return { kind: "delivered", httpStatus: status, answer: text, retryAfterMs: null };
}

/** `code` and `message` under these names, as Feishu, DingTalk and WeCom answer; 0 is success. */
export function complaintIn(answer: unknown, codeName: string, textName: string): string | null {
  if (typeof answer !== "object" || answer === null) return "the answer is not JSON";
  const { [codeName]: code, [textName]: text } = answer as Record<string, unknown>;
  if (code === undefined) return `the answer has no ${codeName}`;
  return code === 0 ? null : `${codeName} ${String(code)}: ${String(text ?? "")}`;
}

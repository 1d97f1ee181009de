import { errorText } from "../../lib/log.ts";
import { afterAttempt } from "../../policy/alert-delivery.ts";
import type { Notice } from "../../policy/alert-notice.ts";
import { cleanText } from "../../policy/wording.ts";
import type { AlertMessage, AlertRow, AlertRuleRow, DeliveryRow, NewDelivery } from "../../store/alert-types.ts";
import type { ControlDeps } from "../deps.ts";
import type { SendResult } from "./senders/sender.ts";

const AT_ONCE = 8;
/** Incidents that a message names one by one. */
const MAX_NAMED = 10;
const MAX_ANSWER_LENGTH = 500;

/** Hands out what the store holds for the channels, again and again until it is delivered or given up. */
export class AlertOutbox {
  readonly #deps: Pick<ControlDeps, "store" | "outbound" | "now">;
  #running: Promise<void> | null = null;
  #isWoken = false;
  #isClosed = false;
  /** Undefined: not known yet. */
  #nextDueAt: number | null | undefined;

  constructor(deps: Pick<ControlDeps, "store" | "outbound" | "now">) {
    this.#deps = deps;
  }

  /** Something new is there. */
  wake(): void {
    this.#nextDueAt = undefined;
    // What fails here is met again by the regular run.
    this.run().catch(() => {});
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Sends what is due; resolves when all of it has been tried. Costs nothing while nothing is due. */
  run(): Promise<void> {
    if (this.#running !== null) {
      this.#isWoken = true;
      return this.#running;
    }
    this.#running = this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Sends one message now, without a second try, and notes what came of it. */
  async sendNow(delivery: NewDelivery): Promise<DeliveryRow> {
    const row = await this.#deps.store.alertDeliveries.add(delivery);
    return (await this.#attempt(row, false)) ?? row;
  }

  async #run(): Promise<void> {
    const { alertDeliveries } = this.#deps.store;
    do {
      this.#isWoken = false;
      if (this.#nextDueAt === null || (this.#nextDueAt ?? 0) > this.#deps.now()) continue;
      const due = this.#isClosed ? [] : await alertDeliveries.due(this.#deps.now(), AT_ONCE);
      await Promise.all(due.map((delivery) => this.#attempt(delivery, true)));
      if (due.length === AT_ONCE) this.#isWoken = true;
      else this.#nextDueAt = await alertDeliveries.nextDueAt();
    } while (this.#isWoken && !this.#isClosed);
  }

  async #attempt(delivery: DeliveryRow, again: boolean): Promise<DeliveryRow | null> {
    const { store, now } = this.#deps;
    const result = await this.#send(delivery);
    const attempts = delivery.attempts + 1;
    const kind = again || result.kind === "delivered" ? result.kind : "refused";
    const { state, nextAttemptAt } = afterAttempt({ ...result, kind }, attempts, now());
    return store.alertDeliveries.finish(delivery.id, {
      state,
      attempts,
      nextAttemptAt,
      endedAt: state === "PENDING" ? null : now(),
      httpStatus: result.httpStatus,
      answer: cleanText(result.answer)?.slice(0, MAX_ANSWER_LENGTH) ?? null,
    });
  }

  async #send({ id, channelId, message }: DeliveryRow): Promise<SendResult> {
    const { store, outbound, now } = this.#deps;
    try {
      const [channel, config] = await Promise.all([
        store.alertChannels.get(channelId),
        store.alertChannels.openConfig(channelId),
      ]);
      if (channel === null || config === null) return failed("the channel is gone", "refused");
      if (!channel.enabled && message.what !== "TEST") return failed("the channel is switched off", "refused");
      // Loaded with the first message: most gateways never send one.
      const { send } = await import("./senders/index.ts");
      return await send(outbound, { kind: channel.kind, config, message, deliveryId: id, nowMs: now() });
    } catch (error) {
      return failed(errorText(error), "failed");
    }
  }
}

/** One message for each channel of the rule. */
export function toDeliveries(
  notice: Notice<AlertRow>,
  rule: AlertRuleRow,
  channelIds: readonly string[],
  nowMs: number,
): NewDelivery[] {
  const { incidents, what } = notice;
  const [first] = incidents;
  const message: AlertMessage = {
    what,
    severity: rule.severity,
    title: incidents.length === 1 ? first!.title : `${rule.name}: ${incidents.length} incidents`,
    alerts: incidents
      .slice(0, MAX_NAMED)
      .map(({ id, title, detail, openedAt, resolvedAt }) => ({ id, title, detail, openedAt, resolvedAt })),
    total: incidents.length,
    rule: { id: rule.id, name: rule.name, kind: rule.condition.kind },
    at: nowMs,
  };
  return channelIds.map((channelId) => ({ channelId, message, createdAt: nowMs }));
}

function failed(answer: string, kind: "failed" | "refused"): SendResult {
  return { kind, httpStatus: null, answer, retryAfterMs: null };
}

import { newId } from "../../lib/id.ts";
import type { AlertRow, AlertRuleRow } from "../../store/alert-types.ts";
import type { AlertNote } from "./alert-events.ts";
import type { Reading } from "./alert-measure.ts";

/**
 * A new incident, or the last one again when it was resolved only just now: within the rule's cooldown, or before anybody was told
 * that it is over.
 */
export function openIncident(rule: AlertRuleRow, reading: Reading, last: AlertRow | null, nowMs: number): AlertNote {
  const { title, detail } = reading;
  if (last !== null && last.resolvedAt !== null) {
    const isRecent = nowMs - last.resolvedAt < rule.cooldownMs || last.told === "OPENED";
    if (isRecent) {
      const again = { resolvedAt: null, acknowledgedAt: null, changedAt: nowMs, lastSeenAt: nowMs };
      return {
        kind: "REOPENED",
        alert: { ...last, ...again, title, detail, severity: rule.severity, occurrences: last.occurrences + 1 },
      };
    }
  }
  return {
    kind: "OPENED",
    alert: {
      id: newId("alr", nowMs),
      ruleId: rule.id,
      ruleName: rule.name,
      kind: rule.condition.kind,
      severity: rule.severity,
      subject: reading.subject,
      title,
      detail,
      openedAt: nowMs,
      lastSeenAt: nowMs,
      resolvedAt: null,
      acknowledgedAt: null,
      mutedUntil: rule.mutedUntil !== null && rule.mutedUntil > nowMs ? rule.mutedUntil : null,
      changedAt: nowMs,
      occurrences: 1,
      told: null,
      toldAt: null,
    },
  };
}

export function changeIncident(
  incident: AlertRow,
  reading: Reading,
  step: "seen" | "resolve",
  isRelapse: boolean,
  nowMs: number,
): AlertRow {
  if (step === "resolve") return { ...incident, resolvedAt: nowMs, changedAt: nowMs };
  const { title, detail } = reading;
  return { ...incident, title, detail, lastSeenAt: nowMs, occurrences: incident.occurrences + (isRelapse ? 1 : 0) };
}

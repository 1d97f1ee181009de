import type { AlertState, Told } from "../alert-rule.ts";

/** Of an incident, what decides whether somebody has to be told. Times are Unix ms. */
export interface Tellable {
  readonly ruleId: string;
  readonly resolvedAt: number | null;
  readonly acknowledgedAt: number | null;
  readonly mutedUntil: number | null;
  /** When it last opened, opened again or was resolved. */
  readonly changedAt: number;
  readonly told: Told | null;
  readonly toldAt: number | null;
}

export function stateOf(
  incident: Pick<Tellable, "resolvedAt" | "acknowledgedAt" | "mutedUntil">,
  nowMs: number,
): AlertState {
  if (incident.resolvedAt !== null) return "RESOLVED";
  if (incident.mutedUntil !== null && incident.mutedUntil > nowMs) return "MUTED";
  return incident.acknowledgedAt === null ? "OPEN" : "ACKNOWLEDGED";
}

/**
 * What people still have to hear. One word when it opens, one when it is over, and the second only to who heard the first. One
 * that opens again soon after keeps silent until its rule's cooldown is over, and speaks only if it is still open then.
 */
export function dueNotice(incident: Tellable, cooldownMs: number, nowMs: number): Told | null {
  if (incident.resolvedAt !== null) return incident.told === "OPENED" ? "RESOLVED" : null;
  if (incident.told === "OPENED" || stateOf(incident, nowMs) !== "OPEN") return null;
  if (incident.told === "RESOLVED" && nowMs < (incident.toldAt ?? 0) + cooldownMs) return null;
  return "OPENED";
}

/** A burst is gathered: until nothing has been added for so long … */
const QUIET_MS = 10_000;
/** … and at most for so long: fifty keys that fail within a minute are one message. */
const GATHER_MS = 60_000;

export interface Notice<Incident> {
  readonly ruleId: string;
  readonly what: Told;
  /** Oldest first. */
  readonly incidents: readonly Incident[];
}

/** The messages that are to go out now: one per rule and kind of news. `cooldownOf` answers null for a rule that must not speak. */
export function dueNotices<Incident extends Tellable>(
  incidents: Iterable<Incident>,
  cooldownOf: (ruleId: string) => number | null,
  nowMs: number,
): Notice<Incident>[] {
  const gathered = new Map<string, { ruleId: string; what: Told; incidents: Incident[] }>();
  for (const incident of incidents) {
    const cooldownMs = cooldownOf(incident.ruleId);
    const what = cooldownMs === null ? null : dueNotice(incident, cooldownMs, nowMs);
    if (what === null) continue;
    const place = `${what} ${incident.ruleId}`;
    const notice = gathered.get(place) ?? { ruleId: incident.ruleId, what, incidents: [] };
    notice.incidents.push(incident);
    gathered.set(place, notice);
  }
  return [...gathered.values()].filter(({ incidents: group }) => {
    const times = group.map((incident) => incident.changedAt);
    return nowMs - Math.max(...times) >= QUIET_MS || nowMs - Math.min(...times) >= GATHER_MS;
  });
}

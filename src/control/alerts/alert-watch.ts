import { dueNotices, type Notice } from "../../policy/alert-notice.ts";
import { advance, foundOpen, QUIET, type Step, type Track } from "../../policy/alert-track.ts";
import type { RequestRecord } from "../../record.ts";
import type { AlertRow, AlertRuleRow } from "../../store/alert-types.ts";
import type { ControlDeps } from "../deps.ts";
import { EventLog } from "../event-log.ts";
import { SharedFrames } from "../shared-frames.ts";
import { AlertCounter } from "./alert-counters.ts";
import type { AlertFrame, AlertNote } from "./alert-events.ts";
import { changeIncident, openIncident } from "./alert-incident.ts";
import { type MeasureDeps, measure, type Reading } from "./alert-measure.ts";
import { type AlertOutbox, toDeliveries } from "./alert-outbox.ts";

const KEPT_EVENTS = 1024;
/** A look at a rule's keys after something happened to one: a burst is one look. */
const KEY_EVENT_DELAY_MS = 1000;
/** An incident that goes on is written down again only so often. */
const NOTE_SEEN_MS = 600_000;
/** More incidents of one rule at once are not told apart. */
const MAX_OPEN_PER_RULE = 1000;
/** The longest cooldown: for so long a resolved incident may open again. */
export const MAX_COOLDOWN_MS = 86_400_000;

/** How long a measurement is good for. What is counted in memory is looked at each time. */
const FRESH_MS: Readonly<Record<AlertRuleRow["condition"]["kind"], number>> = {
  ERROR_RATE: 0,
  LATENCY: 0,
  NO_TRAFFIC: 0,
  KEY_INVALID: 60_000,
  PROVIDER_LOW: 60_000,
  LOW_BALANCE: 60_000,
  DISK_SPACE: 60_000,
  BUDGET: 60_000,
  SPEND_SPIKE: 300_000,
};

/**
 * Looks at every rule now and then, opens and resolves incidents, and puts what people must hear into the outbox, in one
 * transaction with what they have heard. The request path only counts, and only for rules that count requests.
 */
export class AlertWatch {
  readonly log = new EventLog<AlertNote>(KEPT_EVENTS);
  readonly frames = new SharedFrames<AlertFrame>();
  readonly #deps: MeasureDeps;
  readonly #events: ControlDeps["events"];
  readonly #outbox: AlertOutbox;
  readonly #ended = new AbortController();
  readonly #stops: (() => void)[];
  #rules: readonly AlertRuleRow[] | null = null;
  #counters = new Map<string, AlertCounter>();
  #stopCounting: (() => void) | null = null;
  readonly #measured = new Map<string, { readonly atMs: number; readonly readings: readonly Reading[] }>();
  readonly #tracks = new Map<string, Track>();
  /** The newest incident of each (rule, subject), while it is open or may open again. */
  #incidents: Map<string, AlertRow> | null = null;
  readonly #writtenAt = new Map<string, number>();
  /** What has changed and is not written down yet: it survives a write that failed. */
  readonly #unsaved = new Map<string, AlertNote>();
  #running: Promise<void> = Promise.resolve();
  #soon: ReturnType<typeof setTimeout> | null = null;
  #isPrompt = false;

  constructor(
    deps: Pick<ControlDeps, "store" | "pool" | "now" | "events">,
    parts: Pick<MeasureDeps, "rows" | "capacities" | "balanceOf"> & { readonly outbox: AlertOutbox },
  ) {
    const { store, pool } = deps;
    const { rows, capacities, balanceOf, outbox } = parts;
    this.#deps = { store, pool, rows, capacities, balanceOf, now: () => deps.now() };
    this.#outbox = outbox;
    this.#events = deps.events;
    this.#stops = [
      deps.events.on("keyHealth", () => this.#lookSoon()),
      // Rules too may be written by way of the configuration as a whole.
      deps.events.on("config", () => this.rulesChanged()),
    ];
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** From here on changes of a key's health are looked at at once. */
  begin(): void {
    this.#isPrompt = true;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#stopCounting?.();
    if (this.#soon !== null) clearTimeout(this.#soon);
    this.#ended.abort();
  }

  /** Rules have been written: they count from the next look on. */
  rulesChanged(): void {
    this.#rules = null;
    this.#measured.clear();
  }

  /** One look at all rules; looks never overlap. */
  evaluate(): Promise<void> {
    return this.#inTurn(() => this.#evaluate());
  }

  async openCount(): Promise<number> {
    const incidents = await this.#load();
    return [...incidents.values()].filter((incident) => incident.resolvedAt === null).length;
  }

  /** A row that was read, or what is newer than it. */
  current(row: AlertRow): AlertRow {
    const live = this.#incidents?.get(placeOf(row));
    return live?.id === row.id ? live : row;
  }

  /** The incident as it is now, which may be newer than what is written down. */
  async find(id: string): Promise<AlertRow | null> {
    const incidents = await this.#load();
    return [...incidents.values()].find((one) => one.id === id) ?? this.#deps.store.alerts.get(id);
  }

  /** A person's word about an incident that is open; null when there is no such incident. */
  change(id: string, patch: Pick<AlertRow, "acknowledgedAt" | "mutedUntil">): Promise<AlertRow | null> {
    return this.#inTurn(async () => {
      const current = await this.find(id);
      if (current === null || current.resolvedAt !== null) return current;
      const changed = { ...current, ...patch };
      await this.#deps.store.alerts.save([changed], []);
      this.#incidents!.set(placeOf(changed), changed);
      this.log.append({ kind: "UPDATED", alert: changed });
      return changed;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#running.then(work);
    this.#running = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  #lookSoon(): void {
    for (const rule of this.#rules ?? []) {
      if (rule.condition.kind === "KEY_INVALID" || rule.condition.kind === "PROVIDER_LOW")
        this.#measured.delete(rule.id);
    }
    if (!this.#isPrompt) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      // The regular look reports what fails.
      this.evaluate().catch(() => {});
    }, KEY_EVENT_DELAY_MS);
  }

  async #evaluate(): Promise<void> {
    const incidents = await this.#load();
    const rules = await this.#loadRules();
    const nowMs = this.#deps.now();
    const changes = this.#unsaved;
    for (const rule of rules) {
      if (rule.enabled) await this.#look(rule, nowMs, changes);
    }
    this.#endOrphans(rules, nowMs, changes);
    for (const { alert } of changes.values()) incidents.set(placeOf(alert), alert);
    await this.#tell(rules, nowMs, changes);
    this.#forget(nowMs);
  }

  async #look(rule: AlertRuleRow, nowMs: number, changes: Map<string, AlertNote>): Promise<void> {
    const readings = await this.#measure(rule, nowMs);
    const bySubject = new Map(readings.slice(0, MAX_OPEN_PER_RULE).map((reading) => [reading.subject, reading]));
    const prefix = `${rule.id}|`;
    for (const place of this.#tracks.keys()) {
      const subject = place.startsWith(prefix) ? place.slice(prefix.length) : null;
      if (subject !== null && !bySubject.has(subject)) bySubject.set(subject, absent(rule, subject));
    }
    const timing = { forMs: rule.forMs, staleMs: staleAfter(rule.condition) };
    for (const reading of bySubject.values()) {
      const place = prefix + reading.subject;
      const before = this.#tracks.get(place) ?? QUIET;
      const { track, step } = advance(before, reading.verdict, timing, nowMs);
      if (track === QUIET) this.#tracks.delete(place);
      else this.#tracks.set(place, track);
      this.#note(rule, reading, { step, isRelapse: step === "seen" && before.firingSinceMs === null }, nowMs, changes);
    }
  }

  async #measure(rule: AlertRuleRow, nowMs: number): Promise<readonly Reading[]> {
    const known = this.#measured.get(rule.id);
    if (known !== undefined && nowMs - known.atMs < FRESH_MS[rule.condition.kind]) return known.readings;
    const readings = await measure(this.#deps, rule, this.#counters.get(rule.id));
    this.#measured.set(rule.id, { atMs: nowMs, readings });
    return readings;
  }

  #note(
    rule: AlertRuleRow,
    reading: Reading,
    { step, isRelapse }: { readonly step: Step; readonly isRelapse: boolean },
    nowMs: number,
    changes: Map<string, AlertNote>,
  ): void {
    if (step === "none") return;
    const place = `${rule.id}|${reading.subject}`;
    const last = this.#incidents!.get(place) ?? null;
    if (step === "open") {
      changes.set(place, openIncident(rule, reading, last, nowMs));
    } else if (last !== null && last.resolvedAt === null) {
      const alert = changeIncident(last, reading, step, isRelapse, nowMs);
      this.#incidents!.set(place, alert);
      const isDue = nowMs - (this.#writtenAt.get(place) ?? alert.changedAt) >= NOTE_SEEN_MS;
      if (step === "resolve" || isRelapse || isDue) {
        changes.set(place, { kind: step === "resolve" ? "RESOLVED" : "UPDATED", alert });
      }
    }
  }

  /** Incidents whose rule is gone or switched off are over, and nobody has to hear of it. */
  #endOrphans(rules: readonly AlertRuleRow[], nowMs: number, changes: Map<string, AlertNote>): void {
    const live = new Set(rules.filter((rule) => rule.enabled).map((rule) => rule.id));
    for (const [place, incident] of this.#incidents!) {
      if (live.has(incident.ruleId)) continue;
      this.#tracks.delete(place);
      if (incident.resolvedAt !== null) continue;
      const alert = { ...incident, resolvedAt: nowMs, changedAt: nowMs, told: "RESOLVED" as const, toldAt: nowMs };
      changes.set(place, { kind: "RESOLVED", alert });
    }
  }

  async #tell(rules: readonly AlertRuleRow[], nowMs: number, changes: Map<string, AlertNote>): Promise<void> {
    const channels = new Set(
      (await this.#deps.store.alertChannels.list()).filter((one) => one.enabled).map((one) => one.id),
    );
    const byId = new Map(rules.map((rule) => [rule.id, rule]));
    const channelsOf = (rule: AlertRuleRow) => rule.channelIds.filter((id) => channels.has(id));
    const notices = dueNotices(
      this.#incidents!.values(),
      (ruleId) => {
        const rule = byId.get(ruleId);
        if (rule === undefined || (rule.mutedUntil ?? 0) > nowMs || channelsOf(rule).length === 0) return null;
        return rule.cooldownMs;
      },
      nowMs,
    );
    const told = notices.flatMap(({ what, incidents }) =>
      incidents.map((incident): AlertRow => ({ ...incident, told: what, toldAt: nowMs })),
    );
    const rows = new Map([...changes].map(([place, { alert }]) => [place, alert]));
    for (const alert of told) rows.set(placeOf(alert), alert);
    if (rows.size === 0) return;
    const deliveries = notices.flatMap((notice: Notice<AlertRow>) => {
      const rule = byId.get(notice.ruleId)!;
      return toDeliveries(notice, rule, channelsOf(rule), nowMs);
    });
    await this.#deps.store.alerts.save([...rows.values()], deliveries);
    for (const [place, alert] of rows) {
      this.#incidents!.set(place, alert);
      this.#writtenAt.set(place, nowMs);
    }
    for (const { kind, alert } of changes.values()) this.log.append({ kind, alert: rows.get(placeOf(alert)) ?? alert });
    changes.clear();
    if (deliveries.length > 0) this.#outbox.wake();
  }

  /** What can neither open again nor has to be told. */
  #forget(nowMs: number): void {
    for (const [place, { resolvedAt, told }] of this.#incidents!) {
      if (resolvedAt === null || told === "OPENED" || nowMs - resolvedAt < MAX_COOLDOWN_MS) continue;
      this.#incidents!.delete(place);
      this.#writtenAt.delete(place);
    }
  }

  async #load(): Promise<Map<string, AlertRow>> {
    if (this.#incidents !== null) return this.#incidents;
    const rows = await this.#deps.store.alerts.live(this.#deps.now() - MAX_COOLDOWN_MS);
    const incidents = new Map<string, AlertRow>();
    for (const row of rows) {
      const place = placeOf(row);
      if (incidents.has(place)) continue; // Newest first.
      incidents.set(place, row);
      if (row.resolvedAt === null) this.#tracks.set(place, foundOpen(row.lastSeenAt));
    }
    this.#incidents ??= incidents;
    return this.#incidents;
  }

  async #loadRules(): Promise<readonly AlertRuleRow[]> {
    if (this.#rules !== null) return this.#rules;
    const rules = await this.#deps.store.alertRules.list();
    const nowMs = this.#deps.now();
    const counting = rules.filter(
      ({ enabled, condition: { kind } }) =>
        enabled && (kind === "ERROR_RATE" || kind === "LATENCY" || kind === "NO_TRAFFIC"),
    );
    const before = new Map(this.#counters);
    this.#counters = new Map(
      counting.map((rule) => {
        const known = before.get(rule.id);
        return [rule.id, known?.fits(rule) ? known : new AlertCounter(rule, nowMs)];
      }),
    );
    if (this.#counters.size === 0) {
      this.#stopCounting?.();
      this.#stopCounting = null;
    } else {
      this.#stopCounting ??= this.#events.on("requestSettled", (record) => this.#count(record));
    }
    this.#rules = rules;
    return rules;
  }

  #count(record: RequestRecord): void {
    const nowMs = this.#deps.now();
    for (const counter of this.#counters.values()) counter.note(record, nowMs);
  }
}

function placeOf({ ruleId, subject }: Pick<AlertRow, "ruleId" | "subject">): string {
  return `${ruleId}|${subject}`;
}

/** Rates need requests: without any nothing is known. Everything else that is not named is well. */
function absent({ condition: { kind } }: AlertRuleRow, subject: string): Reading {
  const verdict = kind === "ERROR_RATE" || kind === "LATENCY" ? "unsure" : "clear";
  return { subject, verdict, title: "", detail: null };
}

/** Nothing could be said for so long: then an incident is over. */
export function staleAfter(condition: AlertRuleRow["condition"]): number {
  return "windowMs" in condition ? Math.max(2 * condition.windowMs, 900_000) : 900_000;
}

import type {
  AlertChannelKind,
  AlertCondition,
  AlertKind,
  AlertScope,
  AlertState,
  Severity,
  Told,
} from "../alert-rule.ts";
import type { Secret } from "../lib/secret.ts";
import type { Nouns, Stamped } from "./types.ts";

export interface AlertRuleValues {
  readonly name: string;
  readonly enabled: boolean;
  readonly severity: Severity;
  readonly condition: AlertCondition;
  readonly scope: AlertScope;
  readonly forMs: number;
  readonly cooldownMs: number;
  readonly mutedUntil: number | null;
  readonly channelIds: readonly string[];
  readonly memo: string | null;
}
export interface AlertRuleRow extends Stamped, AlertRuleValues {}

export interface AlertChannelValues {
  readonly name: string;
  readonly enabled: boolean;
  readonly kind: AlertChannelKind;
  /** JSON: addresses, tokens, passwords; sealed at rest. */
  readonly config: Secret;
  /** Where it leads, without what is secret about it. */
  readonly preview: string;
}
export interface AlertChannelRow extends Stamped, Omit<AlertChannelValues, "config"> {}
export interface AlertChannelStore extends Nouns<AlertChannelRow, AlertChannelValues> {
  /** Null when there is no such channel. Rejects with StoreError when it cannot be opened. */
  openConfig(id: string): Promise<Secret | null>;
}

/** An incident; the columns are explained in tables/alert.ts. */
export interface AlertRow {
  readonly id: string;
  readonly ruleId: string;
  readonly ruleName: string;
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly subject: string;
  readonly title: string;
  readonly detail: string | null;
  readonly openedAt: number;
  readonly lastSeenAt: number;
  readonly resolvedAt: number | null;
  readonly acknowledgedAt: number | null;
  readonly mutedUntil: number | null;
  readonly changedAt: number;
  readonly occurrences: number;
  readonly told: Told | null;
  readonly toldAt: number | null;
}

export interface AlertQuery {
  readonly states?: readonly AlertState[];
  readonly severities?: readonly Severity[];
  readonly kinds?: readonly AlertKind[];
  readonly ruleIds?: readonly string[];
  readonly subjects?: readonly string[];
  /** By the time of opening. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly nowMs: number;
}

export interface AlertStore {
  /** Newest first; exclusive bounds. `backward` reads from the oldest end. */
  page(
    query: AlertQuery,
    page: { readonly limit: number; readonly afterId?: string; readonly beforeId?: string; readonly backward: boolean },
  ): Promise<{ readonly rows: AlertRow[]; readonly hasMore: boolean; readonly totalCount: number }>;
  get(id: string): Promise<AlertRow | null>;
  /** What the watch has to know after a start: all that is open, and what was resolved since then. */
  live(resolvedSinceMs: number): Promise<AlertRow[]>;
  /** Incidents as they are now and the messages about them: all or nothing, so that a restart neither forgets nor repeats one. */
  save(alerts: readonly AlertRow[], deliveries: readonly NewDelivery[]): Promise<void>;
  /** Deletes what was resolved before. */
  expire(resolvedBeforeMs: number): Promise<void>;
}

/** What a channel is given to say, in words that every kind of channel can show. */
export interface AlertMessage {
  readonly what: Told | "TEST";
  readonly severity: Severity;
  readonly title: string;
  /** At most ten incidents; `total` says how many there are. */
  readonly alerts: readonly {
    readonly id: string;
    readonly title: string;
    readonly detail: string | null;
    readonly openedAt: number;
    readonly resolvedAt: number | null;
  }[];
  readonly total: number;
  readonly rule: { readonly id: string; readonly name: string; readonly kind: AlertKind } | null;
  readonly at: number;
}

export type DeliveryState = "PENDING" | "DELIVERED" | "FAILED";

export interface NewDelivery {
  readonly channelId: string;
  readonly message: AlertMessage;
  readonly createdAt: number;
}
export interface DeliveryRow extends NewDelivery {
  readonly id: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly nextAttemptAt: number | null;
  readonly endedAt: number | null;
  readonly httpStatus: number | null;
  /** The receiver's own words, or why there were none; bounded. */
  readonly answer: string | null;
}

export type DeliveryOutcome = Pick<
  DeliveryRow,
  "state" | "attempts" | "nextAttemptAt" | "endedAt" | "httpStatus" | "answer"
>;

export interface DeliveryStore {
  /** Pending ones whose time has come, oldest first. */
  due(nowMs: number, limit: number): Promise<DeliveryRow[]>;
  /** When the next one is due; null when none is pending. */
  nextDueAt(): Promise<number | null>;
  add(delivery: NewDelivery): Promise<DeliveryRow>;
  finish(id: string, outcome: DeliveryOutcome): Promise<DeliveryRow | null>;
  /** Newest first, of one channel. */
  page(
    channelId: string,
    page: { readonly limit: number; readonly afterId?: string; readonly beforeId?: string; readonly backward: boolean },
  ): Promise<{ readonly rows: DeliveryRow[]; readonly hasMore: boolean; readonly totalCount: number }>;
  /** The last finished one of a channel. */
  last(channelId: string): Promise<DeliveryRow | null>;
  /** Deletes finished ones from before. */
  expire(endedBeforeMs: number): Promise<void>;
}

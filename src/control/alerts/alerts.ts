import type { AlertKind, AlertState, Severity } from "../../alert-rule.ts";
import { isId } from "../../lib/id.ts";
import { stateOf } from "../../policy/alert-notice.ts";
import type { AlertRow } from "../../store/alert-types.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { type CountedPage, type PageArgs, pageOf, readPageArgs } from "../page.ts";
import { readRange, type TimeRangeInput } from "../usage/time-range.ts";
import { invalid, notFound, ok, type Result, refuse } from "../user-errors.ts";

export interface AlertFilter {
  readonly states?: readonly AlertState[] | null;
  readonly severities?: readonly Severity[] | null;
  readonly kinds?: readonly AlertKind[] | null;
  readonly ruleIds?: readonly string[] | null;
  /** Ids of nodes, or names of models. */
  readonly subjects?: readonly string[] | null;
  readonly range?: TimeRangeInput | null;
}

const RESOLVED_KEPT_MS = 90 * 86_400_000;
const DELIVERIES_KEPT_MS = 30 * 86_400_000;
const MAX_MUTE_SECONDS = 30 * 86_400;

/** Newest first. A cursor is the incident's id. */
export async function listAlerts(
  control: Control,
  filter: AlertFilter,
  page: PageArgs,
): Promise<CountedPage<AlertRow>> {
  const request = readPageArgs(page);
  for (const cursor of [request.after, request.before]) {
    if (cursor !== null && !isId("alr", cursor)) throw badInput("The cursor is no alert's id.", "after");
  }
  const { range, ...lists } = filter;
  const nowMs = control.now();
  const given = Object.fromEntries(Object.entries(lists).filter(([, list]) => list != null));
  const times = range ? readRange(range, { timeZone: "UTC", nowMs }) : {};
  const found = await control.store.alerts.page({ ...given, ...times, nowMs }, toIdBounds(request));
  const rows = found.rows.map((row) => control.alertWatch.current(row));
  return { ...pageOf({ ...found, rows }, request, ({ id }) => id), totalCount: found.totalCount };
}

export interface AcknowledgeInput {
  readonly id: string;
  readonly acknowledged: boolean;
  readonly muteSeconds: number | null;
}

/** Somebody looks after it: nothing more is said but that it is over. Muted: not even that it goes on, for so long. */
export async function acknowledgeAlert(control: Control, input: AcknowledgeInput): Promise<Result<AlertRow>> {
  const { id, acknowledged, muteSeconds } = input;
  if (muteSeconds !== null && (muteSeconds < 0 || muteSeconds > MAX_MUTE_SECONDS)) {
    return refuse(invalid("muteSeconds", `From 0 to ${MAX_MUTE_SECONDS} seconds.`, "OUT_OF_RANGE"));
  }
  const nowMs = control.now();
  const changed = await control.alertWatch.change(id, {
    acknowledgedAt: acknowledged ? nowMs : null,
    mutedUntil: muteSeconds ? nowMs + muteSeconds * 1000 : null,
  });
  if (changed === null) return refuse(notFound("id", "alert", id));
  if (changed.resolvedAt !== null) return refuse(invalid("id", "This alert is over.", "CONFLICT"));
  return ok(changed);
}

export function readAlertState(control: Control, alert: AlertRow): AlertState {
  return stateOf(alert, control.now());
}

export function toIdBounds({ limit, backward, after, before }: ReturnType<typeof readPageArgs>) {
  return {
    limit,
    backward,
    ...(after === null ? {} : { afterId: after }),
    ...(before === null ? {} : { beforeId: before }),
  };
}

/** Lets go of what is long over. */
export async function expireAlerts({ store, now }: Pick<Control, "store" | "now">): Promise<void> {
  await store.alerts.expire(now() - RESOLVED_KEPT_MS);
  await store.alertDeliveries.expire(now() - DELIVERIES_KEPT_MS);
}

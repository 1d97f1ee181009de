import { type JSX, Show } from "solid-js";
import {
  formatCompact,
  formatDayTime,
  formatDuration,
  formatElapsed,
  formatFull,
  formatMoney,
  formatTime,
} from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { createClock } from "../../lib/clock.ts";
import { clientName } from "../clients/client-name.ts";
import type { Request } from "./documents.ts";
import { isRunning } from "./request-status.tsx";
import styles from "./requests.module.css";

/** Today the time, before that the day too. */
export function RequestTime(props: { readonly at: string }): JSX.Element {
  const isToday = () => new Date(props.at).toDateString() === new Date().toDateString();
  return (
    <time class="number" dateTime={props.at} title={formatFull(props.at)}>
      {isToday() ? formatTime(props.at) : formatDayTime(props.at)}
    </time>
  );
}

/** The model that was asked for and, where that is another one, the one that served. */
export function RequestModel(props: {
  readonly request: Pick<Request, "requestedModel" | "servedModel">;
}): JSX.Element {
  const served = () => {
    const { requestedModel, servedModel } = props.request;
    return servedModel !== null && servedModel !== requestedModel ? servedModel : null;
  };
  return (
    <>
      {props.request.requestedModel || "–"}
      <Show when={served()}>{(name) => <span class="faint"> → {name()}</span>}</Show>
    </>
  );
}

/** Who sent it, when that was no client. */
export function OriginMark(props: { readonly request: Pick<Request, "origin"> }): JSX.Element {
  return (
    <Show when={props.request.origin !== "CLIENT"}>
      <span class={styles.origin}>{t().requests.origins[props.request.origin]}</span>
    </Show>
  );
}

/** Something that was asked for did not reach the upstream. */
export function DroppedMark(props: { readonly request: Pick<Request, "droppedFields"> }): JSX.Element {
  return (
    <Show when={props.request.droppedFields.length > 0}>
      <span class={styles.dropped} title={t().requests.droppedTitle(props.request.droppedFields.join(", "))}>
        {t().requests.droppedCount(props.request.droppedFields.length)}
      </span>
    </Show>
  );
}

export function RequestClient(props: { readonly request: Pick<Request, "clientKey"> }): JSX.Element {
  return (
    <Show when={props.request.clientKey} fallback={<span class="faint">–</span>}>
      {(client) => clientName(client())}
    </Show>
  );
}

/** Prompt and answer; cached parts count as prompt. */
export function RequestTokens(props: { readonly request: Pick<Request, "usage" | "usageSource"> }): JSX.Element {
  return (
    <Show when={props.request.usage} fallback={<span class="faint">–</span>}>
      {(usage) => (
        <span title={props.request.usageSource === "ESTIMATED" ? t().requests.estimated : undefined}>
          {props.request.usageSource === "ESTIMATED" ? "~" : ""}
          {formatCompact(usage().inputTokens + usage().cacheReadTokens + usage().cacheWriteTokens)}
          <span class="faint"> → </span>
          {formatCompact(usage().outputTokens + usage().reasoningTokens)}
        </span>
      )}
    </Show>
  );
}

/** Unknown is said, never shown as nothing. */
export function RequestCost(props: { readonly request: Pick<Request, "cost" | "status" | "usage"> }): JSX.Element {
  const unknown = () =>
    props.request.status === "SUCCESS" || props.request.usage !== null ? t().requests.unpriced : "–";
  return (
    <Show when={props.request.cost} fallback={<span class="faint">{unknown()}</span>}>
      {(cost) => formatMoney(cost())}
    </Show>
  );
}

/** How long it took; while it runs, how long it has been running. */
export function RequestDuration(props: {
  readonly request: Pick<Request, "status" | "latencyMs" | "receivedAt">;
}): JSX.Element {
  return (
    <Show when={isRunning(props.request)} fallback={<Settled ms={props.request.latencyMs} />}>
      <Elapsed since={props.request.receivedAt} />
    </Show>
  );
}

function Settled(props: { readonly ms: number | null }): JSX.Element {
  return <>{props.ms === null ? "–" : formatDuration(props.ms)}</>;
}

function Elapsed(props: { readonly since: string }): JSX.Element {
  const now = createClock();
  return <>{formatElapsed(now() - Date.parse(props.since))}</>;
}

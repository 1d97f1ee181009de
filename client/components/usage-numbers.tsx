import { type JSX, Show } from "solid-js";
import type { Metrics } from "../api/fragments.ts";
import { formatCompact, formatDuration, formatHour, formatMoney, formatNumber, formatPercent } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { Sparkline } from "./sparkline.tsx";
import styles from "./usage-numbers.module.css";

interface Course {
  readonly startsAt: string;
  readonly stepSeconds: number;
  readonly requests: readonly number[];
  readonly errors: readonly number[];
}

/** The last 24 hours of one thing: its numbers and their course. */
export function UsageNumbers(props: { readonly usage: Metrics; readonly sparkline: Course }): JSX.Element {
  const errorShare = () => (props.usage.requests === 0 ? null : props.usage.errors / props.usage.requests);
  const time = (ms: number | null) => (ms === null ? "–" : formatDuration(ms));
  return (
    <>
      <dl class={styles.numbers}>
        <Figure label={t().usage.requests} value={formatNumber(props.usage.requests)} />
        <Figure label={t().usage.errors} value={errorShare() === null ? "–" : formatPercent(errorShare() ?? 0)} />
        <Figure label={t().usage.cost} value={formatMoney(props.usage.cost)} />
        <Figure label={t().usage.tokens} value={formatCompact(props.usage.totalTokens)} />
        <Figure label={t().usage.firstToken} value={time(props.usage.p95FirstTokenMs)} />
        <Figure label={t().usage.latency} value={time(props.usage.p95LatencyMs)} />
      </dl>
      <Sparkline
        height={40}
        requests={props.sparkline.requests}
        errors={props.sparkline.errors}
        label={t().common.sparkline(props.usage.requests, props.usage.errors)}
      />
      <p class={styles.axis} aria-hidden="true">
        <span>{formatHour(props.sparkline.startsAt)}</span>
        <span>{t().common.now}</span>
      </p>
      <Show when={props.usage.unpricedRequests > 0}>
        <p class={styles.note}>{t().usage.unpriced(props.usage.unpricedRequests)}</p>
      </Show>
    </>
  );
}

function Figure(props: { readonly label: string; readonly value: string }): JSX.Element {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}

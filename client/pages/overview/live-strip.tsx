import type { JSX } from "solid-js";
import { MiniLine } from "../../components/sparkline.tsx";
import {
  formatCompact,
  formatDuration,
  formatMoney,
  formatNumber,
  formatPercent,
  formatRate,
} from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { Tick } from "./documents.ts";
import styles from "./overview.module.css";
import type { Course, Pulse } from "./pulse.ts";

/** What is happening at this moment, each number with the five minutes before it. */
export function LiveStrip(props: { readonly pulse: Pulse; readonly first: Tick | undefined }): JSX.Element {
  const now = () => props.pulse.now() ?? props.first;
  const say = (format: (tick: Tick) => string) => {
    const tick = now();
    return tick ? format(tick) : "–";
  };
  return (
    <dl class={styles.strip} aria-label={t().overview.live}>
      <Metric
        label={t().overview.requestRate}
        value={say((tick) => formatRate(tick.requestsPerSecond))}
        course={props.pulse.requests()}
      />
      <Metric
        label={t().overview.tokenRate}
        value={say((tick) =>
          tick.tokensPerSecond < 1000
            ? formatRate(tick.tokensPerSecond)
            : formatCompact(Math.round(tick.tokensPerSecond)),
        )}
        course={props.pulse.tokens()}
      />
      <Metric label={t().overview.running} value={say((tick) => formatNumber(tick.activeRequests))} />
      <Metric
        label={t().overview.errorRate}
        value={say((tick) => (tick.errorRate === null ? "–" : formatPercent(tick.errorRate)))}
        course={props.pulse.errors()}
      />
      <Metric
        label={t().overview.firstToken}
        value={say((tick) => (tick.p95FirstTokenMs === null ? "–" : formatDuration(tick.p95FirstTokenMs)))}
        course={props.pulse.firstToken()}
      />
      <Metric
        label={t().overview.costRate}
        value={say((tick) => formatMoney(tick.costPerHour))}
        course={props.pulse.cost()}
      />
    </dl>
  );
}

function Metric(props: { readonly label: string; readonly value: string; readonly course?: Course }): JSX.Element {
  return (
    <div class={styles.metric}>
      <dt>{props.label}</dt>
      <dd>
        {props.value}
        {props.course ? <MiniLine values={props.course} label={t().overview.lastMinutes} /> : null}
      </dd>
    </div>
  );
}

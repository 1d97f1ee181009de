import type { JSX } from "solid-js";
import { formatCompact, formatMoney, formatNumber, formatPercent } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { OverviewData } from "./documents.ts";
import styles from "./overview.module.css";

type Day = OverviewData["overview"]["today"];

/** Today in sentences, against yesterday until the same time. */
export function Today(props: { readonly today: Day; readonly yesterday: Day }): JSX.Element {
  const change = (pick: (day: Day) => number) => {
    const [now, before] = [pick(props.today), pick(props.yesterday)];
    if (before === 0) return now === 0 ? t().overview.sameAsYesterday : t().overview.noneYesterday;
    const share = now / before - 1;
    if (Math.abs(share) < 0.005) return t().overview.sameAsYesterday;
    return share > 0 ? t().overview.more(formatPercent(share)) : t().overview.less(formatPercent(-share));
  };
  const errorShare = (day: Day) => (day.requests === 0 ? 0 : day.errors / day.requests);
  return (
    <ul class={styles.words}>
      <li>
        <strong>{t().overview.requestsToday(formatNumber(props.today.requests))}</strong>{" "}
        <span class="muted">{change((day) => day.requests)}</span>
      </li>
      <li>
        <strong>{t().overview.costToday(formatMoney(props.today.cost))}</strong>{" "}
        <span class="muted">
          {change((day) => Number(day.cost))}
          {props.today.unpricedRequests > 0 ? ` · ${t().usage.unpriced(props.today.unpricedRequests)}` : ""}
        </span>
      </li>
      <li>
        <strong>{t().overview.tokensToday(formatCompact(props.today.totalTokens))}</strong>{" "}
        <span class="muted">{change((day) => day.totalTokens)}</span>
      </li>
      <li>
        <strong>
          {t().overview.errorsToday(formatNumber(props.today.errors), formatPercent(errorShare(props.today)))}
        </strong>
        {" · "}
        <span class="muted">{t().overview.errorsYesterday(formatPercent(errorShare(props.yesterday)))}</span>
      </li>
    </ul>
  );
}

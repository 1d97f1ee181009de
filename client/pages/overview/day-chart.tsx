import { createSignal, type JSX, Show } from "solid-js";
import { createQuery } from "../../api/query.ts";
import { Chart, type ChartSeries } from "../../components/chart.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { formatCompact, formatMoney, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { TIME_ZONE } from "../../lib/local-time.ts";
import { dayQuery } from "./documents.ts";
import styles from "./overview.module.css";

const MEASURES = ["requests", "tokens", "cost"] as const;
type Measure = (typeof MEASURES)[number];

/** The last 24 hours, hour by hour. */
export function DayChart(): JSX.Element {
  const query = createQuery(dayQuery, () => ({ timeZone: TIME_ZONE }));
  const [measure, setMeasure] = createSignal<Measure>("requests");
  const usage = () => query.data()?.usage;
  const add = (...columns: readonly (readonly number[])[]) =>
    (usage()?.buckets ?? []).map((_, index) => columns.reduce((sum, column) => sum + (column[index] ?? 0), 0));

  const series = (): ChartSeries[] => {
    const all = usage()?.series[0];
    const none = add();
    if (measure() === "tokens") {
      const prompt = all ? add(all.inputTokens, all.cacheReadTokens, all.cacheWriteTokens) : none;
      const answer = all ? add(all.outputTokens, all.reasoningTokens) : none;
      return [
        { label: t().overview.promptTokens, values: prompt, color: "--c1" },
        { label: t().overview.answerTokens, values: answer, color: "--c3" },
      ];
    }
    if (measure() === "cost") {
      return [{ label: t().usage.cost, values: all ? all.cost.map(Number) : none, color: "--c1" }];
    }
    const errors = all ? [...all.errors] : none;
    const good = all ? all.requests.map((count, index) => count - (errors[index] ?? 0)) : none;
    return [
      { label: t().overview.succeeded, values: good, color: "--c1" },
      { label: t().usage.errors, values: errors, color: "--err" },
    ];
  };
  const format = () => (value: number) =>
    measure() === "cost"
      ? formatMoney(String(value))
      : measure() === "tokens"
        ? formatCompact(value)
        : formatNumber(value);

  return (
    <section class={styles.section}>
      <div class={styles.sectionHead}>
        <h2>{t().common.last24h}</h2>
        <Segmented
          label={t().overview.measure}
          value={measure()}
          options={MEASURES.map((value) => ({ value, label: t().usage[value] }))}
          onChange={setMeasure}
        />
      </div>
      <div class={styles.chart}>
        <Show when={usage()}>
          {(report) => (
            <Chart
              summary={t().overview.chart(
                formatNumber(report().totals.requests),
                formatNumber(report().totals.errors),
                formatMoney(report().totals.cost),
              )}
              times={report().buckets}
              series={series()}
              format={format()}
              isLastPartial={report().partialLastBucket}
            />
          )}
        </Show>
      </div>
    </section>
  );
}

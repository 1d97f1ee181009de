import { ErrorBoundary, type JSX, lazy, Suspense } from "solid-js";
import { t } from "../i18n/index.ts";
import styles from "./chart.module.css";

export interface ChartSeries {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** A token of the style sheet, e.g. "--c1": each thing keeps its hue. */
  readonly color: string;
}

export interface ChartProps {
  /** What it shows, in a sentence, for who cannot see it. */
  readonly summary: string;
  /** ISO instants, one per value. */
  readonly times: readonly string[];
  /** Stacked from the first. */
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  /** The last bucket is still filling: drawn paler. */
  readonly isLastPartial?: boolean;
}

const ChartCanvas = lazy(() => import("./chart-canvas.tsx"));

/** A chart whose library is fetched with the first one that is drawn. */
export function Chart(props: ChartProps): JSX.Element {
  const waiting = (text: string) => <div class={styles.waiting}>{text}</div>;
  return (
    <figure class={styles.chart} role="img" aria-label={props.summary}>
      <ErrorBoundary fallback={waiting(t().errors.chart)}>
        <Suspense fallback={waiting("")}>
          <ChartCanvas {...props} />
        </Suspense>
      </ErrorBoundary>
    </figure>
  );
}

import type { JSX } from "solid-js";
import styles from "./sparkline.module.css";

/** Requests per bucket as bars, the failed part of each in red. `label` says it in words. */
export function Sparkline(props: {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  readonly label: string;
  readonly height?: number;
}): JSX.Element {
  const height = () => props.height ?? 18;
  const shapes = () => drawBars(props.requests, props.errors, height());
  return (
    <svg
      class={styles.sparkline}
      viewBox={`0 0 ${props.requests.length * STEP} ${height()}`}
      height={height()}
      preserveAspectRatio="none"
      role="img"
      aria-label={props.label}
    >
      <path class={styles.none} d={shapes().ground} />
      <path class={styles.all} d={shapes().all} />
      <path class={styles.errors} d={shapes().failed} />
    </svg>
  );
}

const STEP = 4;

/** One path for all bars of a kind: a table holds hundreds of these. */
function drawBars(requests: readonly number[], errors: readonly number[], height: number) {
  const most = Math.max(1, ...requests);
  /** What is not nothing can be seen. */
  const scale = (value: number) => (value === 0 ? 0 : Math.max(1.5, (value / most) * height));
  const bar = (index: number, bottom: number, size: number) =>
    size <= 0 ? "" : `M${index * STEP} ${(height - bottom).toFixed(1)}h3v${(-size).toFixed(1)}h-3z`;
  const paths = { ground: "", all: "", failed: "" };
  for (const [index, count] of requests.entries()) {
    const failed = scale(errors[index] ?? 0);
    paths.ground += bar(index, 0, 1);
    paths.failed += bar(index, 0, failed);
    paths.all += bar(index, failed, scale(count) - failed);
  }
  return paths;
}

/** The course of one number, without axes; gaps where it is unknown. */
export function MiniLine(props: { readonly values: readonly (number | null)[]; readonly label: string }): JSX.Element {
  const path = () => {
    const most = Math.max(1e-9, ...props.values.map((value) => value ?? 0));
    let pen = "M";
    return props.values
      .map((value, index) => {
        if (value === null) {
          pen = "M";
          return "";
        }
        const point = `${pen}${index} ${(27 - (value / most) * 26).toFixed(2)}`;
        pen = "L";
        return point;
      })
      .join("");
  };
  return (
    <svg
      class={styles.sparkline}
      viewBox={`0 0 ${Math.max(1, props.values.length - 1)} 28`}
      height="28"
      preserveAspectRatio="none"
      role="img"
      aria-label={props.label}
    >
      <path class={styles.line} d={path()} />
    </svg>
  );
}

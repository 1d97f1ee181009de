import { For, type JSX } from "solid-js";
import styles from "./sparkline.module.css";

/** Requests per bucket as bars, the failed part of each in red. `label` says it in words. */
export function Sparkline(props: {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  readonly label: string;
  readonly height?: number;
}): JSX.Element {
  const height = () => props.height ?? 18;
  const width = () => props.requests.length * 4;
  const most = () => Math.max(1, ...props.requests);
  /** What is not nothing can be seen. */
  const scale = (value: number) => (value === 0 ? 0 : Math.max(1.5, (value / most()) * height()));
  return (
    <svg
      class={styles.sparkline}
      viewBox={`0 0 ${width()} ${height()}`}
      height={height()}
      preserveAspectRatio="none"
      role="img"
      aria-label={props.label}
    >
      <For each={[...props.requests]}>
        {(count, index) => {
          const failed = () => scale(props.errors[index()] ?? 0);
          const all = () => Math.max(scale(count), failed());
          return (
            <>
              <rect class={styles.none} x={index() * 4} y={height() - 1} width="3" height="1" />
              <rect class={styles.all} x={index() * 4} y={height() - all()} width="3" height={all() - failed()} />
              <rect class={styles.errors} x={index() * 4} y={height() - failed()} width="3" height={failed()} />
            </>
          );
        }}
      </For>
    </svg>
  );
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

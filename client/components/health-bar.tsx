import { For, type JSX } from "solid-js";
import { t } from "../i18n/index.ts";
import styles from "./health-bar.module.css";

export interface KeyCounts {
  readonly total: number;
  readonly active: number;
  readonly cooling: number;
  readonly exhausted: number;
  readonly invalid: number;
  readonly disabled: number;
  readonly unchecked: number;
}

const COUNTED = ["active", "unchecked", "cooling", "exhausted", "invalid", "disabled"] as const;

/** How many of the keys are in which state. */
export function HealthBar(props: { readonly counts: KeyCounts }): JSX.Element {
  return (
    <div class={styles.bar} role="img" aria-label={describeCounts(props.counts)}>
      <For each={COUNTED.filter((each) => props.counts[each] > 0)}>
        {(state) => <span class={styles[state]} style={{ "flex-grow": props.counts[state] }} />}
      </For>
    </div>
  );
}

/** "30 active · 1 cooling": the states that occur. */
export function describeCounts(counts: KeyCounts): string {
  if (counts.total === 0) return t().keys.none;
  return COUNTED.filter((each) => counts[each] > 0)
    .map((each) => t().keys.counted(counts[each], each))
    .join(" · ");
}

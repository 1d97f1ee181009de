import { A } from "@solidjs/router";
import { For, type JSX } from "solid-js";
import type { Option } from "./field.tsx";
import styles from "./segmented.module.css";

/** One of a few, all of them in sight. */
export function Segmented<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly Option<T>[];
  readonly onChange: (value: T) => void;
}): JSX.Element {
  return (
    <fieldset class={styles.segmented} aria-label={props.label}>
      <For each={props.options}>
        {(option) => (
          <button
            type="button"
            aria-pressed={option.value === props.value}
            onClick={() => props.onChange(option.value)}
          >
            {option.label}
          </button>
        )}
      </For>
    </fieldset>
  );
}

/** Pages that belong together. */
export function PageTabs(props: {
  readonly label: string;
  readonly tabs: readonly { readonly href: string; readonly label: string }[];
}): JSX.Element {
  return (
    <nav class={styles.segmented} aria-label={props.label}>
      <For each={props.tabs}>
        {(tab) => (
          <A href={tab.href} end>
            {tab.label}
          </A>
        )}
      </For>
    </nav>
  );
}

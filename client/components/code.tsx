import type { JSX } from "solid-js";
import { cx } from "../lib/cx.ts";
import styles from "./code.module.css";
import { CopyButton } from "./copy.tsx";

/** Text to read or take along, exactly as it is. */
export function Code(props: {
  readonly text: string;
  /** What it is, for assistive technology. */
  readonly label: string;
  readonly wrap?: boolean;
}): JSX.Element {
  return (
    <div class={styles.code}>
      {/* Reachable by keyboard because it scrolls (WCAG 2.1.1). */}
      <section class={styles.scroll} tabindex="0" aria-label={props.label}>
        <pre class={cx(styles.text, props.wrap && styles.wrap)}>{props.text}</pre>
      </section>
      <span class={styles.copy}>
        <CopyButton text={props.text} />
      </span>
    </div>
  );
}

import { type JSX, Match, Show, Switch } from "solid-js";
import { formatCountdown } from "../i18n/format.ts";
import { createClock } from "../lib/clock.ts";
import { cx } from "../lib/cx.ts";
import styles from "./status.module.css";

/** `plain` is "all is well": it needs no tint. */
export type Tone = "plain" | "ok" | "info" | "warn" | "err" | "idle";
export type Shape = "disc" | "quarter" | "triangle" | "cross" | "ring" | "dashes";

/** A state as shape, word and colour, so that none of the three is needed to tell it. */
export function Status(props: {
  readonly tone: Tone;
  readonly shape: Shape;
  readonly label: string;
  /** When it ends by itself: a countdown follows the word. */
  readonly until?: string | null | undefined;
  /** On a tinted ground: for headers, not for rows. */
  readonly badge?: boolean;
}): JSX.Element {
  return (
    <span class={cx(styles.status, styles[props.tone], props.badge && styles.badge)}>
      <StatusShape shape={props.shape} />
      <span>{props.label}</span>
      <Show when={props.until}>{(until) => <Countdown until={until()} />}</Show>
    </span>
  );
}

export function StatusShape(props: { readonly shape: Shape }): JSX.Element {
  return (
    <svg
      width="10"
      height="10"
      viewBox="0 0 10 10"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      aria-hidden="true"
    >
      <Switch>
        <Match when={props.shape === "disc"}>
          <circle cx="5" cy="5" r="4" fill="currentColor" stroke="none" />
        </Match>
        <Match when={props.shape === "quarter"}>
          <circle cx="5" cy="5" r="4" />
          <path d="M5 5V1a4 4 0 0 1 4 4z" fill="currentColor" stroke="none" />
        </Match>
        <Match when={props.shape === "triangle"}>
          <path d="M5 .8 9.6 9.2H.4z" fill="currentColor" stroke="none" />
        </Match>
        <Match when={props.shape === "cross"}>
          <path d="M1.5 1.5l7 7M8.5 1.5l-7 7" stroke-width="2" />
        </Match>
        <Match when={props.shape === "ring"}>
          <circle cx="5" cy="5" r="4" />
        </Match>
        <Match when={props.shape === "dashes"}>
          <circle cx="5" cy="5" r="4" stroke-dasharray="2 1.6" />
        </Match>
      </Switch>
    </svg>
  );
}

function Countdown(props: { readonly until: string }): JSX.Element {
  const now = createClock();
  const left = () => Date.parse(props.until) - now();
  return (
    <Show when={left() > 0}>
      <span class="number">{formatCountdown(left())}</span>
    </Show>
  );
}

import { children, type JSX, onMount, Show } from "solid-js";
import { t } from "../i18n/index.ts";
import { isNarrow } from "../lib/media.ts";
import { createShortcuts } from "../lib/shortcuts.ts";
import { IconButton } from "./button.tsx";
import styles from "./peek.module.css";

/** What a row holds, beside the table, which stays in use; a sheet of its own on a phone. Escape closes it. */
export function Peek(props: {
  readonly title: string;
  readonly onClose: () => void;
  /** Beside the title: a menu, buttons. */
  readonly tools?: JSX.Element;
  readonly children: JSX.Element;
}): JSX.Element {
  let closer: HTMLButtonElement | undefined;
  createShortcuts([{ keys: "Escape", label: () => t().shortcuts.closePanel, run: () => props.onClose() }]);
  onMount(() => {
    if (isNarrow()) closer?.focus();
  });
  const close = (icon: "close" | "back") => (
    <IconButton
      icon={icon}
      label={t().common.close}
      onClick={() => props.onClose()}
      ref={(element) => {
        closer = element;
      }}
    />
  );
  return (
    <aside class={styles.peek} aria-label={props.title}>
      <header class={styles.head}>
        <Show when={isNarrow()}>{close("back")}</Show>
        <div class={styles.title}>
          <h2 class="truncate">{props.title}</h2>
        </div>
        {props.tools}
        <Show when={!isNarrow()}>{close("close")}</Show>
      </header>
      <div class={styles.body}>{props.children}</div>
    </aside>
  );
}

export function PeekSection(props: {
  readonly title?: string;
  readonly tools?: JSX.Element;
  readonly children: JSX.Element;
}): JSX.Element {
  return (
    <section class={styles.section}>
      <Show when={props.title}>
        <div class={styles.sectionHead}>
          <h3>{props.title}</h3>
          {props.tools}
        </div>
      </Show>
      {props.children}
    </section>
  );
}

export function PeekActions(props: { readonly children: JSX.Element }): JSX.Element {
  return <div class={styles.actions}>{props.children}</div>;
}

export function Details(props: { readonly children: JSX.Element }): JSX.Element {
  return <dl class={styles.details}>{props.children}</dl>;
}

/** One line of the details; left out when there is nothing to say. */
export function Detail(props: { readonly label: string; readonly children: JSX.Element }): JSX.Element {
  const content = children(() => props.children);
  return (
    <Show when={content.toArray().some((each) => each !== null && each !== undefined && each !== "")}>
      <dt>{props.label}</dt>
      <dd>{content()}</dd>
    </Show>
  );
}

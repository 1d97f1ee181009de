import { createUniqueId, type JSX, onCleanup, onMount, Show } from "solid-js";
import { t } from "../i18n/index.ts";
import { cx } from "../lib/cx.ts";
import { isNarrow } from "../lib/media.ts";
import { IconButton } from "./button.tsx";
import styles from "./dialog.module.css";

/**
 * A modal dialog, a sheet from below on a phone. The browser's own <dialog> keeps the focus inside, gives it back at the end
 * and stands above everything else. Shown for as long as it is mounted.
 */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: JSX.Element;
  readonly footer?: JSX.Element;
  readonly wide?: boolean;
  /** Must be answered: neither Escape nor a click outside closes it. */
  readonly firm?: boolean;
}): JSX.Element {
  const titleId = createUniqueId();
  let element: HTMLDialogElement | undefined;
  let pressedOutside = false;
  const find = (selector: string) => element?.querySelector<HTMLElement>(selector);
  onMount(() => {
    element?.showModal();
    // The first field, not the cross; on a phone neither, for the keyboard would cover the form.
    if (isNarrow()) element?.focus();
    else (find("[autofocus]") ?? find("form :is(input, select, textarea)") ?? element)?.focus();
  });
  onCleanup(() => element?.close());
  return (
    <dialog
      ref={element}
      class={cx(styles.dialog, props.wide && styles.wide)}
      tabIndex={-1}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        if (!props.firm) props.onClose();
      }}
      onPointerDown={(event) => {
        pressedOutside = event.target === element;
      }}
      onPointerUp={(event) => {
        // Both ends of the press outside: a text selection that ends there must not close the form.
        if (event.target === element && pressedOutside && !props.firm) props.onClose();
      }}
    >
      <div class={styles.head}>
        <h2 id={titleId}>{props.title}</h2>
        <Show when={!props.firm}>
          <IconButton small icon="close" label={t().common.close} onClick={() => props.onClose()} />
        </Show>
      </div>
      <div class={styles.body}>{props.children}</div>
      <Show when={props.footer}>
        <div class={styles.foot}>{props.footer}</div>
      </Show>
    </dialog>
  );
}

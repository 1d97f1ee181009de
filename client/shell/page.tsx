import { children, createEffect, type JSX, Show } from "solid-js";
import type { ApiError } from "../api/errors.ts";
import { Button, IconButton } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { t } from "../i18n/index.ts";
import { isNarrow } from "../lib/media.ts";
import styles from "./page.module.css";
import { PreferencesMenu } from "./preferences-menu.tsx";

/** The frame of a page: its name and actions, its filters, its content and, when something is open, the panel beside it. */
export function Page(props: {
  readonly title: string;
  /** On a phone. */
  readonly shortTitle?: string;
  /** Beside the title: how many there are. */
  readonly note?: string | undefined;
  readonly actions?: JSX.Element;
  /** The one thing to add on this page. */
  readonly add?: { readonly label: string; readonly run: () => void } | undefined;
  readonly bar?: JSX.Element;
  readonly error?: ApiError | undefined;
  readonly onRetry?: () => void;
  readonly peek?: JSX.Element;
  /** The content scrolls as a whole; tables scroll by themselves. */
  readonly scroll?: boolean;
  readonly children: JSX.Element;
}): JSX.Element {
  createEffect(() => {
    document.title = `${props.title} · Sluice`;
  });
  const peek = children(() => props.peek);
  /** On a phone the panel lies over the page. */
  const covered = () => isNarrow() && peek.toArray().some(Boolean);
  return (
    <div class={styles.page}>
      <header class={styles.head} inert={covered()}>
        <div class={styles.title}>
          <h1 class="truncate">{isNarrow() ? (props.shortTitle ?? props.title) : props.title}</h1>
          <Show when={props.note}>
            <span class="number">{props.note}</span>
          </Show>
        </div>
        {props.actions}
        <Show when={props.add}>{(add) => <AddButton label={add().label} run={add().run} />}</Show>
        <Show when={isNarrow()}>
          <PreferencesMenu />
        </Show>
      </header>
      <div class={styles.work}>
        <div class={styles.main} inert={covered()}>
          <Show when={props.bar}>
            <div class={styles.bar}>{props.bar}</div>
          </Show>
          <Show when={props.error?.kind !== "outdated" && props.error}>
            {(error) => <Failure error={error()} onRetry={props.onRetry} />}
          </Show>
          <Show when={props.scroll} fallback={props.children}>
            <div class={styles.scroll}>{props.children}</div>
          </Show>
        </div>
        {peek()}
      </div>
    </div>
  );
}

/** On a phone the sign alone. */
function AddButton(props: { readonly label: string; readonly run: () => void }): JSX.Element {
  return (
    <Show
      when={isNarrow()}
      fallback={
        <Button kind="primary" icon="plus" onClick={props.run}>
          {props.label}
        </Button>
      }
    >
      <IconButton kind="primary" icon="plus" label={props.label} onClick={props.run} />
    </Show>
  );
}

/** What is shown stays; this line says that it could not be renewed. */
function Failure(props: { readonly error: ApiError; readonly onRetry: (() => void) | undefined }): JSX.Element {
  const text = () => {
    if (props.error.kind === "unreachable") return t().errors.unreachable;
    if (props.error.kind === "unauthenticated") return t().errors.codes.unauthenticated;
    if (props.error.kind === "forbidden") return t().errors.codes.FORBIDDEN;
    return props.error.requestId ? `${props.error.message} (${props.error.requestId})` : props.error.message;
  };
  return (
    <div class={styles.notice} role="alert">
      <Icon name="warning" />
      <span>{text()}</span>
      <Show when={props.onRetry}>
        {(retry) => (
          <Button small onClick={() => retry()()}>
            {t().common.retry}
          </Button>
        )}
      </Show>
    </div>
  );
}

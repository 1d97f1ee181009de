import { createSignal, For, type JSX, Show } from "solid-js";
import { t } from "../i18n/index.ts";
import { Button, IconButton } from "./button.tsx";
import styles from "./toast.module.css";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | undefined;
}

const SHOWN_MS = 5000;
const SHOWN_WITH_ACTION_MS = 10_000;
const [toasts, setToasts] = createSignal<readonly Toast[]>([]);
let nextId = 1;
let region: HTMLElement | undefined;

/** Says what has just happened, for a few seconds; with an action (Undo) for longer. */
export function toast(text: string, action?: Toast["action"]): void {
  const id = nextId++;
  setToasts((shown) => [...shown.slice(-2), { id, text, action }]);
  // Shown anew each time: the latest popover stands on top, above an open dialog too.
  region?.hidePopover();
  region?.showPopover();
  setTimeout(() => dismiss(id), action ? SHOWN_WITH_ACTION_MS : SHOWN_MS);
}

function dismiss(id: number): void {
  setToasts((shown) => shown.filter((each) => each.id !== id));
}

export function ToastRegion(): JSX.Element {
  return (
    <div
      ref={(element) => {
        region = element;
      }}
      popover="manual"
      class={styles.region}
      role="status"
      aria-live="polite"
    >
      <For each={toasts()}>
        {(each) => (
          <div class={styles.toast}>
            <span>{each.text}</span>
            <Show when={each.action}>
              {(action) => (
                <Button
                  kind="quiet"
                  small
                  onClick={() => {
                    dismiss(each.id);
                    action().run();
                  }}
                >
                  <span class={styles.action}>{action().label}</span>
                </Button>
              )}
            </Show>
            <IconButton small icon="close" label={t().common.dismiss} onClick={() => dismiss(each.id)} />
          </div>
        )}
      </For>
    </div>
  );
}

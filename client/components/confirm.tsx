import { createSignal, type JSX, Show } from "solid-js";
import { t } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import fieldStyles from "./field.module.css";

/** Asks before what cannot be undone, and says what follows. `onConfirm` answers what went wrong, or nothing. */
export function Confirm(props: {
  readonly title: string;
  readonly children: JSX.Element;
  readonly action: string;
  readonly danger?: boolean;
  readonly onConfirm: () => Promise<string | undefined>;
  readonly onClose: () => void;
}): JSX.Element {
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<string>();
  const confirm = async () => {
    setBusy(true);
    const failed = await props.onConfirm();
    setBusy(false);
    if (failed) setProblem(failed);
    else props.onClose();
  };
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={() => props.onClose()}>{t().common.cancel}</Button>
          <Button kind={props.danger ? "dangerPrimary" : "primary"} busy={busy()} onClick={confirm} autofocus>
            {props.action}
          </Button>
        </>
      }
    >
      <div class={fieldStyles.form}>
        <div>{props.children}</div>
        <Show when={problem()}>
          <p class={fieldStyles.problem} role="alert">
            {problem()}
          </p>
        </Show>
      </div>
    </Dialog>
  );
}

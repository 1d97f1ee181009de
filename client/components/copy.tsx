import { createSignal, type JSX, onCleanup } from "solid-js";
import { t } from "../i18n/index.ts";
import { copyText } from "../lib/clipboard.ts";
import { Button, IconButton } from "./button.tsx";

interface CopyProps {
  readonly text: string;
  /** What is copied, for assistive technology: "Copy the key". */
  readonly label?: string;
  /** With a word beside the icon. */
  readonly word?: boolean;
  readonly kind?: "primary" | "plain";
}

/** Copies and says so for two seconds. */
export function CopyButton(props: CopyProps): JSX.Element {
  const [state, setState] = createSignal<"idle" | "done" | "failed">("idle");
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  const copy = async () => {
    setState((await copyText(props.text)) ? "done" : "failed");
    clearTimeout(timer);
    timer = setTimeout(() => setState("idle"), 2000);
  };
  const label = () => {
    if (state() === "idle") return props.label ?? t().common.copy;
    return state() === "done" ? t().common.copied : t().common.copyFailed;
  };
  const icon = () => (state() === "done" ? "check" : "copy");
  return (
    <>
      {props.word ? (
        <Button small={props.kind !== "primary"} kind={props.kind ?? "plain"} icon={icon()} onClick={copy}>
          {label()}
        </Button>
      ) : (
        <IconButton small icon={icon()} label={label()} onClick={copy} />
      )}
      <span class="hidden" role="status">
        {state() === "idle" ? "" : label()}
      </span>
    </>
  );
}

import type { JSX } from "solid-js";
import { t } from "../i18n/index.ts";
import { CopyButton } from "./copy.tsx";
import styles from "./secret-box.module.css";

/** A secret that is shown this once. */
export function SecretBox(props: { readonly secret: string; readonly label: string }): JSX.Element {
  return (
    <div class={styles.box}>
      <span class="hidden">{props.label}</span>
      <code>{props.secret}</code>
      <CopyButton text={props.secret} label={t().common.copy} word kind="primary" />
    </div>
  );
}

import type { JSX } from "solid-js";
import type { Scope } from "../api/fragments.ts";
import { t } from "../i18n/index.ts";
import styles from "./shell.module.css";

/** Instead of a page that its viewer may not see. */
export function NoAccess(props: { readonly lacking: readonly Scope[] }): JSX.Element {
  return (
    <div class={styles.message}>
      <h1>{t().access.noPage}</h1>
      <p>{t().access.needs(props.lacking.join(", "))}</p>
    </div>
  );
}

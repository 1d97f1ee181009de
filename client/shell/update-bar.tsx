import { type JSX, Show } from "solid-js";
import { isOutdated } from "../api/outdated.ts";
import { Button } from "../components/button.tsx";
import { t } from "../i18n/index.ts";
import styles from "./shell.module.css";

/** The server has become another under this page. Not by itself: what is being typed would be lost. */
export function UpdateBar(): JSX.Element {
  return (
    <div role="status">
      <Show when={isOutdated()}>
        <div class={styles.update}>
          {t().errors.updated}
          <Button small icon="refresh" onClick={() => location.reload()}>
            {t().common.reload}
          </Button>
        </div>
      </Show>
    </div>
  );
}

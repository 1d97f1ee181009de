import { type JSX, Show } from "solid-js";
import { Button } from "../../components/button.tsx";
import { t } from "../../i18n/index.ts";
import styles from "./keys.module.css";

/** Actions on the chosen rows. */
export function BulkBar(props: {
  readonly count: number;
  /** How many there are besides, when all that is loaded is chosen: offers to choose them too. */
  readonly matching: number | null;
  readonly onChooseMatching: () => void;
  readonly onAct: (action: "ENABLE" | "DISABLE" | "RESET") => void;
  readonly onDelete: () => void;
  readonly onClear: () => void;
}): JSX.Element {
  return (
    <div class={styles.bulk} role="toolbar" aria-label={t().keys.bulk}>
      <span>
        {t().table.chosen(props.count)}
        <Show when={props.matching}>
          {(count) => (
            <Button small kind="quiet" onClick={() => props.onChooseMatching()}>
              {t().table.chooseMatching(count())}
            </Button>
          )}
        </Show>
      </span>
      <Button small onClick={() => props.onAct("ENABLE")}>
        {t().common.enable}
      </Button>
      <Button small onClick={() => props.onAct("DISABLE")}>
        {t().common.disable}
      </Button>
      <Button small onClick={() => props.onAct("RESET")}>
        {t().keys.reset}
      </Button>
      <Button small kind="danger" onClick={() => props.onDelete()}>
        {t().common.delete}
      </Button>
      <Button small kind="quiet" onClick={() => props.onClear()}>
        {t().table.chooseNone}
      </Button>
    </div>
  );
}

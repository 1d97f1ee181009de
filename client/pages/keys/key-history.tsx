import { A } from "@solidjs/router";
import { For, type JSX, Show } from "solid-js";
import { Status } from "../../components/status.tsx";
import { When } from "../../components/when.tsx";
import { t } from "../../i18n/index.ts";
import type { KeyChange } from "./documents.ts";
import { STATUS_LOOKS } from "./key-status.tsx";
import styles from "./keys.module.css";

/** Every change of its state, the latest first, each with the request that brought it. */
export function KeyHistory(props: { readonly changes: readonly KeyChange[] }): JSX.Element {
  return (
    <Show when={props.changes.length > 0} fallback={<p class="muted">{t().keys.noHistory}</p>}>
      <ol class={styles.history}>
        <For each={props.changes}>
          {(change) => (
            <li class={styles.change}>
              <div class={styles.changeHead}>
                <span>
                  <Status
                    tone={STATUS_LOOKS[change.to].tone}
                    shape={STATUS_LOOKS[change.to].shape}
                    label={t().keys.status[change.to]}
                  />
                  <Show when={change.model}>{(model) => <span class="muted"> · {model()}</span>}</Show>
                </span>
                <When at={change.at} />
              </div>
              <Show when={change.message ?? change.errorClass}>
                <p class={styles.words}>
                  <Show when={change.httpStatus}>{(status) => <>HTTP {status()} · </>}</Show>
                  {change.message ?? (change.errorClass && t().errorClass[change.errorClass])}
                </p>
              </Show>
              <Show when={change.requestId}>
                {(id) => <A href={`/requests?request=${id()}`}>{t().keys.itsRequest}</A>}
              </Show>
            </li>
          )}
        </For>
      </ol>
    </Show>
  );
}

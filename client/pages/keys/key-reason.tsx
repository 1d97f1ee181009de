import { For, type JSX, Show } from "solid-js";
import { Status } from "../../components/status.tsx";
import { When } from "../../components/when.tsx";
import { t } from "../../i18n/index.ts";
import type { Key } from "./documents.ts";
import { KeyStatusMark } from "./key-status.tsx";
import styles from "./keys.module.css";

/** The state, what it means for requests, and the upstream's own words for it. */
export function KeyReason(props: { readonly key: Key }): JSX.Element {
  return (
    <div class={styles.why}>
      <div>
        <KeyStatusMark status={props.key.status} until={props.key.cooldownUntil} badge />
      </div>
      <p class="muted">{t().keys.meaning[props.key.status]}</p>
      <Show when={props.key.statusReason}>
        {(reason) => (
          <>
            <Show when={reason().message}>
              {(message) => <blockquote class={styles.quote}>{message()}</blockquote>}
            </Show>
            <p class="muted">
              <Show when={reason().errorClass}>{(errorClass) => <>{t().errorClass[errorClass()]} · </>}</Show>
              <Show when={reason().httpStatus}>{(status) => <>HTTP {status()} · </>}</Show>
              {t().keys.since} <When at={reason().since} />
              <Show when={props.key.consecutiveFailures > 1}>
                {" · "}
                {t().keys.failures(props.key.consecutiveFailures)}
              </Show>
            </p>
          </>
        )}
      </Show>
    </div>
  );
}

/** Models that this key does not serve for now, though it is well as a whole. */
export function ParkedModels(props: { readonly models: Key["parkedModels"] }): JSX.Element {
  return (
    <ul class={styles.parked}>
      <For each={props.models}>
        {(each) => (
          <li>
            <span class="truncate">{each.model}</span>
            <Status
              tone={each.state === "EXHAUSTED" ? "warn" : "info"}
              shape={each.state === "EXHAUSTED" ? "triangle" : "quarter"}
              label={t().keys.status[each.state]}
              until={each.until}
            />
          </li>
        )}
      </For>
    </ul>
  );
}

import { A } from "@solidjs/router";
import { For, type JSX, Show } from "solid-js";
import { describeCounts, HealthBar } from "../../components/health-bar.tsx";
import { t } from "../../i18n/index.ts";
import type { OverviewData } from "./documents.ts";
import styles from "./overview.module.css";

/** Each provider's pool in one bar. */
export function KeyHealth(props: { readonly providers: OverviewData["providers"]["nodes"] }): JSX.Element {
  return (
    <Show when={props.providers.length > 0} fallback={<p class="muted">{t().providers.emptyTitle}</p>}>
      <ul class={styles.health}>
        <For each={props.providers}>
          {(provider) => (
            <li>
              <div>
                <A href={`/keys?provider=${provider.id}`}>{provider.name}</A>
                <span class="muted truncate">
                  {provider.enabled ? describeCounts(provider.keyCounts) : t().providers.status.disabled}
                </span>
              </div>
              <HealthBar counts={provider.keyCounts} />
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}

import { A, useLocation } from "@solidjs/router";
import { For, type JSX, Show } from "solid-js";
import { ROUTER_BASE } from "../api/base.ts";
import { Icon } from "../components/icon.tsx";
import { t } from "../i18n/index.ts";
import { isNarrow } from "../lib/media.ts";
import { mayOpen } from "./access.ts";
import { DESTINATIONS } from "./destinations.ts";
import { PreferencesMenu } from "./preferences-menu.tsx";
import styles from "./shell.module.css";

/** At the side; on a phone a bar at the bottom. */
export function Navigation(props: { readonly onPalette: () => void; readonly onShortcuts: () => void }): JSX.Element {
  const location = useLocation();
  const isUnder = (path: string) =>
    DESTINATIONS.some((each) => each.under === path && location.pathname === ROUTER_BASE + each.path);
  return (
    <nav class={styles.nav} aria-label={t().nav.label}>
      <Show when={!isNarrow()}>
        <div class={styles.brand}>
          <Mark />
          <span>Sluice</span>
        </div>
        <button type="button" class={styles.palette} onClick={() => props.onPalette()}>
          <Icon name="search" size={14} />
          <span>{t().palette.open}</span>
          <kbd>{isApple() ? "⌘K" : "Ctrl K"}</kbd>
        </button>
      </Show>
      <ul class={styles.links}>
        <For each={DESTINATIONS.filter((each) => !each.under && mayOpen(each.path))}>
          {(each) => (
            <li>
              <A
                href={each.path}
                end
                title={t().nav.pages[each.name]}
                class={styles.link}
                data-active={isUnder(each.path) ? "" : undefined}
              >
                <Icon name={each.icon} />
                <span>{isNarrow() ? t().nav.short[each.name] : t().nav.pages[each.name]}</span>
              </A>
            </li>
          )}
        </For>
      </ul>
      <Show when={!isNarrow()}>
        <div class={styles.foot}>
          <PreferencesMenu onShortcuts={props.onShortcuts} />
        </div>
      </Show>
    </nav>
  );
}

/** A gate in a channel. */
export function Mark(): JSX.Element {
  return (
    <svg
      class={styles.mark}
      width="18"
      height="18"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      aria-hidden="true"
    >
      <path d="M3 3v10M8 3v3.5M8 9.5V13M13 3v10M3 8h10" />
    </svg>
  );
}

export function isApple(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}

import { useNavigate } from "@solidjs/router";
import { For, type JSX } from "solid-js";
import { Dialog } from "../components/dialog.tsx";
import { CheckField } from "../components/field.tsx";
import { t } from "../i18n/index.ts";
import { areShortcutsOn, setShortcutsOn } from "../lib/preferences.ts";
import { createShortcuts, listShortcuts } from "../lib/shortcuts.ts";
import { DESTINATIONS } from "./destinations.ts";
import { isApple } from "./navigation.tsx";
import styles from "./shortcut-sheet.module.css";

/** The keys that work on every page. */
export function createShellShortcuts(open: { readonly openPalette: () => void; readonly openSheet: () => void }): void {
  const navigate = useNavigate();
  createShortcuts([
    { keys: "mod+k", label: () => t().palette.open, everywhere: true, run: open.openPalette },
    { keys: "?", label: () => t().shortcuts.title, run: open.openSheet },
    ...DESTINATIONS.map((each) => ({
      keys: `g ${each.letter}`,
      label: () => t().nav.pages[each.name],
      run: () => navigate(each.path),
    })),
  ]);
}

export function ShortcutSheet(props: { readonly onClose: () => void }): JSX.Element {
  const spell = (key: string) =>
    key === "mod" ? (isApple() ? "⌘" : "Ctrl") : key === "Escape" ? "Esc" : key.toUpperCase();
  return (
    <Dialog title={t().shortcuts.title} onClose={props.onClose}>
      <dl class={styles.list}>
        <For each={listShortcuts()}>
          {(each) => (
            <div>
              <dt>{each.label()}</dt>
              <dd class={styles.keys}>
                <For each={each.keys.split(/[ +]/)}>{(key) => <kbd>{spell(key)}</kbd>}</For>
              </dd>
            </div>
          )}
        </For>
      </dl>
      <div class={styles.switch}>
        <CheckField
          label={t().shortcuts.enabled}
          hint={t().shortcuts.enabledHint}
          checked={areShortcutsOn()}
          onChange={setShortcutsOn}
        />
      </div>
    </Dialog>
  );
}

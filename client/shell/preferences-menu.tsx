import type { JSX } from "solid-js";
import { IconButton } from "../components/button.tsx";
import { Menu, type MenuItem } from "../components/menu.tsx";
import { t } from "../i18n/index.ts";
import { signOut } from "../pages/sign-in/session.ts";
import { appearanceItems } from "./appearance-menu.tsx";

/** Theme, language, keys, the way out. */
export function PreferencesMenu(props: { readonly onShortcuts?: () => void }): JSX.Element {
  const items = (): MenuItem[] => [
    ...appearanceItems(),
    { kind: "line" },
    ...(props.onShortcuts
      ? [{ label: t().shortcuts.title, icon: "keyboard" as const, run: () => props.onShortcuts?.() }]
      : []),
    { label: t().session.signOut, icon: "signOut", run: () => void signOut() },
  ];
  return (
    <Menu
      label={t().preferences.title}
      items={items()}
      trigger={(trigger) => (
        <IconButton
          icon="settings"
          label={t().preferences.title}
          ref={trigger.ref}
          onClick={trigger.onClick}
          expanded={trigger.expanded}
        />
      )}
    />
  );
}

import type { JSX } from "solid-js";
import { IconButton } from "../components/button.tsx";
import { Menu, type MenuItem } from "../components/menu.tsx";
import { chooseLanguage, LANGUAGE_NAMES, LANGUAGES, language, t } from "../i18n/index.ts";
import { setTheme, THEMES, theme } from "../lib/preferences.ts";

/** Theme and language, as menu items. */
export function appearanceItems(): MenuItem[] {
  return [
    { kind: "label", label: t().preferences.theme },
    ...THEMES.map((each) => ({
      kind: "choice" as const,
      label: t().preferences.themes[each],
      checked: theme() === each,
      run: () => setTheme(each),
    })),
    { kind: "line" },
    { kind: "label", label: t().preferences.language },
    ...LANGUAGES.map((each) => ({
      kind: "choice" as const,
      label: LANGUAGE_NAMES[each],
      checked: language() === each,
      run: () => void chooseLanguage(each),
    })),
  ];
}

/** For pages without anybody signed in. */
export function AppearanceMenu(): JSX.Element {
  return (
    <Menu
      label={t().preferences.title}
      items={appearanceItems()}
      trigger={(trigger) => (
        <IconButton
          icon="language"
          label={t().preferences.title}
          ref={trigger.ref}
          onClick={trigger.onClick}
          expanded={trigger.expanded}
        />
      )}
    />
  );
}

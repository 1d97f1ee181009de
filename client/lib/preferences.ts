import { createSignal } from "solid-js";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Small choices of this browser. Storage may be switched off: then they last as long as the page. */
export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(`sluice.${name}`);
  } catch {
    return null;
  }
}

export function writePreference(name: string, value: string): void {
  try {
    localStorage.setItem(`sluice.${name}`, value);
  } catch {
    // See above.
  }
}

const stored = readPreference("theme");
const [theme, setThemeSignal] = createSignal<Theme>(THEMES.find((each) => each === stored) ?? "system");
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const [isDark, setDark] = createSignal(document.documentElement.dataset.theme === "dark");

export { isDark, theme };

export function setTheme(next: Theme): void {
  writePreference("theme", next);
  setThemeSignal(next);
  applyTheme();
}

function applyTheme(): void {
  const dark = theme() === "dark" || (theme() === "system" && systemDark.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  setDark(dark);
}

systemDark.addEventListener("change", applyTheme);

const [areShortcutsOn, setShortcutsSignal] = createSignal(readPreference("shortcuts") !== "off");

export { areShortcutsOn };

export function setShortcutsOn(on: boolean): void {
  writePreference("shortcuts", on ? "on" : "off");
  setShortcutsSignal(on);
}

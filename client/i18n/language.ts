import { createSignal } from "solid-js";
import { readPreference } from "../lib/preferences.ts";

export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];
/** Each language in its own words. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", "zh-CN": "简体中文" };

function preferred(): Language {
  const stored = readPreference("language");
  return (stored ?? navigator.language).startsWith("zh") ? "zh-CN" : "en";
}

const [language, setLanguageSignal] = createSignal<Language>(preferred());

export { language, setLanguageSignal };

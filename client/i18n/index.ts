import { createSignal } from "solid-js";
import { writePreference } from "../lib/preferences.ts";
import { type Dictionary, en } from "./en/index.ts";
import { type Language, setLanguageSignal } from "./language.ts";

export type { Dictionary } from "./en/index.ts";
export { LANGUAGE_NAMES, LANGUAGES, type Language, language } from "./language.ts";

const [dictionary, setDictionary] = createSignal<Dictionary>(en);

/** The words of the chosen language: `t().keys.title`. Sentences with values in them are functions. */
export const t = dictionary;

/** Chinese is fetched when it is wanted: the first page of an English console does not carry it. */
export async function loadLanguage(next: Language): Promise<void> {
  const words = next === "zh-CN" ? (await import("./zh-CN/index.ts")).zhCN : en;
  setDictionary(() => words);
  setLanguageSignal(next);
  document.documentElement.lang = next;
}

export async function chooseLanguage(next: Language): Promise<void> {
  await loadLanguage(next);
  writePreference("language", next);
}

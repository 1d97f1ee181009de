// Runs before the first paint, from a file of its own because the content policy forbids inline scripts.
// The keys and values are those of client/lib/preferences.ts.
const root = document.documentElement;
try {
  const theme = localStorage.getItem("sluice.theme");
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "dark" : "light";
  const language = localStorage.getItem("sluice.language") ?? navigator.language;
  root.lang = language.startsWith("zh") ? "zh-CN" : "en";
} catch {
  // Storage is switched off: the operating system's choice holds.
}

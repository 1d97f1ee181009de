import { render } from "solid-js/web";
import { App } from "./app.tsx";
import { language, loadLanguage } from "./i18n/index.ts";
import { listenForShortcuts } from "./lib/shortcuts.ts";
import "./styles/tokens.css";
import "./styles/base.css";

const root = document.getElementById("app");
if (root) {
  // Words first: a page that changes its language under the reader's eyes is worse than one that comes 5 ms later.
  await loadLanguage(language());
  listenForShortcuts();
  render(() => <App />, root);
}

import { onCleanup } from "solid-js";
import { areShortcutsOn } from "./preferences.ts";

export interface Shortcut {
  /** A key as KeyboardEvent.key gives it, two of them one after the other ("g k"), or with the command key ("mod+k"). */
  readonly keys: string;
  /** What it does, for the list of keys; called when that is drawn, so that it follows the language. */
  readonly label: () => string;
  readonly run: (event: KeyboardEvent) => void;
  /** Works even while a field has the focus. */
  readonly everywhere?: boolean;
}

// Not a signal: what a page adds while it is being prepared in a transition must not be undone with it.
let known: readonly Shortcut[] = [];

/** The keys that work at this moment. */
export function listShortcuts(): readonly Shortcut[] {
  return known;
}

/** Adds keys for as long as the caller's component lives; the latest of two equal ones wins. */
export function createShortcuts(added: readonly Shortcut[]): void {
  known = [...known, ...added];
  onCleanup(() => {
    known = known.filter((each) => !added.includes(each));
  });
}

const PREFIX_MS = 1200;
let prefix = "";
let prefixAt = 0;

export function listenForShortcuts(): void {
  window.addEventListener("keydown", (event) => {
    // While an input method composes, Enter and letters belong to it.
    if (event.isComposing || event.defaultPrevented || event.altKey) return;
    const typing = isTyping(event.target);
    const pressed = `${event.metaKey || event.ctrlKey ? "mod+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
    const sequence = Date.now() - prefixAt < PREFIX_MS && prefix ? `${prefix} ${pressed}` : pressed;
    const found = find(sequence, typing) ?? find(pressed, typing);
    prefix = found || typing ? "" : pressed;
    prefixAt = Date.now();
    if (!found) return;
    event.preventDefault();
    found.run(event);
  });
}

function find(sequence: string, typing: boolean): Shortcut | undefined {
  const modal = document.querySelector("dialog:modal") !== null;
  return known.findLast(
    (each) =>
      each.keys === sequence &&
      (each.everywhere || (!typing && !modal)) &&
      (areShortcutsOn() || each.keys.startsWith("mod+") || each.keys === "Escape"),
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

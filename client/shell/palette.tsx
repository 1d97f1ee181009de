import { useNavigate } from "@solidjs/router";
import { createEffect, createMemo, createSignal, For, type JSX, onCleanup, onMount, Show } from "solid-js";
import type { Scope } from "../api/fragments.ts";
import { may } from "../api/session.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { chooseLanguage, LANGUAGE_NAMES, LANGUAGES, language, t } from "../i18n/index.ts";
import { setTheme, THEMES, theme } from "../lib/preferences.ts";
import { mayOpen } from "./access.ts";
import { DESTINATIONS } from "./destinations.ts";
import styles from "./palette.module.css";

interface Command {
  readonly label: string;
  readonly icon: IconName;
  readonly run: () => void;
}

/** Every page and action by name. */
export function Palette(props: { readonly onClose: () => void }): JSX.Element {
  const navigate = useNavigate();
  const [typed, setTyped] = createSignal("");
  const [at, setAt] = createSignal(0);
  let dialog: HTMLDialogElement | undefined;
  let list: HTMLDivElement | undefined;
  onMount(() => dialog?.showModal());
  onCleanup(() => dialog?.close());

  const commands = (): Command[] => [
    ...DESTINATIONS.filter((each) => mayOpen(each.path)).map((each) => ({
      label: t().nav.pages[each.name],
      icon: each.icon,
      run: () => navigate(each.path),
    })),
    ...additions().filter(({ scope }) => may(scope)),
    ...THEMES.filter((each) => each !== theme()).map((each) => ({
      label: `${t().preferences.theme}: ${t().preferences.themes[each]}`,
      icon: "sun" as const,
      run: () => setTheme(each),
    })),
    ...LANGUAGES.filter((each) => each !== language()).map((each) => ({
      label: LANGUAGE_NAMES[each],
      icon: "language" as const,
      run: () => void chooseLanguage(each),
    })),
  ];
  const additions = (): (Command & { readonly scope: Scope })[] => [
    { scope: "KEYS_WRITE", label: t().keys.add, icon: "plus", run: () => navigate("/keys?new=key") },
    { scope: "KEYS_WRITE", label: t().providers.add, icon: "plus", run: () => navigate("/providers?new=provider") },
    { scope: "MODELS_WRITE", label: t().models.add, icon: "plus", run: () => navigate("/models?new=model") },
    { scope: "CLIENTS_WRITE", label: t().clients.add, icon: "plus", run: () => navigate("/clients?new=client") },
  ];
  const found = createMemo(() => {
    const words = typed().toLowerCase().split(/\s+/);
    return commands().filter((each) => words.every((word) => each.label.toLowerCase().includes(word)));
  });
  const run = (command: Command | undefined) => {
    if (!command) return;
    props.onClose();
    command.run();
  };
  createEffect(() => list?.children[at()]?.scrollIntoView({ block: "nearest" }));

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined && found().length > 0) setAt((at() + by + found().length) % found().length);
    else if (event.key === "Enter") run(found()[at()]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      class={styles.dialog}
      aria-label={t().palette.open}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onPointerDown={(event) => event.target === dialog && props.onClose()}
    >
      <input
        class={styles.input}
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found().length > 0 ? `palette-${at()}` : undefined}
        aria-label={t().palette.placeholder}
        placeholder={t().palette.placeholder}
        autocomplete="off"
        value={typed()}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <Show when={found().length > 0} fallback={<p class={styles.empty}>{t().palette.nothing}</p>}>
        <div ref={list} id="palette-list" class={styles.list} role="listbox" aria-label={t().palette.open}>
          <For each={found()}>
            {(command, index) => (
              <button
                type="button"
                id={`palette-${index()}`}
                role="option"
                tabIndex={-1}
                aria-selected={index() === at()}
                onPointerMove={() => setAt(index())}
                onClick={() => run(command)}
              >
                <Icon name={command.icon} />
                {command.label}
              </button>
            )}
          </For>
        </div>
      </Show>
    </dialog>
  );
}

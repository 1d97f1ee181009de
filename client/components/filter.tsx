import { createEffect, createSignal, For, type JSX, onCleanup, Show } from "solid-js";
import { t } from "../i18n/index.ts";
import { createShortcuts } from "../lib/shortcuts.ts";
import { IconButton } from "./button.tsx";
import type { Option } from "./field.tsx";
import styles from "./filter.module.css";
import { Icon } from "./icon.tsx";

const TYPING_MS = 250;

/** The page's search. `/` goes there, Escape leaves it; asks when the typing rests. */
export function SearchField(props: {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label: string;
}): JSX.Element {
  const [typed, setTyped] = createSignal(props.value);
  let input: HTMLInputElement | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  createEffect(() => setTyped(props.value));
  createShortcuts([{ keys: "/", label: () => t().shortcuts.filter, run: () => input?.select() }]);

  const change = (value: string, now = false) => {
    setTyped(value);
    clearTimeout(timer);
    timer = setTimeout(() => props.onChange(value.trim()), now ? 0 : TYPING_MS);
  };
  return (
    <search class={styles.search}>
      <Icon name="search" size={14} />
      <input
        ref={input}
        type="search"
        aria-label={props.label}
        placeholder={props.label}
        autocomplete="off"
        spellcheck={false}
        value={typed()}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.isComposing) return;
          if (event.key === "Escape") input?.blur();
          if (event.key === "Enter") change(event.currentTarget.value, true);
        }}
      />
      <Show when={typed()} fallback={<kbd>/</kbd>}>
        <IconButton small icon="close" label={t().filter.clear} onClick={() => change("", true)} />
      </Show>
    </search>
  );
}

/** One choice that narrows the list; "" is all. */
export function FilterSelect<T extends string>(props: {
  readonly label: string;
  readonly value: T | "";
  readonly options: readonly Option<T>[];
  readonly onChange: (value: T | "") => void;
}): JSX.Element {
  return (
    <select
      class={styles.select}
      aria-label={props.label}
      data-set={props.value === "" ? undefined : ""}
      onChange={(event) => props.onChange(event.currentTarget.value as T | "")}
    >
      <option value="" selected={props.value === ""}>
        {props.label}
      </option>
      <For each={props.options}>
        {(option) => (
          <option value={option.value} selected={option.value === props.value}>
            {option.label}
          </option>
        )}
      </For>
    </select>
  );
}

/** Choices that can be switched on one by one. */
export function FilterChips<T extends string>(props: {
  readonly label: string;
  readonly chosen: readonly T[];
  readonly options: readonly (Option<T> & { readonly shape?: JSX.Element })[];
  readonly onChange: (chosen: readonly T[]) => void;
}): JSX.Element {
  const toggle = (value: T) =>
    props.onChange(
      props.chosen.includes(value) ? props.chosen.filter((each) => each !== value) : [...props.chosen, value],
    );
  return (
    <fieldset class={styles.chips} aria-label={props.label}>
      <For each={props.options}>
        {(option) => (
          <button
            type="button"
            class={styles.chip}
            aria-pressed={props.chosen.includes(option.value)}
            onClick={() => toggle(option.value)}
          >
            {option.shape}
            {option.label}
          </button>
        )}
      </For>
    </fieldset>
  );
}

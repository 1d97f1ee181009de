import { createUniqueId, For, type JSX, Show } from "solid-js";
import { t } from "../i18n/index.ts";
import { cx } from "../lib/cx.ts";
import styles from "./field.module.css";

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly optional?: boolean;
}

interface ControlIds {
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
}

/** Label, control, hint and error, tied together for assistive technology. */
function Field(props: FieldProps & { readonly children: (ids: ControlIds) => JSX.Element }): JSX.Element {
  const id = createUniqueId();
  const note = () => props.error ?? props.hint;
  return (
    <div class={styles.field}>
      <label class={styles.label} for={id}>
        {props.label}
        <Show when={props.optional}>
          <span class={styles.optional}>{t().common.optional}</span>
        </Show>
      </label>
      {props.children({
        id,
        get describedBy() {
          return note() ? `${id}-note` : undefined;
        },
        get invalid() {
          return props.error !== undefined;
        },
      })}
      <Show when={note()}>
        <p id={`${id}-note`} class={props.error ? styles.error : styles.hint} role={props.error ? "alert" : undefined}>
          {note()}
        </p>
      </Show>
    </div>
  );
}

interface TextFieldProps extends FieldProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly placeholder?: string | undefined;
  /** `secret`: not shown, not remembered by the browser. */
  readonly kind?: "text" | "secret" | "number" | "url" | "datetime-local";
  readonly mono?: boolean;
  /** What the browser may fill in; without it nothing is remembered. */
  readonly autocomplete?: "username" | "current-password" | "one-time-code";
  readonly required?: boolean;
  readonly disabled?: boolean;
  readonly autofocus?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly step?: string;
  /** Words that the browser offers while typing. */
  readonly suggestions?: readonly string[];
}

export function TextField(props: TextFieldProps): JSX.Element {
  const list = createUniqueId();
  const type = () => (props.kind === "secret" ? "password" : props.kind === "url" ? "text" : (props.kind ?? "text"));
  return (
    <Field label={props.label} hint={props.hint} error={props.error} optional={props.optional ?? false}>
      {(ids) => (
        <>
          <input
            id={ids.id}
            class={cx(styles.control, (props.mono || props.kind === "secret" || props.kind === "url") && styles.mono)}
            type={type()}
            inputmode={props.kind === "url" ? "url" : undefined}
            value={props.value}
            placeholder={props.placeholder}
            required={props.required}
            disabled={props.disabled}
            autofocus={props.autofocus}
            ref={(element) => props.autofocus && queueMicrotask(() => element.focus())}
            autocomplete={props.autocomplete ?? (props.kind === "secret" ? "new-password" : "off")}
            autocapitalize="off"
            spellcheck={false}
            min={props.min}
            max={props.max}
            step={props.step}
            list={props.suggestions ? list : undefined}
            aria-describedby={ids.describedBy}
            aria-invalid={ids.invalid}
            onInput={(event) => props.onInput(event.currentTarget.value)}
          />
          <Show when={props.suggestions}>
            {(words) => (
              <datalist id={list}>
                <For each={words()}>{(word) => <option value={word} />}</For>
              </datalist>
            )}
          </Show>
        </>
      )}
    </Field>
  );
}

export function TextArea(
  props: FieldProps & {
    readonly value: string;
    readonly onInput: (value: string) => void;
    readonly placeholder?: string;
    readonly mono?: boolean;
    readonly rows?: number;
    readonly required?: boolean;
    readonly autofocus?: boolean;
  },
): JSX.Element {
  return (
    <Field label={props.label} hint={props.hint} error={props.error} optional={props.optional ?? false}>
      {(ids) => (
        <textarea
          id={ids.id}
          class={cx(styles.control, props.mono && styles.mono)}
          rows={props.rows ?? 3}
          value={props.value}
          placeholder={props.placeholder}
          required={props.required}
          autofocus={props.autofocus}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={!props.mono}
          aria-describedby={ids.describedBy}
          aria-invalid={ids.invalid}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
}

export function SelectField<T extends string>(
  props: FieldProps & {
    readonly value: T;
    readonly options: readonly Option<T>[];
    readonly onChange: (value: T) => void;
    readonly disabled?: boolean;
  },
): JSX.Element {
  return (
    <Field label={props.label} hint={props.hint} error={props.error} optional={props.optional ?? false}>
      {(ids) => (
        <select
          id={ids.id}
          class={styles.control}
          disabled={props.disabled}
          aria-describedby={ids.describedBy}
          aria-invalid={ids.invalid}
          onChange={(event) => props.onChange(event.currentTarget.value as T)}
        >
          <For each={props.options}>
            {(option) => (
              <option value={option.value} selected={option.value === props.value}>
                {option.label}
              </option>
            )}
          </For>
        </select>
      )}
    </Field>
  );
}

export function CheckField(props: {
  readonly label: string;
  readonly hint?: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}): JSX.Element {
  return (
    <label class={styles.check}>
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span>{props.label}</span>
      <Show when={props.hint}>
        <span class={styles.hint}>{props.hint}</span>
      </Show>
    </label>
  );
}

/** Fields that stand side by side where there is room. */
export function FieldRow(props: { readonly children: JSX.Element }): JSX.Element {
  return <div class={styles.row}>{props.children}</div>;
}

/** Fields that most people leave alone. */
export function MoreFields(props: { readonly label: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <details class={styles.more}>
      <summary>{props.label}</summary>
      <div class={styles.form}>{props.children}</div>
    </details>
  );
}

/** A form of the house: Enter sends it, the browser's own bubbles stay away, problems of the whole stand on top. */
export function Form(props: {
  readonly id?: string;
  readonly onSubmit: () => void;
  readonly problem?: string | undefined;
  readonly children: JSX.Element;
}): JSX.Element {
  return (
    <form
      id={props.id}
      class={styles.form}
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        props.onSubmit();
      }}
    >
      <Show when={props.problem}>
        <p class={styles.problem} role="alert">
          {props.problem}
        </p>
      </Show>
      {props.children}
    </form>
  );
}

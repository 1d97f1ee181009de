import { A } from "@solidjs/router";
import { type JSX, Show } from "solid-js";
import { cx } from "../lib/cx.ts";
import styles from "./button.module.css";
import { Icon, type IconName } from "./icon.tsx";

export type ButtonKind = "plain" | "primary" | "quiet" | "danger" | "dangerPrimary";

interface Looks {
  readonly kind?: ButtonKind;
  readonly small?: boolean;
  readonly icon?: IconName;
}

interface ButtonProps extends Looks {
  readonly onClick?: (event: MouseEvent) => void;
  readonly type?: "button" | "submit";
  readonly form?: string;
  readonly disabled?: boolean;
  /** The action is under way: it cannot be started again, and assistive technology hears it. */
  readonly busy?: boolean;
  readonly autofocus?: boolean;
  readonly title?: string;
  readonly children: JSX.Element;
}

const classOf = (props: Looks, ...more: (string | undefined)[]) =>
  cx(styles.button, props.kind && styles[props.kind], props.small && styles.small, ...more);

export function Button(props: ButtonProps): JSX.Element {
  return (
    <button
      type={props.type ?? "button"}
      form={props.form}
      class={classOf(props)}
      disabled={props.disabled || props.busy}
      aria-busy={props.busy ? "true" : undefined}
      autofocus={props.autofocus}
      title={props.title}
      onClick={(event) => props.onClick?.(event)}
    >
      <Show when={props.icon}>{(name) => <Icon name={name()} size={14} />}</Show>
      {props.children}
    </button>
  );
}

/** A button without words: `label` says what it does, to the pointer and to assistive technology. */
export function IconButton(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick?: (event: MouseEvent) => void;
  readonly kind?: ButtonKind;
  readonly small?: boolean;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly ref?: (element: HTMLButtonElement) => void;
  readonly expanded?: boolean;
}): JSX.Element {
  return (
    <button
      type="button"
      ref={(element) => props.ref?.(element)}
      class={classOf({ kind: props.kind ?? "quiet", small: props.small ?? false }, styles.icon)}
      disabled={props.disabled}
      title={props.label}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      onClick={(event) => props.onClick?.(event)}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** Looks like a button, leaves the console. */
export function AwayButton(props: Looks & { readonly href: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <a href={props.href} rel="external" class={classOf(props)}>
      {props.children}
    </a>
  );
}

/** Looks like a button, goes to a page. */
export function LinkButton(props: Looks & { readonly href: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <A href={props.href} class={classOf(props)}>
      <Show when={props.icon}>{(name) => <Icon name={name()} size={14} />}</Show>
      {props.children}
    </A>
  );
}

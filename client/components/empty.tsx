import { type JSX, Show } from "solid-js";
import { Code } from "./code.tsx";
import styles from "./empty.module.css";

/** What belongs here, the one thing to do about it, and the same as a command. */
export function Empty(props: {
  readonly title: string;
  readonly children?: JSX.Element;
  readonly action?: JSX.Element;
  readonly command?: { readonly label: string; readonly text: string } | undefined;
}): JSX.Element {
  return (
    <div class={styles.empty}>
      <h2>{props.title}</h2>
      <Show when={props.children}>
        <p>{props.children}</p>
      </Show>
      {props.action}
      <Show when={props.command}>
        {(command) => (
          <div class={styles.code}>
            <p>{command().label}</p>
            <Code text={command().text} label={command().label} />
          </div>
        )}
      </Show>
    </div>
  );
}

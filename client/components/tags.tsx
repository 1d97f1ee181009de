import { For, type JSX } from "solid-js";
import styles from "./tags.module.css";

export function Tags(props: { readonly words: readonly string[] }): JSX.Element {
  return (
    <ul class={styles.tags}>
      <For each={props.words}>{(word) => <li class={styles.tag}>{word}</li>}</For>
    </ul>
  );
}

/** "a, b" → ["a", "b"]: what a person types where several words may stand. */
export function splitWords(text: string): string[] {
  return [...new Set(text.split(/[,，\n]/).map((word) => word.trim()))].filter((word) => word !== "");
}

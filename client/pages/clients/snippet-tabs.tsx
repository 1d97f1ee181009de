import { createSignal, type JSX } from "solid-js";
import { GATEWAY_ORIGIN } from "../../api/base.ts";
import { Code } from "../../components/code.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { t } from "../../i18n/index.ts";
import styles from "./clients.module.css";
import { renderSnippet, SNIPPET_NAMES, SNIPPETS, type SnippetId } from "./snippets.ts";

/** How to use the key, in the tool of one's choice. */
export function SnippetTabs(props: { readonly secret: string; readonly model: string }): JSX.Element {
  const [chosen, setChosen] = createSignal<SnippetId>("curl");
  return (
    <div class={styles.snippets}>
      <div class={styles.tabs}>
        <Segmented
          label={t().clients.snippets}
          value={chosen()}
          options={SNIPPETS.map((value) => ({ value, label: SNIPPET_NAMES[value] }))}
          onChange={setChosen}
        />
      </div>
      <Code
        label={SNIPPET_NAMES[chosen()]}
        text={renderSnippet(chosen(), { origin: GATEWAY_ORIGIN, secret: props.secret, model: props.model })}
      />
    </div>
  );
}

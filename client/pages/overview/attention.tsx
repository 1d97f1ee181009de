import { createSignal, For, type JSX, Show } from "solid-js";
import { may } from "../../api/session.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { Icon } from "../../components/icon.tsx";
import { StatusShape } from "../../components/status.tsx";
import { t } from "../../i18n/index.ts";
import { mayOpen } from "../../shell/access.ts";
import type { AttentionItem } from "./documents.ts";
import styles from "./overview.module.css";

/** The most pressing come first; the rest on demand, so that the page stays one screen. */
const SHOWN = 5;

/** What a person should look at, each with the step that mends it. */
export function Attention(props: { readonly items: readonly AttentionItem[] }): JSX.Element {
  const [isOpen, setOpen] = createSignal(false);
  const shown = () => (isOpen() ? props.items : props.items.slice(0, SHOWN));
  return (
    <Show
      when={props.items.length > 0}
      fallback={
        <p class={styles.well}>
          <Icon name="check" />
          {t().overview.allWell}
        </p>
      }
    >
      <ul class={styles.attention}>
        <For each={shown()}>
          {(item) => (
            <li>
              <span class={`${styles.mark} ${styles[item.severity]}`}>
                <StatusShape shape={item.severity === "CRITICAL" ? "cross" : "triangle"} />
              </span>
              <div>
                <div>{t().overview.attention[item.kind].title(nameOf(item), item.count)}</div>
                <p>{t().overview.attention[item.kind].text}</p>
              </div>
              <Show when={remedyOf(item)}>
                {(href) => (
                  <LinkButton small href={href()}>
                    {t().overview.attention[item.kind].action}
                  </LinkButton>
                )}
              </Show>
            </li>
          )}
        </For>
      </ul>
      <Show when={props.items.length > shown().length}>
        <div>
          <Button small kind="quiet" onClick={() => setOpen(true)}>
            {t().overview.showMore(props.items.length - SHOWN)}
          </Button>
        </div>
      </Show>
    </Show>
  );
}

function nameOf(item: AttentionItem): string {
  const subject = item.subject;
  return (subject && "name" in subject ? subject.name : null) ?? item.subjectName ?? "";
}

/** Where it can be mended, for whoever may mend it. */
function remedyOf(item: AttentionItem): string | null {
  const provider = item.subject?.__typename === "Provider" ? item.subject.id : "";
  const model = item.subject?.__typename === "Model" ? item.subject.id : null;
  switch (item.kind) {
    case "NO_PROVIDER":
      return mayOpen("/setup") ? "/setup" : null;
    case "PROVIDER_WITHOUT_KEYS":
      return may("KEYS_WRITE") ? `/keys?provider=${provider}${item.count > 0 ? "" : "&new=key"}` : null;
    case "PROVIDER_DOWN":
      return `/keys?provider=${provider}`;
    case "KEYS_INVALID":
      if (!may("KEYS_WRITE")) return null;
      return `/keys?provider=${provider}&status=INVALID`;
    case "KEYS_EXHAUSTED":
      return `/keys?provider=${provider}&status=EXHAUSTED`;
    case "MODEL_UNPRICED":
      if (!may("MODELS_WRITE")) return null;
      return model ? `/models?model=${model}` : `/models?new=model&name=${encodeURIComponent(item.subjectName ?? "")}`;
    case "MODEL_DOWN":
      return model ? `/models?model=${model}` : null;
    case "LOG_ROWS_DROPPED":
    case "LOG_NOT_WRITABLE":
      return null;
  }
}

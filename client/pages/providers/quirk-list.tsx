import { For, type JSX, Show } from "solid-js";
import { createMutation, describeError } from "../../api/mutation.ts";
import { may } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { toast } from "../../components/toast.tsx";
import { When } from "../../components/when.tsx";
import { t } from "../../i18n/index.ts";
import { forgetQuirkMutation, type Provider, type ProviderQuirk } from "./documents.ts";
import styles from "./providers.module.css";

/** How the upstream differs from OpenAI, and who says so. */
export function QuirkList(props: {
  readonly provider: Provider;
  readonly onChanged: (provider: Provider) => void;
}): JSX.Element {
  const forgetting = createMutation(forgetQuirkMutation, (data) => data.forgetProviderQuirk);
  const forget = async ({ quirk }: ProviderQuirk) => {
    const outcome = await forgetting.run({ input: { providerId: props.provider.id, quirk } });
    if (!outcome.ok) return toast(outcome.errors[0] ? describeError(outcome.errors[0]) : "");
    if (outcome.payload.provider) props.onChanged(outcome.payload.provider);
    toast(t().providers.quirks.forgotten);
  };
  return (
    <ul class={styles.quirks}>
      <For each={props.provider.quirks}>
        {(each) => (
          <li>
            <div class={styles.quirkHead}>
              <span>
                {t().providers.quirks.names[each.quirk]}
                <span class="muted">
                  {" · "}
                  <Show when={each.since} fallback={t().providers.quirks.configured}>
                    {(since) => (
                      <>
                        {t().providers.quirks.learned} <When at={since()} />
                      </>
                    )}
                  </Show>
                </span>
              </span>
              <Show when={each.source === "LEARNED" && may("KEYS_WRITE")}>
                <Button
                  small
                  kind="quiet"
                  busy={forgetting.busy()}
                  title={t().providers.quirks.forgetHint}
                  onClick={() => void forget(each)}
                >
                  {t().providers.quirks.forget}
                </Button>
              </Show>
            </div>
            <Show when={each.note}>{(words) => <q class={styles.words}>{words()}</q>}</Show>
          </li>
        )}
      </For>
      <For each={props.provider.ignoredQuirks}>
        {(quirk) => (
          <li class="muted">
            {t().providers.quirks.names[quirk]} · {t().providers.quirks.ignored}
          </li>
        )}
      </For>
    </ul>
  );
}

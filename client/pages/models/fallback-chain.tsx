import { A } from "@solidjs/router";
import { createMemo, For, type JSX, Show } from "solid-js";
import { formatPercent } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { ModelTarget } from "./documents.ts";
import styles from "./models.module.css";

/** The order in which targets are asked: those of one priority share by weight, the next priority is the fallback. */
export function FallbackChain(props: { readonly targets: readonly ModelTarget[] }): JSX.Element {
  const tiers = createMemo(() => {
    const byPriority = Map.groupBy(props.targets, (each) => each.priority);
    return [...byPriority].sort(([a], [b]) => a - b).map(([, targets]) => targets);
  });
  const share = (target: ModelTarget, tier: readonly ModelTarget[]) => {
    const total = tier.reduce((sum, each) => sum + (each.enabled ? each.weight : 0), 0);
    return total === 0 || !target.enabled ? null : target.weight / total;
  };
  return (
    <Show when={tiers().length > 0} fallback={<p class="muted">{t().models.noTargetsText}</p>}>
      <ol class={styles.chain}>
        <For each={tiers()}>
          {(tier, index) => (
            <li class={styles.tier}>
              <h4>{index() === 0 ? t().models.first : t().models.fallback(index())}</h4>
              <For each={tier}>
                {(target) => (
                  <div class={styles.tierTarget}>
                    <span class={target.enabled ? undefined : styles.off}>
                      <Show when={target.provider} fallback={t().models.deletedProvider}>
                        {(provider) => <A href={`/providers?provider=${provider().id}`}>{provider().name}</A>}
                      </Show>{" "}
                      <span class="muted">{target.upstreamModel}</span>
                    </span>
                    <span class="muted number">
                      <Show when={tier.length > 1 && share(target, tier)}>
                        {(part) => <>{formatPercent(part())} · </>}
                      </Show>
                      {t().models.keysOf(target.usableKeys, target.totalKeys)}
                    </span>
                  </div>
                )}
              </For>
            </li>
          )}
        </For>
      </ol>
    </Show>
  );
}

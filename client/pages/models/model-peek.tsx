import { A } from "@solidjs/router";
import { createEffect, type JSX, on, Show } from "solid-js";
import { createQuery } from "../../api/query.ts";
import { may } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy.tsx";
import { MoreMenu } from "../../components/more-menu.tsx";
import { Detail, Details, Peek, PeekActions, PeekSection } from "../../components/peek.tsx";
import { Tags } from "../../components/tags.tsx";
import { UsageNumbers } from "../../components/usage-numbers.tsx";
import { When } from "../../components/when.tsx";
import { formatNumber, formatPercent } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { type Model, type ModelRow, modelQuery } from "./documents.ts";
import { FallbackChain } from "./fallback-chain.tsx";
import { ModelHealthMark } from "./model-health.tsx";
import styles from "./models.module.css";
import { Prices } from "./prices.tsx";
import { RouteSection } from "./route-section.tsx";
import { TestSection } from "./test-section.tsx";
import { TraitList } from "./trait-list.tsx";

export function ModelPeek(props: {
  readonly id: string;
  readonly row: ModelRow | undefined;
  readonly onClose: () => void;
  readonly onSetEnabled: (model: Model, enabled: boolean) => void;
  readonly onEdit: (model: Model) => void;
  readonly onDelete: (model: Model) => void;
}): JSX.Element {
  const query = createQuery(modelQuery, () => ({ id: props.id }));
  const detail = () => query.data()?.model;
  // What only the open model is asked for belongs to the row as it was then.
  createEffect(
    on(
      () => props.row?.version,
      () => void query.refetch(),
      { defer: true },
    ),
  );
  const model = (): Model | undefined => props.row ?? detail() ?? undefined;
  return (
    <Peek
      title={model()?.name ?? t().models.one}
      onClose={props.onClose}
      tools={
        <Show when={model()}>
          {(each) => (
            <>
              <CopyButton text={each().name} />
              <Show when={may("MODELS_WRITE")}>
                <MoreMenu
                  items={[
                    { label: t().common.edit, icon: "edit", run: () => props.onEdit(each()) },
                    { label: t().common.delete, icon: "trash", danger: true, run: () => props.onDelete(each()) },
                  ]}
                />
              </Show>
            </>
          )}
        </Show>
      }
    >
      <Show when={model()}>
        {(each) => (
          <>
            <PeekSection>
              <div class={styles.state}>
                <ModelHealthMark model={each()} badge />
                <span class="muted">{t().models.keysNow(each().health.usableKeys, each().health.totalKeys)}</span>
              </div>
              <Show when={each().health.successRate5m !== null}>
                <p class={`muted ${styles.recent}`}>
                  {t().models.recent(each().health.requests5m, formatPercent(each().health.successRate5m ?? 0))}
                </p>
              </Show>
              <Show when={each().health.lastError}>
                {(words) => (
                  <figure class={styles.lastError}>
                    <figcaption class="muted">
                      {t().models.lastError} · <When at={each().health.lastErrorAt} />
                    </figcaption>
                    <blockquote>{words()}</blockquote>
                  </figure>
                )}
              </Show>
              <Show when={may("MODELS_WRITE")}>
                <PeekActions>
                  <Button small onClick={() => props.onSetEnabled(each(), !each().enabled)}>
                    {each().enabled ? t().common.disable : t().common.enable}
                  </Button>
                  <Button small icon="edit" onClick={() => props.onEdit(each())}>
                    {t().common.edit}
                  </Button>
                </PeekActions>
              </Show>
            </PeekSection>
            <PeekSection title={t().models.chain}>
              <FallbackChain targets={each().targets} />
            </PeekSection>
            <RouteSection model={each().name} />
            <Show when={may("MODELS_WRITE")}>
              <TestSection modelId={each().id} />
            </Show>
            <PeekSection title={t().models.priceTitle}>
              <Prices price={each().price} details={detail()?.price} />
            </PeekSection>
            <Show when={detail()}>
              {(full) => (
                <PeekSection
                  title={t().common.last24h}
                  tools={<A href={`/requests?model=${encodeURIComponent(full().name)}`}>{t().models.itsRequests}</A>}
                >
                  <UsageNumbers usage={full().usage} sparkline={full().sparkline} />
                </PeekSection>
              )}
            </Show>
            <Show when={each().targets.some((target) => target.effectiveTraits)}>
              <PeekSection title={t().models.traits.title}>
                <TraitList targets={each().targets} />
              </PeekSection>
            </Show>
            <PeekSection title={t().common.details}>
              <Details>
                <Detail label={t().models.displayName}>
                  {each().displayName === each().name ? null : each().displayName}
                </Detail>
                <Detail label={t().models.description}>{each().description}</Detail>
                <Detail label={t().models.aliases}>
                  {each().aliases.length > 0 ? <Tags words={each().aliases} /> : null}
                </Detail>
                <Detail label={t().models.capabilities}>
                  {each().capabilities.length > 0 ? (
                    <Tags words={each().capabilities.map((one) => t().models.capability[one])} />
                  ) : null}
                </Detail>
                <Detail label={t().models.contextWindow}>{tokens(each().contextWindow)}</Detail>
                <Detail label={t().models.maxOutputTokens}>{tokens(each().maxOutputTokens)}</Detail>
                <Detail label={t().common.changed}>
                  <When at={each().updatedAt} />
                </Detail>
              </Details>
            </PeekSection>
          </>
        )}
      </Show>
    </Peek>
  );
}

const tokens = (count: number | null) => (count === null ? null : formatNumber(count));

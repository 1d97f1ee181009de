import { A } from "@solidjs/router";
import { For, type JSX, Show } from "solid-js";
import { createQuery } from "../../api/query.ts";
import { may } from "../../api/session.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { describeCounts, HealthBar } from "../../components/health-bar.tsx";
import { MoreMenu } from "../../components/more-menu.tsx";
import { Detail, Details, Peek, PeekActions, PeekSection } from "../../components/peek.tsx";
import { UsageNumbers } from "../../components/usage-numbers.tsx";
import { When } from "../../components/when.tsx";
import { t } from "../../i18n/index.ts";
import { type Provider, type ProviderRow, providerQuery } from "./documents.ts";
import { KIND_NAMES } from "./kind.ts";
import { ProviderStatus } from "./provider-status.tsx";
import styles from "./providers.module.css";
import { QuirkList } from "./quirk-list.tsx";

export function ProviderPeek(props: {
  readonly id: string;
  readonly row: ProviderRow | undefined;
  readonly onClose: () => void;
  readonly onSetEnabled: (provider: Provider, enabled: boolean) => void;
  readonly onEdit: (provider: Provider) => void;
  readonly onChanged: (provider: Provider) => void;
  readonly onDelete: (provider: Provider) => void;
}): JSX.Element {
  const query = createQuery(providerQuery, () => ({ id: props.id }));
  const detail = () => query.data()?.provider;
  const provider = (): Provider | undefined => props.row ?? detail() ?? undefined;
  return (
    <Peek
      title={provider()?.name ?? t().providers.one}
      onClose={props.onClose}
      tools={
        <Show when={may("KEYS_WRITE") && provider()}>
          {(each) => (
            <MoreMenu
              items={[
                { label: t().common.edit, icon: "edit", run: () => props.onEdit(each()) },
                { label: t().common.delete, icon: "trash", danger: true, run: () => props.onDelete(each()) },
              ]}
            />
          )}
        </Show>
      }
    >
      <Show when={provider()}>
        {(each) => (
          <>
            <PeekSection>
              <div class={styles.state}>
                <ProviderStatus provider={each()} badge />
              </div>
              <div class={styles.health}>
                <HealthBar counts={each().keyCounts} />
                <p class="muted">{describeCounts(each().keyCounts)}</p>
              </div>
              <PeekActions>
                <LinkButton small icon="keys" href={`/keys?provider=${props.id}`}>
                  {t().providers.showKeys}
                </LinkButton>
                <Show when={may("KEYS_WRITE")}>
                  <LinkButton small icon="plus" href={`/keys?provider=${props.id}&new=key`}>
                    {t().keys.add}
                  </LinkButton>
                  <Button small onClick={() => props.onSetEnabled(each(), !each().enabled)}>
                    {each().enabled ? t().common.disable : t().common.enable}
                  </Button>
                  <Button small icon="edit" onClick={() => props.onEdit(each())}>
                    {t().common.edit}
                  </Button>
                </Show>
              </PeekActions>
            </PeekSection>
            <Show when={detail()}>
              {(full) => (
                <PeekSection
                  title={t().common.last24h}
                  tools={<A href={`/requests?provider=${props.id}`}>{t().providers.itsRequests}</A>}
                >
                  <UsageNumbers usage={full().usage} sparkline={full().sparkline} />
                </PeekSection>
              )}
            </Show>
            <PeekSection title={t().common.details}>
              <Details>
                <Detail label={t().providers.kind}>{KIND_NAMES[each().kind]}</Detail>
                <Detail label={t().providers.baseUrl}>
                  <span class="mono">{each().baseUrl}</span>
                </Detail>
                <Detail label={t().providers.apiVersion}>{each().apiVersion}</Detail>
                <Detail label={t().providers.botId}>{each().botId}</Detail>
                <Detail label={t().providers.strategy}>{t().providers.strategies[each().strategy]}</Detail>
                <Detail label={t().common.memo}>{each().memo}</Detail>
                <Detail label={t().common.created}>
                  <When at={each().createdAt} />
                </Detail>
              </Details>
            </PeekSection>
            <Show when={each().quirks.length + each().ignoredQuirks.length > 0}>
              <PeekSection title={t().providers.quirks.title}>
                <QuirkList provider={each()} onChanged={props.onChanged} />
              </PeekSection>
            </Show>
            <Show when={detail()}>
              {(full) => (
                <PeekSection title={t().providers.models}>
                  <Show when={full().models.length > 0} fallback={<p class="muted">{t().providers.noModels}</p>}>
                    <ul class={styles.models}>
                      <For each={full().models}>
                        {(model) => (
                          <li>
                            <A href={`/models?model=${model.id}`}>{model.name}</A>
                          </li>
                        )}
                      </For>
                    </ul>
                  </Show>
                </PeekSection>
              )}
            </Show>
          </>
        )}
      </Show>
    </Peek>
  );
}

import { A } from "@solidjs/router";
import { type JSX, Show } from "solid-js";
import { createLive } from "../../api/live.ts";
import { createQuery } from "../../api/query.ts";
import { may } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { MoreMenu } from "../../components/more-menu.tsx";
import { Detail, Details, Peek, PeekActions, PeekSection } from "../../components/peek.tsx";
import { Tags } from "../../components/tags.tsx";
import { UsageNumbers } from "../../components/usage-numbers.tsx";
import { When } from "../../components/when.tsx";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { type Key, type KeyRow, keyEvents, keyQuery } from "./documents.ts";
import { KeyHistory } from "./key-history.tsx";
import { BalanceDetail, LimitDetails } from "./key-limits.tsx";
import { KeyReason, ParkedModels } from "./key-reason.tsx";
import { KeyStatusMark } from "./key-status.tsx";

/** One key beside the table: why it is as it is, what it did, what can be done. */
export function KeyPeek(props: {
  readonly id: string;
  /** The row, while the rest is on its way. */
  readonly row: KeyRow | undefined;
  readonly onClose: () => void;
  readonly onAct: (action: "ENABLE" | "DISABLE" | "RESET") => void;
  readonly onEdit: (key: Key) => void;
  readonly onDelete: (key: Key) => void;
}): JSX.Element {
  const query = createQuery(keyQuery, () => ({ id: props.id }));
  const detail = () => query.data()?.providerKey;
  /** The row is patched by events and by this page's own changes, so it is the fresher one where both are there. */
  const key = (): Key | undefined => props.row ?? detail() ?? undefined;

  createLive({
    document: keyEvents,
    variables: () => ({ filter: { ids: [props.id] } }),
    cursor: (data) => data.keyEvents.cursor,
    onGap: () => void query.refetch(),
    onData({ keyEvents: event }) {
      if (event.__typename !== "KeyEventBatch") return void query.refetch();
      query.update((data) => {
        for (const each of event.events) {
          if (!data.providerKey || each.keyId !== props.id) continue;
          if (each.key) Object.assign(data.providerKey, each.key);
          if (each.change) data.providerKey.healthHistory.nodes.unshift(each.change);
        }
      });
    },
  });

  return (
    <Peek
      title={key()?.name ?? t().keys.one}
      onClose={props.onClose}
      tools={
        <Show when={may("KEYS_WRITE") && key()}>
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
      <Show
        when={key()}
        fallback={
          <PeekSection>
            <p class="muted">{query.loading() ? t().common.loading : t().keys.gone}</p>
          </PeekSection>
        }
      >
        {(each) => (
          <>
            <PeekSection>
              <KeyReason key={each()} />
              <Show when={may("KEYS_WRITE")}>
                <PeekActions>
                  <Show
                    when={each().enabled}
                    fallback={
                      <Button small kind="primary" onClick={() => props.onAct("ENABLE")}>
                        {t().common.enable}
                      </Button>
                    }
                  >
                    <Button small onClick={() => props.onAct("DISABLE")}>
                      {t().common.disable}
                    </Button>
                  </Show>
                  <Show when={canReset(each())}>
                    <Button small icon="reset" onClick={() => props.onAct("RESET")} title={t().keys.resetHint}>
                      {t().keys.reset}
                    </Button>
                  </Show>
                  <Button small icon="edit" onClick={() => props.onEdit(each())}>
                    {t().common.edit}
                  </Button>
                </PeekActions>
              </Show>
            </PeekSection>
            <Show when={each().parkedModels.length > 0}>
              <PeekSection title={t().keys.parkedTitle}>
                <ParkedModels models={each().parkedModels} />
              </PeekSection>
            </Show>
            <Show when={detail()}>
              {(full) => (
                <PeekSection
                  title={t().common.last24h}
                  tools={<A href={`/requests?key=${props.id}`}>{t().keys.itsRequests}</A>}
                >
                  <UsageNumbers usage={full().usage} sparkline={full().sparkline} />
                </PeekSection>
              )}
            </Show>
            <PeekSection title={t().common.details}>
              <KeyDetails key={each()} />
            </PeekSection>
            <Show when={detail()}>
              {(full) => (
                <PeekSection title={t().keys.history}>
                  <KeyHistory changes={full().healthHistory.nodes} />
                </PeekSection>
              )}
            </Show>
          </>
        )}
      </Show>
    </Peek>
  );
}

function canReset(key: Key): boolean {
  return key.parkedModels.length > 0 || key.consecutiveFailures > 0 || !["ACTIVE", "UNCHECKED"].includes(key.status);
}

function KeyDetails(props: { readonly key: Key }): JSX.Element {
  return (
    <Details>
      <Detail label={t().keys.columns.status}>
        <KeyStatusMark status={props.key.status} until={props.key.cooldownUntil} />
      </Detail>
      <Detail label={t().keys.columns.provider}>
        <A href={`/providers?provider=${props.key.provider.id}`}>{props.key.provider.name}</A>
      </Detail>
      <Detail label={t().keys.secret}>
        <span class="mono">{props.key.secretPreview}</span>
      </Detail>
      <Detail label={t().keys.columns.inFlight}>{formatNumber(props.key.inFlight)}</Detail>
      <Detail label={t().keys.columns.uses}>{formatNumber(props.key.usageCount)}</Detail>
      <Detail label={t().keys.columns.lastUsed}>
        <When at={props.key.lastUsedAt} />
      </Detail>
      <LimitDetails limits={props.key.limits} />
      <Show when={props.key.balance}>{(balance) => <BalanceDetail balance={balance()} />}</Show>
      <Detail label={t().keys.columns.priority}>{formatNumber(props.key.priority)}</Detail>
      <Detail label={t().keys.weight}>{formatNumber(props.key.weight)}</Detail>
      <Detail label={t().keys.tags}>{props.key.tags.length > 0 ? <Tags words={props.key.tags} /> : null}</Detail>
      <Detail label={t().keys.userAgent}>{props.key.userAgent}</Detail>
      <Detail label={t().keys.proxy}>{props.key.proxyPreview}</Detail>
      <Detail label={t().common.memo}>{props.key.memo}</Detail>
      <Detail label={t().common.created}>
        <When at={props.key.createdAt} />
      </Detail>
    </Details>
  );
}

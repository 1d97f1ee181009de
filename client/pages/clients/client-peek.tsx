import { A } from "@solidjs/router";
import { type JSX, Show } from "solid-js";
import { createQuery } from "../../api/query.ts";
import { may } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { MoreMenu } from "../../components/more-menu.tsx";
import { Detail, Details, Peek, PeekActions, PeekSection } from "../../components/peek.tsx";
import { Tags } from "../../components/tags.tsx";
import { UsageNumbers } from "../../components/usage-numbers.tsx";
import { When } from "../../components/when.tsx";
import { t } from "../../i18n/index.ts";
import { clientName } from "./client-name.ts";
import { ClientStatus } from "./client-status.tsx";
import styles from "./clients.module.css";
import { type Client, type ClientRow, clientQuery } from "./documents.ts";
import { SnippetTabs } from "./snippet-tabs.tsx";

export function ClientPeek(props: {
  readonly id: string;
  readonly row: ClientRow | undefined;
  readonly onClose: () => void;
  readonly onSetEnabled: (client: Client, enabled: boolean) => void;
  readonly onEdit: (client: Client) => void;
  readonly onRotate: (client: Client) => void;
  readonly onDelete: (client: Client) => void;
}): JSX.Element {
  const query = createQuery(clientQuery, () => ({ id: props.id }));
  const detail = () => query.data()?.clientKey;
  const client = (): Client | undefined => props.row ?? detail() ?? undefined;
  const model = () => client()?.allowedModels.find((each) => !each.includes("*")) ?? "MODEL";
  return (
    <Peek
      title={nameOf(client())}
      onClose={props.onClose}
      tools={
        <Show when={may("CLIENTS_WRITE") && client()}>
          {(each) => (
            <MoreMenu
              items={[
                { label: t().common.edit, icon: "edit", run: () => props.onEdit(each()) },
                ...(each().builtin === "ANONYMOUS"
                  ? []
                  : [{ label: t().clients.rotate, icon: "refresh" as const, run: () => props.onRotate(each()) }]),
                ...(each().builtin
                  ? []
                  : [
                      {
                        label: t().common.delete,
                        icon: "trash" as const,
                        danger: true,
                        run: () => props.onDelete(each()),
                      },
                    ]),
              ]}
            />
          )}
        </Show>
      }
    >
      <Show when={client()}>
        {(each) => (
          <>
            <PeekSection>
              <div class={styles.state}>
                <ClientStatus client={each()} badge />
              </div>
              <Show when={may("CLIENTS_WRITE")}>
                <PeekActions>
                  <Button small onClick={() => props.onSetEnabled(each(), !each().enabled)}>
                    {each().enabled ? t().common.disable : t().common.enable}
                  </Button>
                  <Button small icon="edit" onClick={() => props.onEdit(each())}>
                    {t().common.edit}
                  </Button>
                  <Show when={each().builtin !== "ANONYMOUS"}>
                    <Button small icon="refresh" onClick={() => props.onRotate(each())}>
                      {t().clients.rotate}
                    </Button>
                  </Show>
                </PeekActions>
              </Show>
            </PeekSection>
            <Show when={detail()}>
              {(full) => (
                <PeekSection
                  title={t().common.last24h}
                  tools={<A href={`/requests?client=${props.id}`}>{t().clients.itsRequests}</A>}
                >
                  <UsageNumbers usage={full().usage} sparkline={full().sparkline} />
                </PeekSection>
              )}
            </Show>
            <PeekSection title={t().common.details}>
              <Details>
                <Detail label={t().clients.secret}>
                  {each().secretPreview ? <span class="mono">{each().secretPreview}</span> : null}
                </Detail>
                <Detail label={t().clients.allowedModels}>
                  {each().allowedModels.length > 0 ? <Tags words={each().allowedModels} /> : t().clients.allModels}
                </Detail>
                <Detail label={t().clients.expires}>
                  <When at={each().expiresAt} />
                </Detail>
                <Detail label={t().clients.content}>
                  {t().clients.contentPolicies[each().requestContent ?? "DEFAULT"]}
                </Detail>
                <Detail label={t().clients.strict}>{each().strictParameters ? t().common.yes : null}</Detail>
                <Detail label={t().keys.tags}>{each().tags.length > 0 ? <Tags words={each().tags} /> : null}</Detail>
                <Detail label={t().keys.columns.lastUsed}>
                  <When at={each().lastUsedAt} />
                </Detail>
                <Detail label={t().common.memo}>{each().memo}</Detail>
                <Detail label={t().common.created}>
                  <When at={each().createdAt} />
                </Detail>
              </Details>
            </PeekSection>
            <Show when={each().builtin !== "ANONYMOUS"}>
              <PeekSection title={t().clients.snippets}>
                <SnippetTabs secret="$SLUICE_API_KEY" model={model()} />
              </PeekSection>
            </Show>
          </>
        )}
      </Show>
    </Peek>
  );
}

const nameOf = (client: Client | undefined) => (client ? clientName(client) : t().clients.one);

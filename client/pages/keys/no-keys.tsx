import { type JSX, Show } from "solid-js";
import { GRAPHQL_URL } from "../../api/base.ts";
import { may } from "../../api/session.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { Empty } from "../../components/empty.tsx";
import { t } from "../../i18n/index.ts";

/** Nothing matches, or nothing is there yet: two different things to say. */
export function NoKeys(props: {
  readonly isFiltered: boolean;
  readonly hasProviders: boolean;
  readonly onClear: () => void;
  readonly onAdd: () => void;
}): JSX.Element {
  const command = () => `curl ${GRAPHQL_URL} \\
  -H "authorization: Bearer $ADMIN_TOKEN" \\
  -H "content-type: application/json" \\
  -d '{"query":"mutation($input: CreateProviderKeyInput!) { createProviderKey(input: $input) { providerKey { id } userErrors { message } } }",
       "variables":{"input":{"providerId":"prv_…","secret":"sk-…"}}}'`;
  return (
    <Show
      when={!props.isFiltered}
      fallback={
        <Empty
          title={t().filter.nothing}
          action={<Button onClick={() => props.onClear()}>{t().filter.clearAll}</Button>}
        />
      }
    >
      <Empty
        title={t().keys.emptyTitle}
        command={props.hasProviders ? { label: t().common.orCommand, text: command() } : undefined}
        action={
          may("KEYS_WRITE") && (
            <Show
              when={props.hasProviders}
              fallback={
                <LinkButton kind="primary" icon="plus" href="/providers?new=provider">
                  {t().providers.add}
                </LinkButton>
              }
            >
              <Button kind="primary" icon="plus" onClick={() => props.onAdd()}>
                {t().keys.add}
              </Button>
            </Show>
          )
        }
      >
        {t().keys.emptyText}
      </Empty>
    </Show>
  );
}

import { type JSX, Show } from "solid-js";
import { GATEWAY_ORIGIN } from "../../api/base.ts";
import { may } from "../../api/session.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { Empty } from "../../components/empty.tsx";
import { t } from "../../i18n/index.ts";

export function NoModels(props: {
  readonly isFiltered: boolean;
  readonly hasProviders: boolean;
  readonly onClear: () => void;
  readonly onAdd: () => void;
}): JSX.Element {
  const command = () => `curl ${GATEWAY_ORIGIN}/v1/models -H "authorization: Bearer $CLIENT_KEY"`;
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
        title={t().models.emptyTitle}
        command={{ label: t().models.emptyCommand, text: command() }}
        action={
          may("MODELS_WRITE") && (
            <Show
              when={props.hasProviders}
              fallback={
                <LinkButton kind="primary" icon="plus" href="/providers?new=provider">
                  {t().providers.add}
                </LinkButton>
              }
            >
              <Button kind="primary" icon="plus" onClick={() => props.onAdd()}>
                {t().models.add}
              </Button>
            </Show>
          )
        }
      >
        {t().models.emptyText}
      </Empty>
    </Show>
  );
}

import { createMemo, createSignal, type JSX, Match, Show, Switch } from "solid-js";
import { createList } from "../../api/list.ts";
import { createLive } from "../../api/live.ts";
import { createMutation, describeError } from "../../api/mutation.ts";
import { may } from "../../api/session.ts";
import { createUndo } from "../../api/undo.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Empty } from "../../components/empty.tsx";
import { SearchField } from "../../components/filter.tsx";
import { describeCounts, HealthBar } from "../../components/health-bar.tsx";
import { CardLines, Table } from "../../components/table.tsx";
import { toast } from "../../components/toast.tsx";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { createThrottle } from "../../lib/throttle.ts";
import { createUrlSelection, createUrlText } from "../../lib/url-state.ts";
import { Page } from "../../shell/page.tsx";
import { keyEvents } from "../keys/documents.ts";
import { providerColumns } from "./columns.tsx";
import {
  deleteProvidersMutation,
  type Provider,
  type ProviderRow,
  providersQuery,
  restoreProvidersMutation,
  updateProviderMutation,
} from "./documents.ts";
import { EditProvider } from "./edit-provider.tsx";
import { KIND_NAMES } from "./kind.ts";
import { ProviderPeek } from "./provider-peek.tsx";
import { ProviderStatus } from "./provider-status.tsx";
import styles from "./providers.module.css";
import { ProviderTabs } from "./tabs.tsx";

type Task = { readonly kind: "edit" | "delete"; readonly provider: Provider };

export default function ProvidersPage(): JSX.Element {
  const search = createUrlText("q");
  const open = createUrlSelection("provider");
  const adding = createUrlSelection("new");
  const canWrite = () => may("KEYS_WRITE");
  const [task, setTask] = createSignal<Task | null>(null);
  const list = createList(
    providersQuery,
    () => ({ filter: search() ? { search: search() } : null }),
    (data) => data.providers,
  );
  const openRow = createMemo(() => list.rows().find((row) => row.id === open()));
  const refetchSoon = createThrottle(list.refetch);
  const update = createMutation(updateProviderMutation, (data) => data.updateProvider);
  const deletion = createMutation(deleteProvidersMutation, (data) => data.deleteProviders);
  const undoDeletion = createUndo(restoreProvidersMutation, (data) => data.restoreProviders);

  // Providers have no events of their own; what moves in them is their keys.
  createLive({
    document: keyEvents,
    variables: () => ({}),
    cursor: (data) => data.keyEvents.cursor,
    onGap: list.refetch,
    onData: refetchSoon,
  });

  const setEnabled = async (provider: Provider, enabled: boolean) => {
    const outcome = await update.run({ input: { id: provider.id, enabled } });
    if (!outcome.ok) return toast(outcome.errors[0] ? describeError(outcome.errors[0]) : "");
    if (outcome.payload.provider) list.patch([outcome.payload.provider]);
    toast(enabled ? t().providers.enabledNow(provider.name) : t().providers.disabledNow(provider.name), {
      label: t().common.undo,
      run: () => void setEnabled(provider, !enabled),
    });
  };
  const remove = async (provider: Provider) => {
    const outcome = await deletion.run({ input: { ids: [provider.id] } });
    if (!outcome.ok) {
      const blockers = outcome.errors.flatMap((each) => namesOfBlockers(each));
      if (blockers.length > 0) return t().providers.blocked(blockers.join(", "));
      return outcome.errors[0] && describeError(outcome.errors[0]);
    }
    list.remove(outcome.payload.deletedIds);
    if (open() === provider.id) open.set(null);
    toast(t().providers.deleted(provider.name), undoDeletion(outcome.payload.undoToken));
    return undefined;
  };

  return (
    <Page
      title={t().nav.pages.providers}
      shortTitle={t().nav.short.providers}
      add={canWrite() ? { label: t().providers.addShort, run: () => adding.set("provider") } : undefined}
      note={list.total() === null ? undefined : formatNumber(list.total() ?? 0)}
      error={list.error()}
      onRetry={list.refetch}
      actions={<ProviderTabs />}
      bar={<SearchField value={search()} onChange={search.set} label={t().providers.search} />}
      peek={
        <Show when={open()} keyed>
          {(id) => (
            <ProviderPeek
              id={id}
              row={openRow()}
              onClose={() => open.set(null)}
              onSetEnabled={setEnabled}
              onEdit={(provider) => setTask({ kind: "edit", provider })}
              onChanged={(provider) => list.patch([provider])}
              onDelete={(provider) => setTask({ kind: "delete", provider })}
            />
          )}
        </Show>
      }
    >
      <Table
        label={t().nav.pages.providers}
        columns={providerColumns()}
        rows={list.rows()}
        total={list.total()}
        loading={list.loading()}
        card={(row) => <ProviderCard row={row} />}
        openId={open()}
        onOpen={(row) => open.set(row.id)}
        onEnd={list.loadMore}
        empty={
          <Show
            when={search() === ""}
            fallback={
              <Empty
                title={t().filter.nothing}
                action={<Button onClick={() => search.set("")}>{t().filter.clearAll}</Button>}
              />
            }
          >
            <Empty
              title={t().providers.emptyTitle}
              action={
                canWrite() && (
                  <Button kind="primary" icon="plus" onClick={() => adding.set("provider")}>
                    {t().providers.add}
                  </Button>
                )
              }
              command={{ label: t().providers.emptyCommand, text: "OPENAI_API_KEY=sk-… npm start" }}
            >
              {t().providers.emptyText}
            </Empty>
          </Show>
        }
      />
      <Switch>
        <Match when={adding() === "provider" && canWrite()}>
          <EditProvider onClose={() => adding.set(null)} onSaved={(provider) => open.set(provider.id)} />
        </Match>
        <Match when={providerOf(task(), "edit")} keyed>
          {(provider) => (
            <EditProvider provider={provider} onClose={() => setTask(null)} onSaved={(saved) => list.patch([saved])} />
          )}
        </Match>
        <Match when={providerOf(task(), "delete")} keyed>
          {(provider) => (
            <Confirm
              title={t().providers.deleteTitle(provider.name)}
              action={t().common.delete}
              danger
              onConfirm={() => remove(provider)}
              onClose={() => setTask(null)}
            >
              <p>{t().providers.deleteText(provider.keyCounts.total)}</p>
            </Confirm>
          )}
        </Match>
      </Switch>
    </Page>
  );
}

const providerOf = (task: Task | null, kind: Task["kind"]) => (task?.kind === kind ? task.provider : undefined);

function namesOfBlockers(error: object): string[] {
  const blockers = "blockers" in error && Array.isArray(error.blockers) ? error.blockers : [];
  return blockers.flatMap((each: { name?: string }) => (each.name ? [each.name] : []));
}

function ProviderCard(props: { readonly row: ProviderRow }): JSX.Element {
  return (
    <CardLines
      title={props.row.name}
      aside={<ProviderStatus provider={props.row} />}
      detail={`${KIND_NAMES[props.row.kind]} · ${describeCounts(props.row.keyCounts)}`}
      number={
        <span class={styles.cardBar}>
          <HealthBar counts={props.row.keyCounts} />
        </span>
      }
    />
  );
}

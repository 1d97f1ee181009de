import { createMemo, createSignal, type JSX, Match, Show, Switch } from "solid-js";
import { createList } from "../../api/list.ts";
import { createMutation, describeError } from "../../api/mutation.ts";
import { may } from "../../api/session.ts";
import { createUndo } from "../../api/undo.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Empty } from "../../components/empty.tsx";
import { FilterChips, SearchField } from "../../components/filter.tsx";
import { CardLines, Table } from "../../components/table.tsx";
import { toast } from "../../components/toast.tsx";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { createUrlSelection } from "../../lib/url-state.ts";
import { Page } from "../../shell/page.tsx";
import { clientName } from "./client-name.ts";
import { ClientPeek } from "./client-peek.tsx";
import { ClientStatus } from "./client-status.tsx";
import { clientColumns } from "./columns.tsx";
import {
  type Client,
  type ClientRow,
  clientsQuery,
  deleteClientsMutation,
  restoreClientsMutation,
  rotateClientMutation,
  updateClientMutation,
} from "./documents.ts";
import { EditClient } from "./edit-client.tsx";
import { CLIENT_FLAGS, createClientFilters } from "./filters.ts";
import { SecretDialog } from "./secret-dialog.tsx";

type Task =
  | { readonly kind: "edit" | "delete" | "rotate"; readonly client: Client }
  | { readonly kind: "secret"; readonly client: Client; readonly secret: string };

export default function ClientsPage(): JSX.Element {
  const filters = createClientFilters();
  const open = createUrlSelection("client");
  const adding = createUrlSelection("new");
  const canWrite = () => may("CLIENTS_WRITE");
  const [task, setTask] = createSignal<Task | null>(null);
  const list = createList(clientsQuery, filters.variables, (data) => data.clientKeys);
  const openRow = createMemo(() => list.rows().find((row) => row.id === open()));
  const update = createMutation(updateClientMutation, (data) => data.updateClientKey);
  const rotation = createMutation(rotateClientMutation, (data) => data.rotateClientKey);
  const deletion = createMutation(deleteClientsMutation, (data) => data.deleteClientKeys);
  const undoDeletion = createUndo(restoreClientsMutation, (data) => data.restoreClientKeys);

  const setEnabled = async (client: Client, enabled: boolean) => {
    const outcome = await update.run({ input: { id: client.id, enabled } });
    if (!outcome.ok) return toast(outcome.errors[0] ? describeError(outcome.errors[0]) : "");
    if (outcome.payload.clientKey) list.patch([outcome.payload.clientKey]);
    const name = clientName(client);
    toast(enabled ? t().clients.enabledNow(name) : t().clients.disabledNow(name), {
      label: t().common.undo,
      run: () => void setEnabled(client, !enabled),
    });
  };
  const rotate = async (client: Client) => {
    const outcome = await rotation.run({ input: { id: client.id } });
    if (!outcome.ok) return outcome.errors[0] && describeError(outcome.errors[0]);
    const { clientKey, secret } = outcome.payload;
    if (clientKey) list.patch([clientKey]);
    // After the question has closed itself.
    if (clientKey && secret) setTimeout(() => setTask({ kind: "secret", client: clientKey, secret }));
    return undefined;
  };
  const remove = async (client: Client) => {
    const outcome = await deletion.run({ input: { ids: [client.id] } });
    if (!outcome.ok) return outcome.errors[0] && describeError(outcome.errors[0]);
    list.remove(outcome.payload.deletedIds);
    if (open() === client.id) open.set(null);
    toast(t().clients.deleted(clientName(client)), undoDeletion(outcome.payload.undoToken));
    return undefined;
  };

  return (
    <Page
      title={t().nav.pages.clients}
      shortTitle={t().nav.short.clients}
      add={canWrite() ? { label: t().clients.addShort, run: () => adding.set("client") } : undefined}
      note={list.total() === null ? undefined : formatNumber(list.total() ?? 0)}
      error={list.error()}
      onRetry={list.refetch}
      bar={
        <>
          <SearchField value={filters.search()} onChange={filters.search.set} label={t().clients.search} />
          <FilterChips
            label={t().keys.columns.status}
            chosen={filters.flags()}
            options={CLIENT_FLAGS.map((value) => ({ value, label: t().clients.status[value] }))}
            onChange={filters.flags.set}
          />
        </>
      }
      peek={
        <Show when={open()} keyed>
          {(id) => (
            <ClientPeek
              id={id}
              row={openRow()}
              onClose={() => open.set(null)}
              onSetEnabled={setEnabled}
              onEdit={(client) => setTask({ kind: "edit", client })}
              onRotate={(client) => setTask({ kind: "rotate", client })}
              onDelete={(client) => setTask({ kind: "delete", client })}
            />
          )}
        </Show>
      }
    >
      <Table
        label={t().nav.pages.clients}
        columns={clientColumns()}
        rows={list.rows()}
        total={list.total()}
        loading={list.loading()}
        card={(row) => <ClientCard row={row} />}
        openId={open()}
        onOpen={(row) => open.set(row.id)}
        sort={filters.sort()}
        onSort={filters.sortBy}
        onEnd={list.loadMore}
        empty={
          <Show
            when={!filters.isSet()}
            fallback={
              <Empty
                title={t().filter.nothing}
                action={<Button onClick={filters.clear}>{t().filter.clearAll}</Button>}
              />
            }
          >
            <Empty
              title={t().clients.emptyTitle}
              action={
                canWrite() && (
                  <Button kind="primary" icon="plus" onClick={() => adding.set("client")}>
                    {t().clients.add}
                  </Button>
                )
              }
            >
              {t().clients.emptyText}
            </Empty>
          </Show>
        }
      />
      <Switch>
        <Match when={adding() === "client" && canWrite()}>
          <EditClient
            onClose={() => adding.set(null)}
            onSaved={() => {}}
            onCreated={(client, secret) => setTask({ kind: "secret", client, secret })}
          />
        </Match>
        <Match when={clientOf(task(), "edit")} keyed>
          {(client) => (
            <EditClient
              client={client}
              onClose={() => setTask(null)}
              onSaved={(saved) => list.patch([saved])}
              onCreated={() => {}}
            />
          )}
        </Match>
        <Match when={clientOf(task(), "rotate")} keyed>
          {(client) => (
            <Confirm
              title={t().clients.rotateTitle(clientName(client))}
              action={t().clients.rotate}
              danger
              onConfirm={() => rotate(client)}
              onClose={() => setTask(null)}
            >
              <p>{t().clients.rotateText}</p>
            </Confirm>
          )}
        </Match>
        <Match when={clientOf(task(), "delete")} keyed>
          {(client) => (
            <Confirm
              title={t().clients.deleteTitle(clientName(client))}
              action={t().common.delete}
              danger
              onConfirm={() => remove(client)}
              onClose={() => setTask(null)}
            >
              <p>{t().clients.deleteText}</p>
            </Confirm>
          )}
        </Match>
        <Match when={secretOf(task())} keyed>
          {(made) => <SecretDialog name={clientName(made.client)} secret={made.secret} onClose={() => setTask(null)} />}
        </Match>
      </Switch>
    </Page>
  );
}

const clientOf = (task: Task | null, kind: Task["kind"]) => (task?.kind === kind ? task.client : undefined);
const secretOf = (task: Task | null) => (task?.kind === "secret" ? task : undefined);

function ClientCard(props: { readonly row: ClientRow }): JSX.Element {
  return (
    <CardLines
      title={clientName(props.row)}
      aside={<ClientStatus client={props.row} />}
      detail={props.row.allowedModels.length > 0 ? props.row.allowedModels.join(", ") : t().clients.allModels}
      number={props.row.secretPreview}
    />
  );
}

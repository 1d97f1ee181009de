import { createMemo, createSignal, type JSX, Show } from "solid-js";
import { GATEWAY_ORIGIN } from "../../api/base.ts";
import { createList } from "../../api/list.ts";
import { createMutation, describeError } from "../../api/mutation.ts";
import { may } from "../../api/session.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { Empty } from "../../components/empty.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { CardLines, Table } from "../../components/table.tsx";
import { toast } from "../../components/toast.tsx";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { createUrlSelection } from "../../lib/url-state.ts";
import { Page } from "../../shell/page.tsx";
import { requestColumns } from "./columns.tsx";
import { cancelRequestMutation, type Request, requestsQuery } from "./documents.ts";
import { RequestFilterBar } from "./filter-bar.tsx";
import { createRequestFilters } from "./filters.ts";
import { createLiveTail } from "./live-tail.ts";
import { DroppedMark, OriginMark, RequestCost, RequestDuration, RequestTime } from "./parts.tsx";
import { RequestPeek } from "./request-peek.tsx";
import { RequestStatusMark } from "./request-status.tsx";
import styles from "./requests.module.css";

export default function RequestsPage(): JSX.Element {
  const filters = createRequestFilters();
  const open = createUrlSelection("request");
  const list = createList(requestsQuery, filters.variables, (data) => data.requestLogs);
  const tail = createLiveTail(list, filters);
  const cancellation = createMutation(cancelRequestMutation, (data) => data.cancelRequest);
  const [scroller, setScroller] = createSignal<HTMLElement>();

  const rows = createMemo(() => [...tail.running(), ...list.rows()]);
  const openRow = createMemo(() => rows().find((row) => row.id === open()));
  const isPartial = () => list.data()?.requestLogs.isPartial ?? false;
  const note = () => {
    const total = list.total();
    if (total !== null) return formatNumber(total);
    return list.data() && !isPartial() ? t().requests.overCount(formatNumber(10_000)) : undefined;
  };
  const cancel = async (request: Request) => {
    const outcome = await cancellation.run({ input: { id: request.id } });
    if (!outcome.ok) return toast(outcome.errors[0] ? describeError(outcome.errors[0]) : "");
    toast(outcome.payload.cancelled ? t().requests.cancelled : t().requests.notRunning);
  };

  return (
    <Page
      title={t().nav.pages.requests}
      note={note()}
      error={list.error()}
      onRetry={list.refetch}
      actions={
        <Segmented
          label={t().requests.live}
          value={filters.isLive()}
          options={[
            { value: "on", label: t().requests.liveOn },
            { value: "off", label: t().requests.liveOff },
          ]}
          onChange={filters.isLive.set}
        />
      }
      bar={<RequestFilterBar filters={filters} />}
      peek={
        <Show when={open()} keyed>
          {(id) => <RequestPeek id={id} row={openRow()} onClose={() => open.set(null)} onCancel={cancel} />}
        </Show>
      }
    >
      <Show when={tail.waiting() > 0 || tail.dropped() > 0 || isPartial()}>
        <div class={styles.news} role="status">
          <Show when={isPartial()}>
            <Button small kind="quiet" icon="refresh" onClick={list.refetch}>
              {t().requests.partial}
            </Button>
          </Show>
          <Show when={tail.waiting() > 0}>
            <Button small icon="up" onClick={() => scroller()?.scrollTo({ top: 0 })}>
              {t().requests.newRows(tail.waiting())}
            </Button>
          </Show>
          <Show when={tail.dropped() > 0}>
            <Button small kind="quiet" icon="refresh" onClick={list.refetch}>
              {t().requests.dropped(tail.dropped())}
            </Button>
          </Show>
        </div>
      </Show>
      <Table
        label={t().nav.pages.requests}
        columns={requestColumns()}
        rows={rows()}
        total={list.total()}
        loading={list.loading()}
        card={(row) => <RequestCard row={row} />}
        openId={open()}
        onOpen={(row) => open.set(row.id)}
        onEnd={list.loadMore}
        onTopChange={tail.setFollowing}
        scrollerRef={setScroller}
        empty={<NoRequests isFiltered={filters.isSet()} onClear={filters.clear} />}
      />
    </Page>
  );
}

function RequestCard(props: { readonly row: Request }): JSX.Element {
  return (
    <CardLines
      title={props.row.requestedModel || "–"}
      aside={<RequestStatusMark request={props.row} />}
      detail={
        <>
          <RequestTime at={props.row.receivedAt} />
          {props.row.provider ? ` · ${props.row.provider.name}` : ""}
          <OriginMark request={props.row} />
          <DroppedMark request={props.row} />
        </>
      }
      number={
        <>
          <RequestCost request={props.row} /> · <RequestDuration request={props.row} />
        </>
      }
    />
  );
}

function NoRequests(props: { readonly isFiltered: boolean; readonly onClear: () => void }): JSX.Element {
  const command = () => `curl ${GATEWAY_ORIGIN}/v1/chat/completions \\
  -H "authorization: Bearer $CLIENT_KEY" \\
  -H "content-type: application/json" \\
  -d '{"model":"MODEL","messages":[{"role":"user","content":"Say hello"}]}'`;
  return (
    <Show
      when={!props.isFiltered}
      fallback={
        <Empty
          title={t().requests.nothing}
          action={<Button onClick={() => props.onClear()}>{t().filter.clearAll}</Button>}
        />
      }
    >
      <Empty
        title={t().requests.emptyTitle}
        action={
          may("CLIENTS_WRITE") && (
            <LinkButton kind="primary" href="/clients?new=client" icon="plus">
              {t().clients.add}
            </LinkButton>
          )
        }
        command={{ label: t().requests.emptyCommand, text: command() }}
      >
        {t().requests.emptyText}
      </Empty>
    </Show>
  );
}

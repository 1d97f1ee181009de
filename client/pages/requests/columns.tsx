import { Show } from "solid-js";
import type { TableColumn } from "../../components/table.tsx";
import { formatDuration } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { Request } from "./documents.ts";
import {
  DroppedMark,
  OriginMark,
  RequestClient,
  RequestCost,
  RequestDuration,
  RequestModel,
  RequestTime,
  RequestTokens,
} from "./parts.tsx";
import { RequestStatusMark } from "./request-status.tsx";
import styles from "./requests.module.css";

export function requestColumns(): readonly TableColumn<Request>[] {
  return [
    {
      id: "time",
      header: () => t().requests.columns.time,
      width: "128px",
      cell: (row) => <RequestTime at={row.receivedAt} />,
    },
    {
      id: "status",
      header: () => t().keys.columns.status,
      width: "124px",
      cell: (row) => <RequestStatusMark request={row} />,
    },
    {
      id: "model",
      header: () => t().requests.columns.model,
      primary: true,
      cell: (row) => (
        <span class={styles.marked}>
          <span class="truncate">
            <RequestModel request={row} />
          </span>
          <OriginMark request={row} />
          <DroppedMark request={row} />
        </span>
      ),
    },
    {
      id: "client",
      header: () => t().requests.columns.client,
      width: "13%",
      rank: "third",
      cell: (row) => <RequestClient request={row} />,
    },
    {
      id: "key",
      header: () => t().requests.columns.key,
      width: "17%",
      rank: "second",
      cell: (row) => (
        <Show when={row.provider} fallback={<span class="faint">–</span>}>
          {(provider) => (
            <>
              {provider().name}
              <Show when={row.providerKey}>{(key) => <span class="faint"> · {key().name}</span>}</Show>
              <Show when={row.attemptCount > 1}>
                <span class="muted" title={t().requests.attempts(row.attemptCount)}>
                  {" "}
                  ×{row.attemptCount}
                </span>
              </Show>
            </>
          )}
        </Show>
      ),
    },
    {
      id: "tokens",
      header: () => t().requests.columns.tokens,
      width: "118px",
      align: "end",
      rank: "second",
      cell: (row) => <RequestTokens request={row} />,
    },
    {
      id: "cost",
      header: () => t().usage.cost,
      width: "92px",
      align: "end",
      cell: (row) => <RequestCost request={row} />,
    },
    {
      id: "firstToken",
      header: () => t().requests.columns.firstToken,
      width: "92px",
      align: "end",
      rank: "third",
      cell: (row) => (row.firstTokenMs === null ? <span class="faint">–</span> : formatDuration(row.firstTokenMs)),
    },
    {
      id: "latency",
      header: () => t().requests.columns.latency,
      width: "92px",
      align: "end",
      cell: (row) => <RequestDuration request={row} />,
    },
  ];
}

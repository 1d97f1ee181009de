import { Show } from "solid-js";
import { Sparkline } from "../../components/sparkline.tsx";
import type { TableColumn } from "../../components/table.tsx";
import { When } from "../../components/when.tsx";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { sum } from "../../lib/sum.ts";
import type { KeyRow } from "./documents.ts";
import { KeyStatusMark } from "./key-status.tsx";

export function keyColumns(): readonly TableColumn<KeyRow>[] {
  return [
    {
      id: "status",
      header: () => t().keys.columns.status,
      width: "156px",
      sort: "STATUS",
      cell: (row) => <KeyStatusMark status={row.status} until={row.cooldownUntil} />,
    },
    {
      id: "name",
      header: () => t().keys.columns.name,
      primary: true,
      sort: "NAME",
      cell: (row) => (
        <>
          {row.name} <span class="mono faint">{row.secretPreview}</span>
        </>
      ),
    },
    {
      id: "provider",
      header: () => t().keys.columns.provider,
      width: "160px",
      rank: "first",
      cell: (row) => row.provider.name,
    },
    {
      id: "parked",
      header: () => t().keys.columns.parked,
      width: "110px",
      rank: "third",
      cell: (row) => (
        <Show when={row.parkedModels.length > 0} fallback={<span class="faint">–</span>}>
          <span title={row.parkedModels.map((each) => each.model).join(", ")}>
            {t().keys.parkedCount(row.parkedModels.length)}
          </span>
        </Show>
      ),
    },
    {
      id: "priority",
      header: () => t().keys.columns.priority,
      width: "84px",
      align: "end",
      rank: "third",
      sort: "PRIORITY",
      cell: (row) => formatNumber(row.priority),
    },
    {
      id: "inFlight",
      header: () => t().keys.columns.inFlight,
      width: "88px",
      align: "end",
      rank: "third",
      cell: (row) => formatNumber(row.inFlight),
    },
    {
      id: "uses",
      header: () => t().keys.columns.uses,
      width: "92px",
      align: "end",
      rank: "second",
      sort: "USAGE_COUNT",
      cell: (row) => formatNumber(row.usageCount),
    },
    {
      id: "lastUsed",
      header: () => t().keys.columns.lastUsed,
      width: "118px",
      align: "end",
      rank: "second",
      sort: "LAST_USED_AT",
      cell: (row) => <When at={row.lastUsedAt} />,
    },
    {
      id: "day",
      header: () => t().common.last24h,
      width: "132px",
      rank: "third",
      cell: (row) => (
        <Sparkline
          requests={row.sparkline.requests}
          errors={row.sparkline.errors}
          label={t().common.sparkline(sum(row.sparkline.requests), sum(row.sparkline.errors))}
        />
      ),
    },
  ];
}

import { A } from "@solidjs/router";
import { describeCounts, HealthBar } from "../../components/health-bar.tsx";
import { Sparkline } from "../../components/sparkline.tsx";
import type { TableColumn } from "../../components/table.tsx";
import { t } from "../../i18n/index.ts";
import { sum } from "../../lib/sum.ts";
import type { ProviderRow } from "./documents.ts";
import { KIND_NAMES } from "./kind.ts";
import { ProviderStatus } from "./provider-status.tsx";

export function providerColumns(): readonly TableColumn<ProviderRow>[] {
  return [
    {
      id: "status",
      header: () => t().keys.columns.status,
      width: "138px",
      cell: (row) => <ProviderStatus provider={row} />,
    },
    { id: "name", header: () => t().providers.name, primary: true, cell: (row) => row.name },
    { id: "kind", header: () => t().providers.kind, width: "15%", rank: "second", cell: (row) => KIND_NAMES[row.kind] },
    {
      id: "baseUrl",
      header: () => t().providers.baseUrl,
      width: "24%",
      rank: "third",
      cell: (row) => (
        <span class="mono muted" title={row.baseUrl}>
          {row.baseUrl.replace(/^https?:\/\//, "")}
        </span>
      ),
    },
    {
      id: "keys",
      header: () => t().keys.tab,
      width: "64px",
      align: "end",
      cell: (row) => <A href={`/keys?provider=${row.id}`}>{row.keyCounts.total}</A>,
    },
    {
      id: "health",
      header: () => t().providers.health,
      width: "160px",
      rank: "second",
      cell: (row) => (
        <div title={describeCounts(row.keyCounts)}>
          <HealthBar counts={row.keyCounts} />
        </div>
      ),
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

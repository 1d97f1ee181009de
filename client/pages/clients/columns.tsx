import { Show } from "solid-js";
import { Sparkline } from "../../components/sparkline.tsx";
import type { TableColumn } from "../../components/table.tsx";
import { When } from "../../components/when.tsx";
import { t } from "../../i18n/index.ts";
import { sum } from "../../lib/sum.ts";
import { clientName } from "./client-name.ts";
import { ClientStatus } from "./client-status.tsx";
import type { ClientRow } from "./documents.ts";

export function clientColumns(): readonly TableColumn<ClientRow>[] {
  return [
    {
      id: "status",
      header: () => t().keys.columns.status,
      width: "120px",
      cell: (row) => <ClientStatus client={row} />,
    },
    {
      id: "name",
      header: () => t().clients.name,
      primary: true,
      sort: "NAME",
      cell: (row) => (
        <>
          {clientName(row)} <span class="mono faint">{row.secretPreview}</span>
        </>
      ),
    },
    {
      id: "models",
      header: () => t().clients.allowedModels,
      width: "26%",
      rank: "second",
      cell: (row) => (
        <Show when={row.allowedModels.length > 0} fallback={<span class="muted">{t().clients.allModels}</span>}>
          <span title={row.allowedModels.join(", ")}>{row.allowedModels.join(", ")}</span>
        </Show>
      ),
    },
    {
      id: "expires",
      header: () => t().clients.expires,
      width: "120px",
      rank: "second",
      sort: "EXPIRES_AT",
      cell: (row) => <When at={row.expiresAt} />,
    },
    {
      id: "lastUsed",
      header: () => t().keys.columns.lastUsed,
      width: "120px",
      align: "end",
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

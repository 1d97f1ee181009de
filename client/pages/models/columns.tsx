import { Show } from "solid-js";
import { Sparkline } from "../../components/sparkline.tsx";
import type { TableColumn } from "../../components/table.tsx";
import { t } from "../../i18n/index.ts";
import { sum } from "../../lib/sum.ts";
import type { ModelRow } from "./documents.ts";
import { ModelHealthMark } from "./model-health.tsx";
import { PriceMark } from "./price.tsx";

export function modelColumns(): readonly TableColumn<ModelRow>[] {
  return [
    {
      id: "health",
      header: () => t().keys.columns.status,
      width: "138px",
      cell: (row) => <ModelHealthMark model={row} />,
    },
    {
      id: "name",
      header: () => t().models.name,
      primary: true,
      cell: (row) => (
        <>
          {row.name}
          <Show when={row.displayName !== row.name}>
            {" "}
            <span class="muted">{row.displayName}</span>
          </Show>
          <Show when={row.aliases.length > 0}>
            {row.displayName === row.name ? " " : " · "}
            <span class="faint">{row.aliases.join(", ")}</span>
          </Show>
        </>
      ),
    },
    {
      id: "targets",
      header: () => t().models.targets,
      width: "28%",
      rank: "second",
      cell: (row) => describeTargets(row),
    },
    {
      id: "keys",
      header: () => t().models.usableKeys,
      width: "104px",
      align: "end",
      rank: "second",
      cell: (row) => (
        <>
          {row.health.usableKeys}
          <span class="faint"> / {row.health.totalKeys}</span>
        </>
      ),
    },
    {
      id: "price",
      header: () => t().models.priceColumn,
      width: "150px",
      align: "end",
      cell: (row) => <PriceMark price={row.price} />,
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

/** Who serves it first, and how many more there are. */
export function describeTargets(model: Pick<ModelRow, "name" | "targets">): string {
  const [first, ...rest] = [...model.targets].sort((a, b) => a.priority - b.priority);
  if (!first) return t().models.noTargets;
  const provider = first.provider?.name ?? t().models.deletedProvider;
  const name = first.upstreamModel === model.name ? provider : `${provider} · ${first.upstreamModel}`;
  return rest.length > 0 ? t().models.andMore(name, rest.length) : name;
}

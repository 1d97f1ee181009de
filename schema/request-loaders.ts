import type { GraphQLResolveInfo, SelectionSetNode } from "graphql";
import { getProviderKey } from "../src/control/keys/provider-keys.ts";
import { readDetail } from "../src/control/requests/request-logs.ts";
import type { RequestView } from "../src/control/requests/request-view.ts";
import type { LogDetail } from "../src/store/reports.ts";
import type { GraphqlContext } from "./context.ts";

/** Null when there was none, or when it has been deleted since. */
export async function findProvider({ control }: GraphqlContext, id: string | null) {
  return id === null ? null : ((await control.rows.providers()).get(id) ?? null);
}

export async function findKey({ control }: GraphqlContext, id: string | null) {
  return id === null ? null : getProviderKey(control, id);
}

/** `attempts` and `content` of one row are one read of the log. */
const details = new WeakMap<RequestView, Promise<LogDetail | null>>();

export function loadDetail({ control }: GraphqlContext, row: RequestView): Promise<LogDetail | null> {
  if (row.detail !== null) return Promise.resolve(row.detail);
  if (row.endedAtMs === null) return Promise.resolve(null);
  const known = details.get(row) ?? readDetail(control, row.id);
  details.set(row, known);
  return known;
}

/** Whether the operation selects this field of what is being resolved: some numbers are only worth counting when wanted. */
export function asksFor(info: GraphQLResolveInfo, field: string): boolean {
  const selects = (selection: SelectionSetNode | undefined): boolean =>
    selection?.selections.some((node) => {
      if (node.kind === "Field") return node.name.value === field;
      const fragment = node.kind === "InlineFragment" ? node : info.fragments[node.name.value];
      return selects(fragment?.selectionSet);
    }) ?? false;
  return info.fieldNodes.some((node) => selects(node.selectionSet));
}

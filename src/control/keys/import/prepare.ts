import type { ProviderKeyRow } from "../../../store/types.ts";
import type { Control } from "../../control.ts";
import { refuseProxyUrl } from "../../providers/proxy-url.ts";
import { findProviderKeys } from "../matching-keys.ts";
import { type DuplicatePolicy, type PlannedRow, planRows } from "./plan.ts";
import { type ImportFormat, readImport } from "./read.ts";

/** How many rows are planned before other work gets its turn: about 5 ms. */
const SLICE = 500;

export interface PreparedImport {
  readonly format: ImportFormat;
  readonly rows: readonly PlannedRow[];
  /** The provider's keys as they are. */
  readonly keys: readonly ProviderKeyRow[];
}

/** What an import would do now. Null when the provider is gone or the text is no list of keys at all. */
export async function preparePlan(
  control: Control,
  input: { readonly providerId: string; readonly text: string; readonly onDuplicate: DuplicatePolicy },
): Promise<PreparedImport | null> {
  const provider = (await control.rows.providers()).get(input.providerId);
  const read = readImport(input.text);
  if (provider === undefined || read === null) return null;
  const keys = await findProviderKeys(control, { providers: [provider.id] });
  const retired =
    input.onDuplicate === "RESTORE"
      ? (await control.store.providerKeys.listRetired()).filter((key) => key.providerId === provider.id)
      : [];
  const planRow = planRows({
    provider,
    onDuplicate: input.onDuplicate,
    retired: new Map(retired.map((key) => [key.fingerprint, key])),
    existing: new Map(keys.map((key) => [key.fingerprint, key])),
    fingerprint: (secret) => control.vault.fingerprint(secret),
    refuseProxy: (url) => refuseProxyUrl(control, url),
  });
  const rows: PlannedRow[] = [];
  for (const [index, row] of read.rows.entries()) {
    rows.push(planRow(row, index));
    if (rows.length % SLICE === 0) await Bun.sleep(0);
  }
  return { format: read.format, rows, keys };
}

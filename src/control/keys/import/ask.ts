import { Secret } from "../../../lib/secret.ts";
import type { Credential } from "../../ask-as-key.ts";
import { sideBySide } from "../../jobs/each-item.ts";
import type { JobRun } from "../../jobs/job-kind.ts";
import { askAboutKey, type KeyCheck, patiently } from "../key-check.ts";
import type { PlannedRow } from "./plan.ts";

const AT_ONCE = 16;

/** What vendors said, by the row's index. */
export type Checks = ReadonlyMap<number, KeyCheck>;

/** Asks about each key that is to be written, before it is: one that its vendor refuses serves nobody, not for a moment. */
export async function askAboutRows(
  { control, params: { providerId }, signal }: JobRun<{ readonly providerId: string }>,
  rows: readonly PlannedRow[],
): Promise<Checks> {
  const checks = new Map<number, KeyCheck>();
  const provider = control.snapshots.current.providersById.get(providerId);
  if (provider === undefined) return checks;
  const asked = rows.filter((row) => "secret" in row);
  await sideBySide(asked, { concurrency: AT_ONCE, signal }, async (row) => {
    const known =
      row.action === "create" ? null : await control.store.providerKeys.open(row.id, row.action === "restore");
    const credential = credentialOf(row, known);
    checks.set(row.index, await patiently(() => askAboutKey(control, provider, credential), signal));
  });
  return checks;
}

/** As it will be once the row is written. */
function credentialOf(row: Extract<PlannedRow, { readonly secret: Secret }>, known: Credential | null): Credential {
  const { userAgent = known?.userAgent ?? null, proxyUrl } = row.fields;
  return {
    secret: row.secret,
    userAgent,
    proxyUrl: proxyUrl === undefined ? (known?.proxyUrl ?? null) : new Secret(proxyUrl),
  };
}

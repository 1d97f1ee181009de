import { z } from "zod";
import { GatewayError } from "../../../errors.ts";
import { Secret } from "../../../lib/secret.ts";
import type { JobItem } from "../../../store/job-types.ts";
import type { KeyWrite, ProviderKeyRow, Written } from "../../../store/types.ts";
import type { Control } from "../../control.ts";
import { breathe } from "../../jobs/each-item.ts";
import type { JobKind, JobRun } from "../../jobs/job-kind.ts";
import { applyChange, definedOnly } from "../../writes.ts";
import { bringBackHealth } from "../provider-key-deletion.ts";
import { KeyNames } from "./key-names.ts";
import { DUPLICATE_POLICIES, type PlannedRow } from "./plan.ts";
import { preparePlan } from "./prepare.ts";

const HOUR_MS = 3_600_000;
/** How many rows are written before other work gets its turn: about 20 ms. */
const SLICE = 200;

const params = z.object({
  providerId: z.string(),
  text: z.string(),
  tags: z.array(z.string()),
  onDuplicate: z.enum(DUPLICATE_POLICIES),
});
export type ImportParams = z.output<typeof params>;

/** Each slice of rows is one transaction with its items: killed in the middle, it goes on with the next row and does none twice. */
export const importKeysJob: JobKind<ImportParams> = {
  name: "IMPORT_PROVIDER_KEYS",
  params,
  async run(run) {
    const { control, params } = run;
    const plan = await preparePlan(control, params);
    if (plan === null) throw new GatewayError("not_found", 404, "The provider has been deleted meanwhile.");
    run.expect(plan.rows.length);
    const names = new KeyNames(plan.keys.map(({ name }) => name));
    const rest = plan.rows.filter(({ index }) => !run.isSettled(index));
    const changed: Changed = { created: [], updated: [], restored: [] };
    try {
      for (let start = 0; start < rest.length && !run.signal.aborted; start += SLICE) {
        await writeSlice(run, rest.slice(start, start + SLICE), names, changed);
        await breathe(run.signal);
      }
    } finally {
      await tell(control, changed);
    }
  },
  undo: {
    forMs: HOUR_MS,
    async run(control, job) {
      const made = (await control.store.providerKeys.list()).filter(({ importJobId }) => importJobId === job.id);
      const deleted = await control.store.providerKeys.delete(made.map(({ id }) => id));
      if (deleted.length > 0) await applyChange(control, { noun: "providerKey", kind: "deleted", ids: deleted });
    },
  },
};

const PAST = { create: "created", update: "updated", restore: "restored" } as const;
type Changed = Readonly<Record<(typeof PAST)[keyof typeof PAST], string[]>>;

async function writeSlice(
  run: JobRun<ImportParams>,
  rows: readonly PlannedRow[],
  names: KeyNames,
  changed: Changed,
): Promise<void> {
  const { control } = run;
  const writes = rows.map((row) => toWrite(row, run, names));
  const given = writes.filter((write) => write !== null);
  const written = await run.commitWith(
    (done: readonly Written<ProviderKeyRow>[]) => {
      const answers = [...done];
      return rows.map((row, index) => toItem(row, writes[index] == null ? null : answers.shift()!));
    },
    (progressOf) => control.store.providerKeys.writeMany(given, progressOf),
    null,
  );
  for (const [index, each] of written.entries()) {
    if (each.kind === "ok") changed[PAST[given[index]!.kind]].push(each.row.id);
  }
}

function toWrite(row: PlannedRow, { id, params, control }: JobRun<ImportParams>, names: KeyNames): KeyWrite | null {
  if (row.action === "create") {
    const { name, tags = [], proxyUrl, ...fields } = row.fields;
    const values = {
      providerId: params.providerId,
      enabled: true,
      weight: 1,
      priority: 0,
      memo: null,
      userAgent: null,
      ...definedOnly(fields),
      name: names.take(name ?? `key-${control.vault.fingerprint(row.secret).slice(0, 8)}`),
      secret: row.secret,
      tags: [...new Set([...params.tags, ...tags])],
      proxyUrl: proxyUrl === undefined ? null : new Secret(proxyUrl),
      importJobId: id,
    };
    return { kind: "create", values };
  }
  if (row.action !== "update" && row.action !== "restore") return null;
  const { name, tags, proxyUrl, ...fields } = row.fields;
  const patch = definedOnly({
    ...fields,
    name: name === undefined ? undefined : names.take(name),
    tags: tags === undefined && params.tags.length === 0 ? undefined : [...new Set([...params.tags, ...(tags ?? [])])],
    proxyUrl: proxyUrl === undefined ? undefined : new Secret(proxyUrl),
  });
  if (row.action === "restore") return { kind: "restore", id: row.id, patch };
  return Object.keys(patch).length === 0 ? null : { kind: "update", id: row.id, patch };
}

function toItem(row: PlannedRow, written: Written<ProviderKeyRow> | null): JobItem {
  const item = { index: row.index, secretPreview: row.preview, latencyMs: null };
  if (written?.kind === "ok")
    return { ...item, outcome: "SUCCEEDED", message: wordsFor(row), subjectId: written.row.id };
  const subjectId = "id" in row ? row.id : null;
  if (written !== null)
    return { ...item, outcome: "FAILED", message: "Somebody else changed it meanwhile.", subjectId };
  if (row.action === "refuse") return { ...item, outcome: "FAILED", message: row.reason, subjectId };
  return { ...item, outcome: "SKIPPED", message: wordsFor(row), subjectId };
}

/** What becomes of a row, in words. */
export function wordsFor(row: PlannedRow): string {
  switch (row.action) {
    case "create":
      return "created";
    case "update":
      return "updated";
    case "restore":
      return "restored";
    case "refuse":
      return row.reason;
    case "repeat":
      return `The same key stands in row ${row.of + 1}.`;
    case "keep":
      return "This provider has the key already.";
  }
}

async function tell(control: Control, { created, updated, restored }: Changed): Promise<void> {
  await bringBackHealth(control, restored);
  created.push(...restored);
  if (created.length > 0) await applyChange(control, { noun: "providerKey", kind: "created", ids: created });
  if (updated.length > 0) await applyChange(control, { noun: "providerKey", kind: "updated", ids: updated });
}

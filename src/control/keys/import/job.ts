import { z } from "zod";
import { GatewayError } from "../../../errors.ts";
import { Secret } from "../../../lib/secret.ts";
import type { JobItem } from "../../../store/job-types.ts";
import type { KeyWrite, ProviderKeyRow, Written } from "../../../store/types.ts";
import type { Control } from "../../control.ts";
import { breathe } from "../../jobs/each-item.ts";
import type { JobKind, JobRun } from "../../jobs/job-kind.ts";
import { applyChange, definedOnly } from "../../writes.ts";
import { enterCheck, isRefused } from "../key-check.ts";
import { bringBackHealth } from "../provider-key-deletion.ts";
import { askAboutRows, type Checks } from "./ask.ts";
import { KeyNames } from "./key-names.ts";
import { DUPLICATE_POLICIES, type PlannedRow, REFUSED_KEY_POLICIES } from "./plan.ts";
import { preparePlan } from "./prepare.ts";
import { toItem } from "./row-item.ts";

const HOUR_MS = 3_600_000;
/** How many rows are written before other work gets its turn: about 30 ms. */
const SLICE = 500;
/** Of keys that are asked about: what has been found out is written down, and seen, every few seconds. */
const ASKED_SLICE = 64;

const params = z.object({
  providerId: z.string(),
  text: z.string(),
  tags: z.array(z.string()),
  onDuplicate: z.enum(DUPLICATE_POLICIES),
  validate: z.boolean().default(false),
  onRefused: z.enum(REFUSED_KEY_POLICIES).default("DISABLE"),
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
    const slice = params.validate ? ASKED_SLICE : SLICE;
    let changed = noChange();
    try {
      for (let start = 0; start < rest.length && !run.signal.aborted; start += slice) {
        const rows = rest.slice(start, start + slice);
        const checks = params.validate ? await askAboutRows(run, rows) : NONE_ASKED;
        if (run.signal.aborted) break; // Not all of them were asked about.
        const items = await writeSlice(run, rows, { names, checks, changed });
        if (params.validate) {
          await tell(control, changed);
          changed = noChange();
          enterChecks(run, items, checks);
        }
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
const noChange = (): Changed => ({ created: [], updated: [], restored: [] });
const NONE_ASKED: Checks = new Map();

interface SliceContext {
  readonly names: KeyNames;
  readonly checks: Checks;
  readonly changed: Changed;
}

async function writeSlice(
  run: JobRun<ImportParams>,
  rows: readonly PlannedRow[],
  context: SliceContext,
): Promise<readonly JobItem[]> {
  const { control } = run;
  const { checks, changed } = context;
  const writes = rows.map((row) => toWrite(row, run, context));
  const given = writes.filter((write) => write !== null);
  let items: readonly JobItem[] = [];
  const written = await run.commitWith(
    (done: readonly Written<ProviderKeyRow>[]) => {
      const answers = [...done];
      items = rows.map((row, index) =>
        toItem(row, writes[index] == null ? null : answers.shift()!, checks.get(row.index) ?? null),
      );
      return items;
    },
    (progressOf) => control.store.providerKeys.writeMany(given, progressOf),
    null,
  );
  for (const [index, each] of written.entries()) {
    if (each.kind === "ok") changed[PAST[given[index]!.kind]].push(each.row.id);
  }
  return items;
}

/** Now that the pool knows the keys. */
function enterChecks(
  { control, params: { providerId } }: JobRun<ImportParams>,
  items: readonly JobItem[],
  checks: Checks,
): void {
  for (const { index, subjectId } of items) {
    const check = checks.get(index);
    if (check !== undefined && subjectId !== null) enterCheck(control, { id: subjectId, providerId }, check);
  }
}

function toWrite(
  row: PlannedRow,
  { id, params }: JobRun<ImportParams>,
  { names, checks }: SliceContext,
): KeyWrite | null {
  const check = checks.get(row.index);
  const isBad = check !== undefined && isRefused(check);
  if (isBad && params.onRefused === "LEAVE_OUT") return null;
  const switchedOff = isBad ? { enabled: false } : {};
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
      ...switchedOff,
      name: names.take(name ?? `key-${row.fingerprint.slice(0, 8)}`),
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
    ...switchedOff,
    name: name === undefined ? undefined : names.take(name),
    tags: tags === undefined && params.tags.length === 0 ? undefined : [...new Set([...params.tags, ...(tags ?? [])])],
    proxyUrl: proxyUrl === undefined ? undefined : new Secret(proxyUrl),
  });
  if (row.action === "restore") return { kind: "restore", id: row.id, patch };
  return Object.keys(patch).length === 0 ? null : { kind: "update", id: row.id, patch };
}

async function tell(control: Control, { created, updated, restored }: Changed): Promise<void> {
  await bringBackHealth(control, restored);
  created.push(...restored);
  if (created.length > 0) await applyChange(control, { noun: "providerKey", kind: "created", ids: created });
  if (updated.length > 0) await applyChange(control, { noun: "providerKey", kind: "updated", ids: updated });
}

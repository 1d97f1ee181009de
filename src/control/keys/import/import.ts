import { z } from "zod";
import type { Control } from "../../control.ts";
import { idField, tagsField } from "../../fields.ts";
import type { JobView } from "../../jobs/job-view.ts";
import { MAX_PAGE } from "../../page.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse } from "../../user-errors.ts";
import { importKeysJob } from "./job.ts";
import { DUPLICATE_POLICIES, type PlannedRow, REFUSED_KEY_POLICIES } from "./plan.ts";
import { type PreparedImport, preparePlan } from "./prepare.ts";
import { type ImportFormat, readImport } from "./read.ts";
import { wordsFor } from "./row-item.ts";

/** A script wants the outcome, not a job to watch: most imports are over by then. */
const PATIENCE_MS = 2000;

export const importInput = z.strictObject({
  providerId: idField,
  text: z.string().min(1, "Paste the keys."),
  tags: tagsField.default([]),
  onDuplicate: z.enum(DUPLICATE_POLICIES).default("SKIP"),
  validate: z.boolean().default(false),
  onRefused: z.enum(REFUSED_KEY_POLICIES).default("DISABLE"),
  dryRun: z.boolean().default(false),
  idempotencyKey: z
    .string()
    .min(1, "An idempotency key is not empty.")
    .max(200, "An idempotency key is at most 200 long.")
    .nullish(),
});

export interface PreviewRow {
  readonly index: number;
  readonly action: PlannedRow["action"];
  readonly message: string;
  readonly preview: string;
  readonly keyId: string | null;
}

export interface ImportPreview extends Readonly<Record<PlannedRow["action"], number>> {
  readonly format: ImportFormat;
  readonly total: number;
  /** At most a page; the refused ones first. */
  readonly rows: readonly PreviewRow[];
}

export interface Imported {
  readonly preview: ImportPreview;
  /** Null after a dry run. */
  readonly job: JobView | null;
}

export async function importProviderKeys(
  control: Control,
  input: Given<typeof importInput>,
): Promise<Result<Imported>> {
  const read = readInput(importInput, input);
  if (!read.ok) return read;
  const { dryRun, idempotencyKey, ...params } = read.value;
  const prepared = await preparePlan(control, params);
  if (prepared === null) return refuse(whyNot(params));
  if (prepared.rows.length === 0) return refuse(invalid("text", "There are no keys in it."));
  const preview = toPreview(prepared);
  if (dryRun) return ok({ preview, job: null });
  const started = await control.jobs.start(importKeysJob, params, { idempotencyKey, total: prepared.rows.length });
  await control.jobs.settled(started.id, PATIENCE_MS);
  return ok({ preview, job: (await control.jobs.get(started.id)) ?? started });
}

function whyNot({ providerId, text }: { readonly providerId: string; readonly text: string }) {
  return readImport(text) === null
    ? invalid("text", "It begins like JSON and is none: nothing was read.")
    : notFound("providerId", "provider", providerId);
}

function toPreview({ format, rows }: PreparedImport): ImportPreview {
  const counts = { create: 0, update: 0, restore: 0, keep: 0, repeat: 0, refuse: 0 };
  for (const { action } of rows) counts[action]++;
  const refused = rows.filter(({ action }) => action === "refuse");
  const others = rows.filter(({ action }) => action !== "refuse");
  const shown = [...refused, ...others].slice(0, MAX_PAGE).map((row) => ({
    index: row.index,
    action: row.action,
    message: wordsFor(row),
    preview: row.preview,
    keyId: "id" in row ? row.id : null,
  }));
  return { format, total: rows.length, ...counts, rows: shown };
}

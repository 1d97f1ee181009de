import { timingSafeEqual } from "node:crypto";
import type { JobRow } from "../../store/job-types.ts";
import type { Control } from "../control.ts";

/** A link is fetched at once by whoever asked for it; longer and it would be a secret lying about. */
const LINK_MS = 300_000;
const PURPOSE = "job-file";

export interface Download {
  readonly name: string;
  readonly bytes: number;
  readonly expiresAt: number;
  /** Signed; below the gateway's address. */
  readonly path: string;
}

/** The job's result with a fresh link; null when it has none (any more). */
export function readDownload(control: Control, job: JobRow): Download | null {
  const { id, fileName: name, fileBytes: bytes, fileExpiresAt: expiresAt, finishedAt } = job;
  const nowMs = control.now();
  if (name === null || bytes === null || expiresAt === null || finishedAt === null || expiresAt <= nowMs) return null;
  const untilMs = Math.min(expiresAt, nowMs + LINK_MS);
  return { name, bytes, expiresAt, path: `/downloads/${id}?until=${untilMs}&signature=${sign(control, id, untilMs)}` };
}

/** The file behind a link; null when the link is not ours, too old, or the file is gone. */
export async function openDownload(control: Control, path: string): Promise<{ file: Blob; name: string } | null> {
  const found = /^\/downloads\/(job_[0-9a-f-]{36})\?until=(\d{1,15})&signature=([0-9a-f]{64})$/.exec(path);
  if (found === null) return null;
  const [, id = "", until = "", signature = ""] = found;
  const expected = sign(control, id, Number(until));
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected)) || Number(until) < control.now()) return null;
  const job = await control.jobs.get(id);
  if (job === null || job.fileName === null) return null;
  const file = Bun.file(control.jobs.filePath(id));
  return (await file.exists()) ? { file, name: job.fileName } : null;
}

function sign(control: Control, id: string, untilMs: number): string {
  return control.vault.mac(PURPOSE, `${id} ${untilMs}`);
}

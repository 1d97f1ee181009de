import type { Call, Command } from "./cli.ts";
import {
  FAILED_ITEMS,
  IMPORT_KEYS,
  JOB,
  JOB_PROGRESS,
  PROVIDER_ID,
  PROVIDER_KEYS,
  VALIDATE_KEYS,
} from "./documents.ts";
import { CommandFailed, UsageError } from "./failure.ts";
import { connect, count, list, readGiven, text } from "./flags.ts";
import { type Gateway, orRefuse, type UserError } from "./gateway.ts";
import type { Output } from "./output.ts";

const PAGE = 200;

interface Key {
  readonly name: string;
  readonly status: string;
  readonly secretPreview: string;
  readonly priority: number;
  readonly weight: number;
  readonly tags: readonly string[];
  readonly usageCount: number;
  readonly lastUsedAt: string | null;
  readonly statusReason: { readonly message: string | null } | null;
  readonly provider: { readonly name: string };
}
interface KeyPage {
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly nodes: readonly Key[];
}

export const keyCommands: Readonly<Record<string, Command>> = {
  list: { texts: ["provider", "status", "search", "limit"], switches: [], words: 0, run: listKeys },
  validate: {
    texts: ["provider", "status", "search", "tags"],
    switches: ["disable-invalid"],
    words: 0,
    run: validateKeys,
  },
  import: {
    texts: ["provider", "tags", "on-duplicate", "on-refused"],
    switches: ["dry-run", "validate"],
    words: 1,
    run: importKeys,
  },
};

async function listKeys(call: Call): Promise<void> {
  const { options, out } = call;
  const gateway = connect(call);
  const limit = count("limit", options.limit, 1000);
  const filter = await readFilter(call, gateway);
  const keys: Key[] = [];
  let total = 0;
  for (let after: string | null = null; keys.length < limit; ) {
    const variables: object = { first: Math.min(PAGE, limit - keys.length), after, filter };
    const { providerKeys }: { providerKeys: KeyPage } = await gateway.ask(PROVIDER_KEYS, variables);
    keys.push(...providerKeys.nodes);
    total = providerKeys.totalCount;
    if (!providerKeys.pageInfo.hasNextPage) break;
    after = providerKeys.pageInfo.endCursor;
  }
  if (out.isJson) return out.json({ totalCount: total, keys });
  const rows = keys.map((key) => [
    `${key.provider.name}/${key.name}`,
    key.status,
    key.secretPreview,
    key.priority,
    key.weight,
    key.tags.join(","),
    key.usageCount,
    key.lastUsedAt,
    key.statusReason?.message ?? "",
  ]);
  out.table(["key", "status", "secret", "priority", "weight", "tags", "used", "last used", "why"], rows);
  if (total > keys.length) out.line(`${keys.length} of ${total}`);
}

async function readFilter({ options }: Call, gateway: Gateway): Promise<object> {
  const provider = text(options.provider);
  const search = text(options.search);
  const statuses = list(options.status)?.map((status) => status.toUpperCase());
  const tags = list(options.tags);
  return {
    ...(provider === undefined ? {} : { providers: [await findProvider(gateway, provider)] }),
    ...(statuses === undefined ? {} : { statuses }),
    ...(search === undefined ? {} : { search }),
    ...(tags === undefined ? {} : { tags }),
  };
}

interface Started {
  readonly job: { readonly id: string } | null;
  readonly userErrors: readonly UserError[];
}

/** Asks the vendors about each key. Fails when one is not taken, so that a script can tell. */
async function validateKeys(call: Call): Promise<void> {
  const { options, out } = call;
  const gateway = connect(call);
  const selection = { filter: await readFilter(call, gateway) };
  const input = { selection, disableInvalid: options["disable-invalid"] === true };
  const { validateProviderKeys } = await gateway.ask<{ validateProviderKeys: Started }>(VALIDATE_KEYS, { input });
  orRefuse(validateProviderKeys.userErrors);
  const job = await untilEnded(gateway, out, validateProviderKeys.job!.id);
  const failed = job.failed === 0 ? [] : await failedItems(gateway, job.id);
  if (out.isJson) out.json({ job, failed });
  else {
    if (failed.length > 0) {
      const nameOf = ({ subject }: FailedItem) => (subject === null ? "" : `${subject.provider.name}/${subject.name}`);
      const rows = failed.map((item) => [nameOf(item), item.secretPreview, item.message]);
      out.table(["key", "secret", "why"], rows);
    }
    out.line(`${job.succeeded} of ${job.done} keys are taken`);
  }
  if (job.failed > 0) throw new CommandFailed(`${job.failed} keys are not taken`);
}

interface FailedItem {
  readonly secretPreview: string | null;
  readonly message: string | null;
  readonly subject: { readonly name: string; readonly provider: { readonly name: string } } | null;
}
interface FailedPage {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly nodes: readonly FailedItem[];
}

async function failedItems(gateway: Gateway, id: string): Promise<FailedItem[]> {
  const found: FailedItem[] = [];
  for (let after: string | null = null; ; ) {
    const { job }: { job: { items: FailedPage } } = await gateway.ask(FAILED_ITEMS, { id, after });
    found.push(...job.items.nodes);
    if (!job.items.pageInfo.hasNextPage) return found;
    after = job.items.pageInfo.endCursor;
  }
}

interface Preview {
  readonly format: string;
  readonly total: number;
  readonly created: number;
  readonly updated: number;
  readonly restored: number;
  readonly existing: number;
  readonly repeated: number;
  readonly refused: number;
  readonly rows: readonly {
    readonly index: number;
    readonly action: string;
    readonly secretPreview: string;
    readonly message: string;
  }[];
}
interface Imported {
  readonly preview: Preview | null;
  readonly job: { readonly id: string } | null;
  readonly userErrors: readonly UserError[];
}

async function importKeys(call: Call): Promise<void> {
  const { options, out } = call;
  const provider = text(options.provider);
  if (provider === undefined) throw new UsageError("--provider NAME is needed");
  const gateway = connect(call);
  const input = {
    text: await readGiven(call),
    providerId: await findProvider(gateway, provider),
    tags: list(options.tags) ?? [],
    onDuplicate: spelled(text(options["on-duplicate"]) ?? "skip"),
    validate: options.validate === true,
    onRefused: spelled(text(options["on-refused"]) ?? "disable"),
    dryRun: options["dry-run"] === true,
  };
  const { importProviderKeys } = await gateway.ask<{ importProviderKeys: Imported }>(IMPORT_KEYS, { input });
  orRefuse(importProviderKeys.userErrors);
  const { preview, job } = importProviderKeys;
  const ended = job === null ? null : await untilEnded(gateway, out, job.id);
  if (out.isJson) return out.json({ preview, job: ended });
  if (preview !== null) showPreview(out, preview, input.dryRun);
  if (ended !== null)
    out.line(`${ended.state.toLowerCase()}: ${ended.succeeded} done, ${ended.failed} failed, ${ended.skipped} skipped`);
}

/** "leave-out" is LEAVE_OUT in the API. */
function spelled(word: string): string {
  return word.toUpperCase().replaceAll("-", "_");
}

function showPreview(out: Output, preview: Preview, isDryRun: boolean): void {
  const { created, updated, restored, existing, repeated, refused } = preview;
  const would = isDryRun ? "would be " : "";
  out.line(
    `${preview.total} keys read as ${preview.format.toLowerCase()}: ${created} ${would}created, ${updated} ${would}updated, ${restored} ${would}restored, ${existing} there already, ${repeated} repeated, ${refused} refused`,
  );
  const bad = preview.rows.filter(({ action }) => action.startsWith("REFUSE"));
  if (bad.length > 0)
    out.table(
      ["row", "key", "why"],
      bad.map((row) => [row.index + 1, row.secretPreview, row.message]),
    );
}

interface JobView {
  readonly id: string;
  readonly state: string;
  readonly total: number | null;
  readonly done: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly error: string | null;
}
type JobEvent =
  | { readonly __typename: "JobProgress"; readonly cursor: string; readonly job: JobView }
  | { readonly __typename: "ResyncEvent"; readonly cursor: string };

const ENDED = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);

/** Shows how far it is on a terminal. Throws CommandFailed when it fails. */
export async function untilEnded(gateway: Gateway, out: Output, id: string): Promise<JobView> {
  const look = async () => (await gateway.ask<{ job: JobView }>(JOB, { id })).job;
  let job = await look();
  if (!ENDED.has(job.state)) {
    for await (const event of gateway.follow<JobEvent>(JOB_PROGRESS, { id })) {
      job = event.__typename === "JobProgress" ? event.job : await look();
      if (process.stderr.isTTY && !out.isJson) process.stderr.write(`\r${job.done} of ${job.total ?? "?"} `);
      if (ENDED.has(job.state)) break;
    }
  }
  if (job.state === "FAILED") throw new CommandFailed(job.error ?? "the job failed");
  return job;
}

async function findProvider(gateway: Gateway, name: string): Promise<string> {
  type Found = { providers: { nodes: { id: string; name: string }[] } };
  const { providers } = await gateway.ask<Found>(PROVIDER_ID, { search: name });
  const found = providers.nodes.find((each) => each.name === name);
  if (found === undefined) throw new CommandFailed(`there is no provider "${name}"`);
  return found.id;
}

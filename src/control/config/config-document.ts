import { type ConfigDocument, type DocumentError, readDocument } from "../../config-file.ts";
import type { Control } from "../control.ts";
import type { Principal } from "../people/principal.ts";
import { invalid, ok, type Result, refuse, type UserError } from "../user-errors.ts";
import { applyChanges, staleWhole, toChanges } from "../writes.ts";
import { carryOut, type GeneratedClientKey, PlanFailed } from "./config-carry-out.ts";
import { type ConfigDifference, differenceOf } from "./config-differences.ts";
import { clientEntry, keyEntry, modelEntry, providerEntry, shownProxy } from "./config-entries.ts";
import { channelConfigEntry, channelEntry, ruleEntry } from "./config-entries-alerts.ts";
import { planConfig, stepsOf } from "./config-plan.ts";
import { namesNow } from "./config-plan-rules.ts";
import type { ConfigWorld, Plan } from "./config-step.ts";
import { readWorld } from "./config-world.ts";

export interface ConfigExport {
  readonly version: number;
  readonly document: ConfigDocument;
}

/**
 * The whole configuration as the document that `applyConfig` and CONFIG_FILE take, in a fixed order. Client keys have no secrets to
 * show; those of providers stand in it only `withSecrets`. What environment and file fix is theirs and left out.
 */
export async function exportConfig(control: Control, withSecrets: boolean): Promise<ConfigExport> {
  const [version, world] = await Promise.all([control.store.history.version(), readWorld(control.store)]);
  return { version, document: documentOf(world, withSecrets) };
}

interface Asked {
  readonly document?: unknown;
  readonly prune: boolean;
}

export interface ConfigComparison {
  readonly version: number;
  readonly differences: readonly ConfigDifference[];
}

/** What `applyConfig` would do. */
export async function compareConfig(
  control: Control,
  actor: Principal,
  asked: Asked,
): Promise<Result<ConfigComparison>> {
  const version = await control.store.history.version();
  const plan = await planDocument(control, actor, asked);
  return plan.ok ? ok({ version, differences: stepsOf(plan.value).map(differenceOf) }) : plan;
}

export interface AppliedConfig extends ConfigComparison {
  readonly applied: boolean;
  readonly generatedClientKeys: readonly GeneratedClientKey[];
}

/** All of the document or nothing, in force when it answers. `expectedVersion`: of the configuration as it was looked at. */
export async function applyConfig(
  control: Control,
  actor: Principal,
  asked: Asked & { readonly expectedVersion: number | null; readonly dryRun: boolean },
): Promise<Result<AppliedConfig>> {
  for (;;) {
    const version = await control.store.history.version();
    if (asked.expectedVersion !== null && asked.expectedVersion !== version) return refuse(staleWhole(WHOLE, version));
    const plan = await planDocument(control, actor, asked);
    if (!plan.ok) return plan;
    const steps = stepsOf(plan.value);
    const differences = steps.map(differenceOf);
    if (asked.dryRun || steps.length === 0) {
      return ok({ version, differences, applied: false, generatedClientKeys: [] });
    }
    const written = await write(control, plan.value, version);
    if (written === "changed meanwhile") continue;
    if (!written.ok) return written;
    // What was observed belongs to the old secret.
    for (const { id, values } of plan.value.keys) {
      if (id !== null && values?.secret !== undefined) control.pool.reset(id, control.now());
    }
    const revision = await control.store.history.changes(version + 1, Number.MAX_SAFE_INTEGER);
    await applyChanges(control, toChanges(revision.map((change) => ({ ...change, id: change.objectId }))));
    return ok({ version: version + 1, differences, applied: true, generatedClientKeys: written.value });
  }
}

const WHOLE = "the configuration";

async function planDocument(control: Control, actor: Principal, { document, prune }: Asked): Promise<Result<Plan>> {
  const read = readDocument(document);
  if (!("document" in read)) return refuse(...read.errors.map(inDocument));
  const plan = planConfig(await readWorld(control.store), read.document, {
    prune,
    mayMoveKeys: actor.scopes.has("KEYS_REVEAL"),
    fixedSettings: control.snapshots.fixedSettings,
    checkAddress: (url) => control.checkAddress(url),
    fingerprint: (secret) => control.vault.fingerprint(secret),
    clientKeyHash: (credential) => control.vault.clientKeyHash(credential),
  });
  return plan.errors.length > 0 ? refuse(...plan.errors.map(inDocument)) : ok(plan);
}

async function write(
  control: Control,
  plan: Plan,
  version: number,
): Promise<Result<readonly GeneratedClientKey[]> | "changed meanwhile"> {
  try {
    return await control.store.writeTogether(async (inside) => {
      if ((await inside.version()) !== version) return "changed meanwhile";
      return ok(await carryOut(inside, plan));
    });
  } catch (error) {
    if (error instanceof PlanFailed) return refuse(inDocument(error.error));
    throw error;
  }
}

function inDocument({ path, message }: DocumentError): UserError {
  return invalid(["document", ...path.map(String)], message);
}

function documentOf(world: ConfigWorld, withSecrets: boolean): ConfigDocument {
  const names = new Map(world.providers.map((row) => [row.id, row.name]));
  const keys = Map.groupBy(world.keys, (key) => key.providerId);
  const document = {
    providers: byName(world.providers).map((row) => ({
      ...providerEntry(row),
      keys: byName(keys.get(row.id) ?? []).map((key) => ({ ...keyEntry(key), ...secretsOf(key, withSecrets) })),
    })),
    models: byName(world.models).map((row) => modelEntry(row, (id) => names.get(id) ?? id)),
    clientKeys: byName(world.clients).map(clientEntry),
    settings: Object.fromEntries(world.settings.map(({ key, value }) => [key, value])),
    alertChannels: byName(world.channels).map((row) => {
      const config = channelConfigEntry(row, withSecrets);
      return { ...channelEntry(row), ...(config === null ? {} : { config }) };
    }),
    alertRules: byName(world.rules).map((row) => ruleEntry(row, namesNow(world))),
  };
  return document as ConfigDocument;
}

function secretsOf(key: ConfigWorld["keys"][number], withSecrets: boolean) {
  const proxyUrl = withSecrets ? (key.proxyUrl?.reveal() ?? null) : shownProxy(key);
  return { ...(withSecrets ? { secret: key.secret.reveal() } : {}), ...(proxyUrl === null ? {} : { proxyUrl }) };
}

function byName<Row extends { readonly name: string }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
}

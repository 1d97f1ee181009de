import type { ConfigDocument, DocumentError } from "../../config-file.ts";
import type { AlertRuleValues } from "../../store/alert-types.ts";
import { createRuleInput, EVERYTHING } from "../alerts/alert-rule-input.ts";
import { MAX_RULES, scopeFaults } from "../alerts/alert-rules.ts";
import { type RuleNames, ruleEntry } from "./config-entries-alerts.ts";
import { faultsIn } from "./config-faults.ts";
import {
  type ChannelStep,
  type ClientStep,
  type ConfigWorld,
  type KeyStep,
  type PlanOptions,
  type ProviderStep,
  type RuleStep,
  removal,
  type Step,
  stepTo,
} from "./config-step.ts";

type GivenRule = NonNullable<ConfigDocument["alertRules"]>[number];
type Path = readonly PropertyKey[];

/** The steps for what rules speak of. */
interface Others {
  readonly providers: readonly ProviderStep[];
  readonly keys: readonly KeyStep[];
  readonly clients: readonly ClientStep[];
  readonly channels: readonly ChannelStep[];
}

/** A document of before, which does not speak of rules, leaves them alone. */
export function planRules(
  world: ConfigWorld,
  document: ConfigDocument,
  { options, others, errors }: { options: PlanOptions; others: Others; errors: DocumentError[] },
): RuleStep[] {
  if (document.alertRules === undefined) return [];
  const names = namesNow(world);
  const known = new Map(world.rules.map((row) => [row.name, row]));
  const there = namesThen(world, others);
  const named = new Set<string>();
  const steps = document.alertRules.flatMap((entry, index): RuleStep[] => {
    const path = ["alertRules", index];
    if (named.has(entry.name)) errors.push({ path: [...path, "name"], message: "is taken already" });
    named.add(entry.name);
    const row = known.get(entry.name);
    const values = fieldsOf(entry, path, errors);
    if (values === null) return [];
    errors.push(...findMissing(entry, there, path));
    if (row !== undefined && row.condition.kind !== values.condition.kind) {
      errors.push({ path: [...path, "condition"], message: "a rule stays of its kind: give another one another name" });
    }
    const before = row === undefined ? null : ruleEntry(row, names);
    return stepTo<RuleStep["values"]>({
      noun: "alertRule",
      name: entry.name,
      path,
      id: row?.id ?? null,
      values,
      before,
      after: ruleEntry(values, AS_THEY_ARE),
    });
  });
  const gone = options.prune ? world.rules.filter(({ name }) => !named.has(name)) : [];
  if (world.rules.length - gone.length + steps.filter(({ kind }) => kind === "add").length > MAX_RULES) {
    errors.push({ path: ["alertRules"], message: `there are at most ${MAX_RULES}` });
  }
  return [...steps, ...gone.map((row) => removal("alertRule", row.name, row.id, ruleEntry(row, names)))];
}

/** Names stand where ids will: what they name may not be there yet. Null when something is wrong. */
function fieldsOf(entry: GivenRule, path: Path, errors: DocumentError[]): AlertRuleValues | null {
  const { channels = [], scope, mutedUntil, memo, ...rest } = entry;
  const read = createRuleInput.safeParse({ ...rest, memo: memo ?? null });
  if (!read.success) {
    errors.push(...faultsIn(read.error, path));
    return null;
  }
  const { forSeconds, cooldownSeconds, scope: _, ...values } = read.data;
  const rule = {
    ...values,
    scope: {
      ...EVERYTHING,
      providerIds: unique(scope?.providers),
      models: unique(scope?.models),
      keyIds: unique(scope?.providerKeys),
      clientKeyIds: unique(scope?.clientKeys),
      per: scope?.per ?? null,
    },
    mutedUntil: mutedUntil === undefined ? null : Date.parse(mutedUntil),
    forMs: forSeconds,
    cooldownMs: cooldownSeconds,
    channelIds: unique(channels),
  };
  errors.push(...scopeFaults(rule).map((field) => ({ path: [...path, "scope", WORDS[field]], message: NARROWS_NOT })));
  return rule;
}

const NARROWS_NOT = "a rule of this kind cannot be narrowed by this";
const WORDS = {
  providerIds: "providers",
  models: "models",
  keyIds: "providerKeys",
  clientKeyIds: "clientKeys",
  per: "per",
} as const;

function unique(names: readonly string[] = []): string[] {
  return [...new Set(names)];
}

type Named = Readonly<Record<keyof typeof MISSING, ReadonlySet<string>>>;
const MISSING = {
  providers: "provider",
  providerKeys: "provider key",
  clientKeys: "client key",
  channels: "alert channel",
};

function findMissing({ scope, channels }: GivenRule, there: Named, path: Path): DocumentError[] {
  const lists = { providers: scope?.providers, providerKeys: scope?.providerKeys, clientKeys: scope?.clientKeys };
  const inScope = (["providers", "providerKeys", "clientKeys"] as const).flatMap((list) =>
    missingIn(lists[list], there[list], [...path, "scope", list], MISSING[list]),
  );
  return [...inScope, ...missingIn(channels, there.channels, [...path, "channels"], MISSING.channels)];
}

function missingIn(names: readonly string[] = [], there: ReadonlySet<string>, path: Path, what: string) {
  return names.flatMap((name, index) =>
    there.has(name) ? [] : [{ path: [...path, index], message: `there is no such ${what}` }],
  );
}

export function namesNow({ providers, keys, clients, channels }: ConfigWorld): RuleNames {
  const providerNames = new Map(providers.map((row) => [row.id, row.name]));
  const keyNames = new Map(keys.map((key) => [key.id, `${providerNames.get(key.providerId)}/${key.name}`]));
  const clientNames = new Map(clients.map((row) => [row.id, row.name]));
  const channelNames = new Map(channels.map((row) => [row.id, row.name]));
  return {
    provider: (id) => providerNames.get(id) ?? null,
    providerKey: (id) => keyNames.get(id) ?? null,
    clientKey: (id) => clientNames.get(id) ?? null,
    channel: (id) => channelNames.get(id) ?? null,
  };
}

const itself = (name: string) => name;
const AS_THEY_ARE: RuleNames = { provider: itself, providerKey: itself, clientKey: itself, channel: itself };

/** What there is when the other steps are done. */
function namesThen({ providers, keys, clients, channels }: ConfigWorld, others: Others): Named {
  const now = namesNow({ providers, keys, clients, channels } as ConfigWorld);
  const after = (before: readonly string[], steps: readonly Step<unknown>[]) => {
    const names = new Set(before);
    for (const { kind, name } of steps) kind === "remove" ? names.delete(name) : names.add(name);
    return names;
  };
  return {
    providers: after(
      providers.map(({ name }) => name),
      others.providers,
    ),
    providerKeys: after(
      keys.map(({ id }) => now.providerKey(id)!),
      others.keys,
    ),
    clientKeys: after(
      clients.map(({ name }) => name),
      others.clients,
    ),
    channels: after(
      channels.map(({ name }) => name),
      others.channels,
    ),
  };
}

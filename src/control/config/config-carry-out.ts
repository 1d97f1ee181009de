import type { DocumentError } from "../../config-file.ts";
import type { Secret } from "../../lib/secret.ts";
import type { AlertRuleValues } from "../../store/alert-types.ts";
import type { ConfigNouns, Written } from "../../store/types.ts";
import { CLIENT_KEY_PREFIX, generateSecret } from "../clients/client-key-secret.ts";
import {
  type ChannelFields,
  type KeyFields,
  type ModelFields,
  NOTHING_SAID,
  type Plan,
  type Step,
} from "./config-step.ts";

/** A client key that was made because the document gave no secret; shown once. */
export interface GeneratedClientKey {
  readonly name: string;
  readonly secret: Secret;
}

/** The store knew better than the plan: the transaction has to be taken back. */
export class PlanFailed extends Error {
  override readonly name = "PlanFailed";
  constructor(readonly error: DocumentError) {
    super(error.message);
  }
}

/** Writes what a plan without errors says. For inside a transaction. Throws PlanFailed. */
export async function carryOut(inside: ConfigNouns, plan: Plan): Promise<readonly GeneratedClientKey[]> {
  // What goes makes room for what comes. Keys go before their providers, so that all of them are told.
  await inside.models.delete(removed(plan.models));
  await inside.providerKeys.delete(removed(plan.keys));
  await inside.providers.delete(removed(plan.providers));
  await inside.clientKeys.delete(removed(plan.clients));
  await inside.alertRules.delete(removed(plan.rules));
  await inside.alertChannels.delete(removed(plan.channels));

  for (const { id, values, path } of kept(plan.providers)) {
    orFail(id === null ? await inside.providers.create(values) : await inside.providers.update(id, values), path);
  }
  const ids = new Map((await inside.providers.list()).map((row) => [row.name, row.id]));
  await inTurn(kept(plan.keys), ({ id, values }) => writeKey(inside, id, values, ids));
  await inTurn(kept(plan.models), ({ id, values }) => writeModel(inside, id, values, ids));

  const generated: GeneratedClientKey[] = [];
  await inTurn(kept(plan.clients), ({ id, values, name }) => {
    if (id !== null) return inside.clientKeys.update(id, values);
    const secret = values.secret ?? generateSecret(CLIENT_KEY_PREFIX);
    if (values.secret === undefined) generated.push({ name, secret });
    return inside.clientKeys.create({ ...values, secret, builtin: null });
  });
  if (plan.settings.length > 0) await inside.settings.change(plan.settings.map(({ values }) => values));
  await inTurn(kept(plan.channels), ({ id, values }) => writeChannel(inside, id, values));
  if (kept(plan.rules).length > 0) {
    const idsOf = await namedIds(inside);
    await inTurn(kept(plan.rules), ({ id, values }) => writeRule(inside, id, values, idsOf));
  }
  return generated;
}

function writeKey(inside: ConfigNouns, id: string | null, fields: KeyFields, ids: ReadonlyMap<string, string>) {
  const { provider, ...values } = fields;
  if (id !== null) return inside.providerKeys.update(id, values);
  const { secret, tags = [], proxyUrl = null } = values;
  if (secret === undefined) throw new Error("a plan without errors gives a new key its secret");
  return inside.providerKeys.create({ ...values, secret, tags, proxyUrl, providerId: ids.get(provider)! });
}

function writeModel(inside: ConfigNouns, id: string | null, fields: ModelFields, ids: ReadonlyMap<string, string>) {
  const targets = fields.targets.map(({ provider, ...target }) => ({ ...target, providerId: ids.get(provider)! }));
  if (id !== null) return inside.models.update(id, { ...fields, targets });
  return inside.models.create({ ...NOTHING_SAID, ...fields, targets });
}

function writeChannel(inside: ConfigNouns, id: string | null, fields: ChannelFields) {
  if (id !== null) return inside.alertChannels.update(id, fields);
  const { config, preview = "", ...values } = fields;
  if (config === undefined) throw new Error("a plan without errors gives a new channel its configuration");
  return inside.alertChannels.create({ ...values, config, preview });
}

type IdsByName = Readonly<Record<"provider" | "key" | "client" | "channel", (name: string) => string>>;

function writeRule(inside: ConfigNouns, id: string | null, fields: AlertRuleValues, idsOf: IdsByName) {
  const { scope, channelIds, ...rest } = fields;
  const values = {
    ...rest,
    scope: {
      ...scope,
      providerIds: scope.providerIds.map(idsOf.provider),
      keyIds: scope.keyIds.map(idsOf.key),
      clientKeyIds: scope.clientKeyIds.map(idsOf.client),
    },
    channelIds: channelIds.map(idsOf.channel),
  };
  return id === null ? inside.alertRules.create(values) : inside.alertRules.update(id, values);
}

/** Of everything that the steps before have made. */
async function namedIds(inside: ConfigNouns): Promise<IdsByName> {
  const [providers, keys, clients, channels] = await Promise.all([
    inside.providers.list(),
    inside.providerKeys.list(),
    inside.clientKeys.list(),
    inside.alertChannels.list(),
  ]);
  const providerNames = new Map(providers.map((row) => [row.id, row.name]));
  const finder = (pairs: readonly (readonly [string, string])[]) => {
    const ids = new Map(pairs);
    return (name: string) => ids.get(name)!;
  };
  return {
    provider: finder(providers.map(({ id, name }) => [name, id])),
    key: finder(keys.map(({ id, name, providerId }) => [`${providerNames.get(providerId)}/${name}`, id])),
    client: finder(clients.map(({ id, name }) => [name, id])),
    channel: finder(channels.map(({ id, name }) => [name, id])),
  };
}

type Kept<S extends Step<unknown>> = S & { readonly values: NonNullable<S["values"]> };

function kept<S extends Step<unknown>>(steps: readonly S[]): Kept<S>[] {
  return steps.filter((step): step is Kept<S> => step.kind !== "remove");
}

function removed(steps: readonly Step<unknown>[]): string[] {
  return steps.flatMap(({ kind, id }) => (kind === "remove" && id !== null ? [id] : []));
}

/** A name may be taken by a row that gives it up further on: such a step is tried again after the others. */
async function inTurn<S extends Step<unknown>>(
  steps: readonly S[],
  write: (step: S) => Promise<Written<unknown>>,
): Promise<void> {
  let waiting = [...steps];
  while (waiting.length > 0) {
    const refused: S[] = [];
    let last: Written<unknown> | null = null;
    for (const step of waiting) {
      const written = await write(step);
      if (written.kind === "ok") continue;
      last = written;
      refused.push(step);
    }
    if (last !== null && refused.length === waiting.length) orFail(last, refused.at(-1)!.path);
    waiting = refused;
  }
}

function orFail(written: Written<unknown>, path: Step<unknown>["path"]): void {
  if (written.kind === "ok") return;
  if (written.kind === "duplicate") {
    throw new PlanFailed({ path: [...(path ?? []), written.field], message: "is taken already" });
  }
  throw new PlanFailed({ path: path ?? [], message: "was changed by somebody else meanwhile" });
}

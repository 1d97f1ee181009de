import type { AlertScope } from "../../alert-rule.ts";
import type { AlertRuleRow } from "../../store/alert-types.ts";
import type { Control } from "../control.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse, type UserError } from "../user-errors.ts";
import { definedOnly, fromWritten } from "../writes.ts";
import { createRuleInput, EVERYTHING, SCOPE_FIELDS, updateRuleInput } from "./alert-rule-input.ts";

/** Each is looked at every ten seconds. */
export const MAX_RULES = 100;

export async function createAlertRule(
  control: Control,
  input: Given<typeof createRuleInput>,
): Promise<Result<AlertRuleRow>> {
  const read = readInput(createRuleInput, input);
  if (!read.ok) return read;
  const { forSeconds, cooldownSeconds, scope, ...values } = read.value;
  const given = { ...values, scope: scope ?? EVERYTHING, forMs: forSeconds, cooldownMs: cooldownSeconds };
  const errors = await findFaults(control, given);
  if (errors.length > 0) return refuse(...errors);
  if ((await control.store.alertRules.list()).length >= MAX_RULES) {
    return refuse(invalid([], `There are at most ${MAX_RULES} rules.`, "OUT_OF_RANGE"));
  }
  const created = fromWritten(await control.store.alertRules.create(given), "alert rule");
  if (created.ok) control.alertWatch.rulesChanged();
  return created;
}

export async function updateAlertRule(
  control: Control,
  input: Given<typeof updateRuleInput>,
): Promise<Result<AlertRuleRow>> {
  const read = readInput(updateRuleInput, input);
  if (!read.ok) return read;
  const { id, expectedVersion, forSeconds, cooldownSeconds, ...fields } = read.value;
  const current = await control.store.alertRules.get(id);
  if (current === null) return refuse(notFound("id", "alert rule"));
  const patch = definedOnly({ ...fields, forMs: forSeconds, cooldownMs: cooldownSeconds });
  const next = { ...current, ...patch };
  if (next.condition.kind !== current.condition.kind) {
    return refuse(invalid("condition", "A rule stays of its kind: make another one.", "CONFLICT"));
  }
  const errors = await findFaults(control, next);
  if (errors.length > 0) return refuse(...errors);
  const written = await control.store.alertRules.update(id, patch, expectedVersion ?? undefined);
  const updated = fromWritten(written, "alert rule");
  if (updated.ok) control.alertWatch.rulesChanged();
  return updated;
}

/** Their open incidents are resolved with the next look; nobody is told. */
export async function deleteAlertRules(control: Control, ids: readonly string[]): Promise<Result<string[]>> {
  const deleted = await control.store.alertRules.delete(ids);
  if (deleted.length > 0) control.alertWatch.rulesChanged();
  return ok(deleted);
}

/** What a rule names must be there, and must mean something for its kind. */
async function findFaults(
  control: Control,
  rule: Pick<AlertRuleRow, "condition" | "scope" | "channelIds">,
): Promise<UserError[]> {
  const { rows, store } = control;
  const known = {
    providerIds: await rows.providers(),
    keyIds: await rows.providerKeys(),
    clientKeyIds: await rows.clientKeys(),
  };
  const errors: UserError[] = [];
  for (const field of scopeFaults(rule)) {
    errors.push(invalid(["scope", inputName(field)], "A rule of this kind cannot be narrowed by this."));
  }
  for (const field of ["providerIds", "keyIds", "clientKeyIds"] as const) {
    for (const [index, id] of rule.scope[field].entries()) {
      if (known[field].has(id)) continue;
      errors.push(notFound(["scope", inputName(field), String(index)], NOUNS[field], id));
    }
  }
  const channels = new Set((await store.alertChannels.list()).map((channel) => channel.id));
  for (const [index, id] of rule.channelIds.entries()) {
    if (!channels.has(id)) errors.push(notFound(["channelIds", String(index)], "alert channel", id));
  }
  return errors;
}

/** What a rule is narrowed by that means nothing for its kind. */
export function scopeFaults({ condition, scope }: Pick<AlertRuleRow, "condition" | "scope">): (keyof AlertScope)[] {
  return (Object.keys(EVERYTHING) as (keyof AlertScope)[]).filter((field) => {
    const value = scope[field];
    const isUsed = Array.isArray(value) ? value.length > 0 : value !== null;
    return isUsed && !SCOPE_FIELDS[condition.kind].includes(field);
  });
}

const NOUNS = { providerIds: "provider", keyIds: "provider key", clientKeyIds: "client key" } as const;

function inputName(field: keyof AlertScope): string {
  return field === "keyIds" ? "providerKeyIds" : field;
}

import type { AlertCondition } from "../../alert-rule.ts";
import type { AlertChannelValues, AlertRuleValues } from "../../store/alert-types.ts";
import { SECRETS } from "../alerts/alert-channel-config.ts";
import { formatNanoUsd } from "../usage/money.ts";
import { given } from "./config-entries.ts";
import type { OpenedChannel } from "./config-step.ts";

/** Alert channels and rules in the words of the document, which are those of the API's inputs. */

/** Without where it leads: most of these addresses are credentials. */
export function channelEntry(row: Pick<AlertChannelValues, "name" | "enabled" | "kind">) {
  return { name: row.name, enabled: row.enabled, kind: row.kind };
}

/** As `config` of the document; without secrets only of kinds whose address is none, and null for the others. */
export function channelConfigEntry({ kind, config }: OpenedChannel, withSecrets: boolean) {
  const { kind: _, ...fields } = JSON.parse(config.reveal()) as Record<string, unknown>;
  if (!withSecrets && kind !== "EMAIL" && kind !== "TELEGRAM") return null;
  const hidden: readonly string[] = withSecrets ? [] : SECRETS;
  const shown = Object.entries(fields).filter(([name, value]) => value !== null && !hidden.includes(name));
  return { [kind.toLowerCase()]: Object.fromEntries(shown) };
}

/** What a rule's ids are called; null for what is no more, which the document leaves out. */
export interface RuleNames {
  provider(id: string): string | null;
  providerKey(id: string): string | null;
  clientKey(id: string): string | null;
  channel(id: string): string | null;
}

export function ruleEntry(row: AlertRuleValues, names: RuleNames) {
  const { scope } = row;
  const narrowed = given({
    providers: namesOf(scope.providerIds, names.provider),
    models: scope.models,
    providerKeys: namesOf(scope.keyIds, names.providerKey),
    clientKeys: namesOf(scope.clientKeyIds, names.clientKey),
    per: scope.per,
  });
  return {
    name: row.name,
    enabled: row.enabled,
    severity: row.severity,
    condition: conditionEntry(row.condition),
    ...given({ scope: Object.keys(narrowed).length === 0 ? null : narrowed }),
    forSeconds: row.forMs / 1000,
    cooldownSeconds: row.cooldownMs / 1000,
    ...given({
      mutedUntil: row.mutedUntil === null ? null : new Date(row.mutedUntil).toISOString(),
      channels: namesOf(row.channelIds, names.channel),
      memo: row.memo,
    }),
  };
}

/** Sorted: in what order they stand means nothing. */
function namesOf(ids: readonly string[], nameOf: (id: string) => string | null): string[] {
  return ids
    .map(nameOf)
    .filter((name) => name !== null)
    .sort();
}

function conditionEntry(condition: AlertCondition): Record<string, object> {
  switch (condition.kind) {
    case "KEY_INVALID":
      return { keyInvalid: { includeExhausted: condition.includeExhausted } };
    case "PROVIDER_LOW":
      return { providerLow: given({ minimumKeys: condition.minKeys, minimumShare: condition.minShare }) };
    case "LOW_BALANCE":
      return { lowBalance: { below: formatNanoUsd(condition.belowNanoUsd) } };
    case "ERROR_RATE":
      return { errorRate: { share: condition.share, ...windowOf(condition) } };
    case "LATENCY": {
      const { metric, percentile, aboveMs } = condition;
      return { latency: { metric, percentile, aboveMs, ...windowOf(condition) } };
    }
    case "BUDGET": {
      const { limitNanoUsd, share, period, timeZone } = condition;
      return { budget: { limit: formatNanoUsd(limitNanoUsd), share, period, timeZone } };
    }
    case "SPEND_SPIKE": {
      const { factor, hours, minNanoUsd } = condition;
      return { spendSpike: { factor, hours, minimumSpend: formatNanoUsd(minNanoUsd) } };
    }
    case "NO_TRAFFIC":
      return { noTraffic: { windowSeconds: condition.windowMs / 1000 } };
    case "DISK_SPACE":
      return { diskSpace: given({ belowBytes: condition.belowBytes, belowShare: condition.belowShare }) };
  }
}

function windowOf({ windowMs, minRequests }: { readonly windowMs: number; readonly minRequests: number }) {
  return { windowSeconds: windowMs / 1000, minimumRequests: minRequests };
}

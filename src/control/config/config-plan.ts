import type { ConfigDocument, DocumentError } from "../../config-file.ts";
import { planChannels } from "./config-plan-channels.ts";
import { planClients } from "./config-plan-clients.ts";
import { planKeys } from "./config-plan-keys.ts";
import { planModels } from "./config-plan-models.ts";
import { completeProviders, planProviders } from "./config-plan-providers.ts";
import { planRules } from "./config-plan-rules.ts";
import { planSettings } from "./config-plan-settings.ts";
import type { ConfigWorld, Plan, PlanOptions, Step } from "./config-step.ts";

/**
 * What has to be done so that the configuration is what the document says, matching by name; what it does not name is left alone
 * unless `prune` is on. All that is wrong with the document is among `errors`, and then nothing may be done.
 */
export function planConfig(world: ConfigWorld, document: ConfigDocument, options: PlanOptions): Plan {
  const errors: DocumentError[] = [];
  const entries = completeProviders(document, errors);
  const plan = {
    providers: planProviders(world, entries, options, errors),
    keys: planKeys(world, entries, options, errors),
    models: planModels(world, document, entries, options, errors),
    clients: planClients(world, document, options, errors),
    settings: planSettings(world, document, options, errors),
    channels: planChannels(world, document, options, errors),
  };
  return { ...plan, rules: planRules(world, document, { options, others: plan, errors }), errors };
}

/** Every step, in the document's order of nouns. */
export function stepsOf(plan: Plan): Step<unknown>[] {
  return [
    ...plan.providers,
    ...plan.keys,
    ...plan.models,
    ...plan.clients,
    ...plan.settings,
    ...plan.channels,
    ...plan.rules,
  ];
}

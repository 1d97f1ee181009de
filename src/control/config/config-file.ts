import { ConfigError } from "../../config.ts";
import { type ConfigDocument, formatPath } from "../../config-file.ts";
import type { Vault } from "../../lib/secret.ts";
import type { ConfigNouns, Store } from "../../store/types.ts";
import { carryOut, type GeneratedClientKey, PlanFailed } from "./config-carry-out.ts";
import { planConfig } from "./config-plan.ts";
import type { Plan } from "./config-step.ts";
import { readWorld } from "./config-world.ts";

interface ApplyDeps {
  readonly store: Store;
  readonly vault: Vault;
  checkAddress(url: string): string | null;
}

/**
 * What a start has to do so that the store says what the file says, matching by name: what it names is created or updated, what it
 * does not name is left alone, so a second start has nothing to do. Its settings are not stored: they are in force, and locked, for
 * as long as the file says so. Throws ConfigError with the path of the first bad value.
 */
export async function planConfigFile({ store, vault, checkAddress }: ApplyDeps, file: ConfigDocument): Promise<Plan> {
  const plan = planConfig(
    await readWorld(store),
    { ...file, settings: {} },
    {
      prune: false,
      mayMoveKeys: true, // Who writes the file has the master key too.
      fixedSettings: {},
      checkAddress,
      fingerprint: (secret) => vault.fingerprint(secret),
      clientKeyHash: (credential) => vault.clientKeyHash(credential),
    },
  );
  const [first] = plan.errors;
  if (first !== undefined) throw mistake(first);
  return plan;
}

/** Throws ConfigError, and then nothing of it may stay. */
export async function carryOutFile(inside: ConfigNouns, plan: Plan): Promise<readonly GeneratedClientKey[]> {
  try {
    return await carryOut(inside, plan);
  } catch (error) {
    throw error instanceof PlanFailed ? mistake(error.error) : error;
  }
}

function mistake({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }): ConfigError {
  return new ConfigError(`${formatPath(path)}: ${message}`);
}

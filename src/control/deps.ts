import type { Dialogue } from "../dialogue.ts";
import type { Events } from "../events.ts";
import type { RouteForecast, RouteQuestion } from "../forecast.ts";
import type { CallInternally } from "../internal-call.ts";
import type { Logger } from "../lib/log.ts";
import type { Outbound } from "../lib/outbound.ts";
import type { Secret, Vault } from "../lib/secret.ts";
import type { Touched } from "../lib/touched.ts";
import type { Health } from "../policy/health.ts";
import type { KeyStatus, KeyUse, Lease } from "../pool.ts";
import type { ActiveRequests } from "../record.ts";
import type { FixedSettings } from "../settings.ts";
import type { KeyEntry, Snapshot } from "../snapshot.ts";
import type { SignInProviderValues } from "../store/people.ts";
import type { KeyStateRow, KeyUseRow, Store } from "../store/types.ts";

/** Everything the control plane stands on; wired in main, faked nowhere. */
export interface ControlDeps {
  readonly store: Store;
  readonly snapshots: SnapshotSource;
  readonly pool: KeyHealthView;
  readonly active: ActiveRequests;
  readonly events: Events;
  readonly vault: Vault;
  /** The way out for calls of our own: webhooks, vendors' balances. */
  readonly outbound: Outbound;
  readonly version: string;
  readonly startedAtMs: number;
  readonly log: Logger;
  /** Where the files stand that jobs make; the folder need not be there. */
  readonly exportsDir: string;
  /** ADMIN_TOKEN; null leaves the choice to the one-time set-up link. */
  readonly adminToken: Secret | null;
  /** The environment's OpenID Connect provider; null leaves the choice to whoever administers people. */
  readonly fixedSignInProvider: SignInProviderValues | null;
  /** Null when Sluice may connect there, else the reason in public words. Knows the address policy (lib/egress). */
  checkAddress(url: string): string | null;
  /** Makes a request through the gateway, as a client would. */
  readonly callGateway: CallInternally;
  /** What the gateway would do with a request; it does nothing. */
  foresee(question: RouteQuestion): Promise<RouteForecast>;
  readonly dialogue: Dialogue;
  now(): number;
}

export interface SnapshotSource {
  readonly current: Snapshot;
  /** What environment and configuration file say: nobody can change it here. */
  readonly fixedSettings: FixedSettings;
  /** Resolves when what is stored now is in force. */
  reload(): Promise<void>;
}

/** The part of the key pool that people look at and act on. */
export interface KeyHealthView {
  status(keyId: string, nowMs: number): KeyStatus;
  /** As it is, without allocating; null: nobody knows anything. */
  healthOf(keyId: string): Health | null;
  useOf(keyId: string): KeyUse;
  /** Whether it rests on some model, whatever its own health. */
  isParkedOnModels(keyId: string): boolean;
  /** The keys of which one of these may have changed. */
  readonly touched: Touched;
  /** Claims a key for a call of our own, whose verdict goes into its health. */
  begin(key: KeyEntry, model: string, nowMs: number): Lease;
  /** What was kept about keys that come back: before the snapshot names them again. */
  restore(states: readonly KeyStateRow[], uses: readonly KeyUseRow[]): void;
  /** Ends the cooldown, forgets failures and parked models. */
  reset(keyId: string, nowMs: number): void;
}

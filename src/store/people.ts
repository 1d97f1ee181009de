import type { Secret } from "../lib/secret.ts";
import type { Written } from "./types.ts";

/** Who may administer: people, the sessions of their browsers, the tokens of their tools. Times are Unix milliseconds. */

export const ROLES = ["owner", "admin", "operator", "viewer"] as const;
export type Role = (typeof ROLES)[number];

export interface UserValues {
  /** Lower case; unique. */
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly enabled: boolean;
}
export interface UserRow extends UserValues {
  readonly id: string;
  readonly hasPassword: boolean;
  readonly totpEnabled: boolean;
  /** Until when the link that lets him choose a password works; null: there is none. */
  readonly invitedUntil: number | null;
  /** Issuer and subject of his account elsewhere. */
  readonly identity: string | null;
  readonly preferences: Readonly<Record<string, unknown>>;
  readonly lastSeenAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly version: number;
}
/** What proves that he is who he says; never part of a row. */
export interface UserProofs {
  /** argon2id. */
  readonly passwordHash: string | null;
  readonly invitationHash: string | null;
  readonly invitedUntil: number | null;
  readonly totpSecret: Secret | null;
  /** Shown, and not yet confirmed by a code. */
  readonly totpPending: Secret | null;
  /** No code of this or an earlier step is taken again. */
  readonly totpLastStep: number;
  readonly recoveryHashes: readonly string[];
  readonly identity: string | null;
}
export type UserPatch = Partial<UserValues> & Partial<UserProofs> & { preferences?: Readonly<Record<string, unknown>> };

/** `last_owner`: nobody could administer people any more. */
export type UserWritten = Written<UserRow> | { readonly kind: "last_owner" };

export interface UserStore {
  list(): Promise<UserRow[]>;
  get(id: string): Promise<UserRow | null>;
  proofs(id: string): Promise<UserProofs | null>;
  create(values: UserValues & Partial<UserProofs> & Pick<UserPatch, "preferences">): Promise<Written<UserRow>>;
  /** What only proofs, preferences and last use change does not raise `version`. */
  update(id: string, patch: UserPatch, expectedVersion?: number): Promise<UserWritten>;
  /** Deletes all or, when the last owner is among them, none. */
  delete(
    ids: readonly string[],
  ): Promise<{ readonly kind: "ok"; readonly ids: string[] } | { readonly kind: "last_owner" }>;
  /** True once per step: false when a code of it or of a later one was taken already. */
  takeTotpStep(id: string, step: number): Promise<boolean>;
  /** True once per code. */
  takeRecoveryCode(id: string, hash: string): Promise<boolean>;
  /** The enabled person whose invitation this is, while it lasts. */
  findInvited(hash: string, nowMs: number): Promise<string | null>;
  /** True once per link. */
  acceptInvitation(hash: string, nowMs: number, chosen: { passwordHash: string; name: string }): Promise<boolean>;
  touch(id: string, atMs: number): Promise<void>;
}

export interface SessionRow {
  readonly id: string;
  readonly userId: string | null;
  /** Signed in with this admin token. */
  readonly tokenId: string | null;
  /** Signed in with ADMIN_TOKEN: its fingerprint, so that another one ends the session. */
  readonly credential: string | null;
  readonly address: string;
  readonly userAgent: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** Until when its holder's last proof of who he is counts as fresh. */
  readonly freshUntil: number;
}
export interface SessionStore {
  /** With the hash of the cookie that belongs to each. */
  list(): Promise<(SessionRow & { readonly hash: string })[]>;
  create(values: Omit<SessionRow, "id"> & { readonly hash: string }): Promise<SessionRow>;
  update(id: string, patch: Partial<Pick<SessionRow, "lastSeenAt" | "freshUntil">>): Promise<void>;
  delete(ids: readonly string[]): Promise<string[]>;
}

/** Who has this value in the claim that names roles gets this role. */
export interface RoleRule {
  readonly claimValue: string;
  readonly role: Role;
}
/** An OpenID Connect provider by whose word people may sign in. */
export interface SignInProviderValues {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** What the button says after "Sign in with". */
  readonly label: string;
  /** Lower case; empty: of every domain. */
  readonly emailDomains: readonly string[];
  readonly roleClaim: string | null;
  /** Empty: roles are given here, the claim is not looked at. */
  readonly roleRules: readonly RoleRule[];
  /** Of whoever comes for the first time; null: only people who were invited may come. */
  readonly defaultRole: Role | null;
}
export interface SignInProviderRow extends SignInProviderValues {
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly version: number;
}
/** There is at most one. */
export interface SignInProviderStore {
  get(): Promise<SignInProviderRow | null>;
  /** Version 0: there is none yet. */
  put(
    values: SignInProviderValues,
    expectedVersion?: number,
  ): Promise<
    { readonly kind: "ok"; readonly row: SignInProviderRow } | { readonly kind: "stale"; readonly version: number }
  >;
  delete(): Promise<void>;
}

export interface AdminTokenRow {
  readonly id: string;
  readonly name: string;
  readonly secretPreview: string;
  readonly scopes: readonly string[];
  /** Null: made by ADMIN_TOKEN or by the first set-up. */
  readonly createdBy: string | null;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly lastUsedAddress: string | null;
  readonly createdAt: number;
}
export interface AdminTokenStore {
  list(): Promise<(AdminTokenRow & { readonly hash: string })[]>;
  create(
    values: Omit<AdminTokenRow, "id" | "createdAt" | "lastUsedAt" | "lastUsedAddress"> & { readonly hash: string },
  ): Promise<AdminTokenRow>;
  delete(ids: readonly string[]): Promise<string[]>;
  touch(id: string, atMs: number, address: string): Promise<void>;
}

export interface SavedViewRow {
  readonly id: string;
  /** Null: made with a token. */
  readonly ownerId: string | null;
  readonly page: string;
  readonly name: string;
  readonly state: unknown;
  readonly shared: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}
export type SavedViewValues = Omit<SavedViewRow, "id" | "createdAt" | "updatedAt">;
export interface SavedViewStore {
  list(): Promise<SavedViewRow[]>;
  get(id: string): Promise<SavedViewRow | null>;
  create(values: SavedViewValues): Promise<SavedViewRow>;
  update(id: string, patch: Partial<SavedViewValues>): Promise<SavedViewRow | null>;
  delete(ids: readonly string[]): Promise<string[]>;
}

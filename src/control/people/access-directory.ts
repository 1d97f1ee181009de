import type { Vault } from "../../lib/secret.ts";
import type { AdminTokenRow, SessionRow, UserRow } from "../../store/people.ts";
import type { Store } from "../../store/types.ts";
import type { ControlDeps } from "../deps.ts";

export type AccessDeps = Pick<ControlDeps, "vault" | "adminToken" | "now"> & {
  readonly store: Pick<Store, "settings" | "users" | "sessions" | "adminTokens">;
};

type Stores = Pick<Store, "users" | "sessions" | "adminTokens">;

/** A row is written down as seen again when its last note is older than this. */
const NOTE_AFTER_MS = 5 * 60_000;

/**
 * Who may administer, in memory: every request asks, and none may wait for the store. Read at the start and after each write
 * to one of the three nouns.
 */
export class AccessDirectory {
  readonly #stores: Stores;
  #users: ReadonlyMap<string, UserRow> = new Map();
  #sessions: ReadonlyMap<string, SessionRow> = new Map();
  #tokens: ReadonlyMap<string, AdminTokenRow> = new Map();
  #sessionsByHash: ReadonlyMap<string, string> = new Map();
  #tokensByHash: ReadonlyMap<string, string> = new Map();
  /** Seen since, by id; what is on disk may be minutes older. */
  readonly #seen = new Map<string, number>();
  readonly #noted = new Map<string, number>();
  readonly #listeners = new Set<() => void>();

  constructor(stores: Stores) {
    this.#stores = stores;
  }

  async refresh(): Promise<void> {
    const [users, sessions, tokens] = await Promise.all([
      this.#stores.users.list(),
      this.#stores.sessions.list(),
      this.#stores.adminTokens.list(),
    ]);
    this.#users = new Map(users.map((row) => [row.id, row]));
    this.#sessions = new Map(sessions.map(({ hash: _, ...row }) => [row.id, row]));
    this.#tokens = new Map(tokens.map(({ hash: _, ...row }) => [row.id, row]));
    this.#sessionsByHash = new Map(sessions.map(({ hash, id }) => [hash, id]));
    this.#tokensByHash = new Map(tokens.map(({ hash, id }) => [hash, id]));
    for (const id of this.#seen.keys()) {
      if (!this.#sessions.has(id) && !this.#tokens.has(id)) this.#forget(id);
    }
    for (const listener of this.#listeners) listener();
  }

  /** Told after each write to users, sessions or tokens, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get isEmpty(): boolean {
    return this.#users.size === 0 && this.#tokens.size === 0;
  }

  users(): readonly UserRow[] {
    return [...this.#users.values()];
  }
  user(id: string): UserRow | null {
    return this.#users.get(id) ?? null;
  }
  userByEmail(email: string): UserRow | null {
    return this.users().find((row) => row.email === email) ?? null;
  }

  sessions(): readonly SessionRow[] {
    return [...this.#sessions.values()].map((row) => this.#seenSession(row));
  }
  session(id: string): SessionRow | null {
    const row = this.#sessions.get(id);
    return row === undefined ? null : this.#seenSession(row);
  }
  sessionByHash(hash: string): SessionRow | null {
    return this.session(this.#sessionsByHash.get(hash) ?? "");
  }

  tokens(): readonly AdminTokenRow[] {
    return [...this.#tokens.values()];
  }
  token(id: string): AdminTokenRow | null {
    return this.#tokens.get(id) ?? null;
  }
  tokenByHash(hash: string): AdminTokenRow | null {
    return this.token(this.#tokensByHash.get(hash) ?? "");
  }

  /** Written down every few minutes, and nobody waits for it. */
  noteSession(row: SessionRow, nowMs: number): void {
    if (!this.#isWorthNoting(row.id, row.lastSeenAt, nowMs)) return;
    const writes = [this.#stores.sessions.update(row.id, { lastSeenAt: nowMs })];
    if (row.userId !== null) writes.push(this.#stores.users.touch(row.userId, nowMs));
    void Promise.all(writes).catch(() => {});
  }

  noteToken(row: AdminTokenRow, nowMs: number, address: string): void {
    if (!this.#isWorthNoting(row.id, row.lastUsedAt ?? 0, nowMs)) return;
    this.#tokens = new Map(this.#tokens).set(row.id, { ...row, lastUsedAt: nowMs, lastUsedAddress: address });
    void this.#stores.adminTokens.touch(row.id, nowMs, address).catch(() => {});
  }

  #isWorthNoting(id: string, storedMs: number, nowMs: number): boolean {
    this.#seen.set(id, nowMs);
    if (nowMs - (this.#noted.get(id) ?? storedMs) < NOTE_AFTER_MS) return false;
    this.#noted.set(id, nowMs);
    return true;
  }

  #seenSession(row: SessionRow): SessionRow {
    const seenMs = this.#seen.get(row.id) ?? 0;
    return seenMs > row.lastSeenAt ? { ...row, lastSeenAt: seenMs } : row;
  }

  #forget(id: string): void {
    this.#seen.delete(id);
    this.#noted.delete(id);
  }
}

/** Under which a credential is stored and found: never itself. */
export function hashCredential(
  vault: Vault,
  purpose: "admin-token" | "session" | "invitation" | "recovery",
  text: string,
) {
  return vault.mac(purpose, text);
}

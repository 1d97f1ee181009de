import { blob, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Role } from "../people.ts";
import { stamps } from "./stamps.ts";

export const user = sqliteTable(
  "user",
  {
    id: text("id").primaryKey(),
    email: text("email").notNull(),
    name: text("name").notNull(),
    role: text("role").$type<Role>().notNull(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    passwordHash: text("password_hash"),
    /** Of the one-time link by which a person chooses his password. */
    invitationHash: text("invitation_hash"),
    invitedUntil: integer("invited_until"),
    totpSecret: blob("totp_secret", { mode: "buffer" }),
    totpPending: blob("totp_pending", { mode: "buffer" }),
    totpLastStep: integer("totp_last_step").notNull().default(0),
    recoveryHashes: text("recovery_hashes", { mode: "json" }).$type<readonly string[]>().notNull(),
    /** Issuer and subject of an account elsewhere (OpenID Connect). */
    identity: text("identity"),
    preferences: text("preferences", { mode: "json" }).$type<Readonly<Record<string, unknown>>>().notNull(),
    lastSeenAt: integer("last_seen_at"),
    ...stamps,
  },
  (table) => [
    uniqueIndex("user_email").on(table.email),
    uniqueIndex("user_identity").on(table.identity),
    uniqueIndex("user_invitation").on(table.invitationHash),
  ],
);

export const session = sqliteTable(
  "session",
  {
    id: text("id").primaryKey(),
    /** HMAC of the cookie. */
    hash: text("hash").notNull(),
    userId: text("user_id").references(() => user.id, { onDelete: "cascade" }),
    tokenId: text("token_id").references(() => adminToken.id, { onDelete: "cascade" }),
    credential: text("credential"),
    address: text("address").notNull(),
    userAgent: text("user_agent").notNull(),
    createdAt: integer("created_at").notNull(),
    lastSeenAt: integer("last_seen_at").notNull(),
    freshUntil: integer("fresh_until").notNull(),
  },
  (table) => [index("session_user").on(table.userId), index("session_token").on(table.tokenId)],
);

export const adminToken = sqliteTable(
  "admin_token",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    /** HMAC-SHA-256, hex. */
    hash: text("hash").notNull(),
    secretPreview: text("secret_preview").notNull(),
    scopes: text("scopes", { mode: "json" }).$type<readonly string[]>().notNull(),
    createdBy: text("created_by").references(() => user.id, { onDelete: "cascade" }),
    expiresAt: integer("expires_at"),
    lastUsedAt: integer("last_used_at"),
    lastUsedAddress: text("last_used_address"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [uniqueIndex("admin_token_hash").on(table.hash), index("admin_token_creator").on(table.createdBy)],
);

export const savedView = sqliteTable(
  "saved_view",
  {
    id: text("id").primaryKey(),
    ownerId: text("owner_id").references(() => user.id, { onDelete: "cascade" }),
    page: text("page").notNull(),
    name: text("name").notNull(),
    state: text("state", { mode: "json" }).$type<unknown>().notNull(),
    shared: integer("shared", { mode: "boolean" }).notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [index("saved_view_owner").on(table.ownerId)],
);

import { blob, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Role, RoleRule } from "../people.ts";
import { stamps } from "./stamps.ts";

export const signInProvider = sqliteTable("sign_in_provider", {
  /** One row at most: "oidc". */
  id: text("id").primaryKey(),
  issuer: text("issuer").notNull(),
  clientId: text("client_id").notNull(),
  /** Sealed. */
  clientSecret: blob("client_secret", { mode: "buffer" }).notNull(),
  label: text("label").notNull(),
  emailDomains: text("email_domains", { mode: "json" }).$type<readonly string[]>().notNull(),
  roleClaim: text("role_claim"),
  roleRules: text("role_rules", { mode: "json" }).$type<readonly RoleRule[]>().notNull(),
  defaultRole: text("default_role").$type<Role>(),
  ...stamps,
});

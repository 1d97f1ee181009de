import * as z from "zod/mini";
import type { AccessDeps } from "./access-directory.ts";
import { SCOPES } from "./principal.ts";

// Where versions before there were people kept the one admin token and the sessions that were signed out.
const TOKEN_SETTING = "$admin.tokenHash";
const SIGNED_OUT_SETTING = "$admin.signedOut";

/**
 * Makes an admin token like any other of the one that an older version's set-up made. With ADMIN_TOKEN it was void, and stays as it
 * is: whoever set that may have lost the other.
 */
export async function adoptStoredToken({ store, adminToken }: AccessDeps): Promise<void> {
  if (adminToken !== null) return;
  const stored = await store.settings.all();
  const hash = z.string().safeParse(stored[TOKEN_SETTING]);
  if (!hash.success) return;
  const known = await store.adminTokens.list();
  if (!known.some((row) => row.hash === hash.data)) {
    await store.adminTokens.create({
      name: "set-up",
      hash: hash.data,
      secretPreview: "adm_…",
      scopes: SCOPES,
      createdBy: null,
      expiresAt: null,
    });
  }
  await store.settings.put({ [TOKEN_SETTING]: null, [SIGNED_OUT_SETTING]: null });
}

import { z } from "zod";
import type { SavedViewRow } from "../../store/people.ts";
import type { Control } from "../control.ts";
import { idField } from "../fields.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { noPerson, personOf } from "./own-account.ts";
import { type Principal, userIdOf } from "./principal.ts";

const MAX_PREFERENCES_BYTES = 16_384;
const MAX_VIEW_BYTES = 16_384;
const MAX_VIEWS = 200;

export function readPreferences(control: Control, principal: Principal): Readonly<Record<string, unknown>> {
  return personOf(control, principal)?.preferences ?? {};
}

/** Key by key; null takes one away. */
export async function updatePreferences(control: Control, principal: Principal, patch: unknown): Promise<Result<true>> {
  const user = personOf(control, principal);
  if (user === null) return refuse(noPerson());
  const read = z.record(z.string().max(100), z.unknown()).safeParse(patch);
  if (!read.success) return refuse(invalid("patch", "Preferences are an object."));
  const merged = Object.entries({ ...user.preferences, ...read.data }).filter(([, value]) => value !== null);
  const preferences = Object.fromEntries(merged);
  if (JSON.stringify(preferences).length > MAX_PREFERENCES_BYTES) {
    return refuse(invalid("patch", "Preferences have at most 16 KiB together.", "OUT_OF_RANGE"));
  }
  await control.store.users.update(user.id, { preferences });
  await control.access.directory.refresh();
  return ok(true);
}

/** His own, and what others share. */
export async function listSavedViews(
  control: Control,
  principal: Principal,
  page: string | null,
): Promise<SavedViewRow[]> {
  const rows = await control.store.savedViews.list();
  return rows.filter((row) => (page === null || row.page === page) && maySeeView(principal, row));
}

export function maySeeView(principal: Principal, row: SavedViewRow): boolean {
  return principal.kind !== "anonymous" && (row.shared || row.ownerId === userIdOf(principal));
}

const viewInput = z.strictObject({
  id: idField.nullish(),
  page: z.string().trim().min(1, "A page is needed.").max(100),
  name: z.string().trim().min(1, "A name is needed.").max(100, "A name has at most 100 characters."),
  state: z.unknown(),
  shared: z.boolean().default(false),
});

/** Without an id a new one. Only its owner changes a view, however it is shared. */
export async function saveView(
  control: Control,
  principal: Principal,
  input: Given<typeof viewInput>,
): Promise<Result<SavedViewRow>> {
  const read = readInput(viewInput, input);
  if (!read.ok) return read;
  const { id, state = null, ...fields } = read.value;
  const ownerId = userIdOf(principal);
  if ((JSON.stringify(state) ?? "").length > MAX_VIEW_BYTES) {
    return refuse(invalid("state", "A view has at most 16 KiB.", "OUT_OF_RANGE"));
  }
  const rows = await control.store.savedViews.list();
  if (id == null) {
    if (rows.filter((row) => row.ownerId === ownerId).length >= MAX_VIEWS) {
      return refuse(invalid("name", `At most ${MAX_VIEWS} views.`, "OUT_OF_RANGE"));
    }
    return ok(await control.store.savedViews.create({ ...fields, state, ownerId }));
  }
  const isOwn = rows.some((row) => row.id === id && row.ownerId === ownerId);
  const saved = isOwn ? await control.store.savedViews.update(id, { ...fields, state }) : null;
  return saved === null ? refuse(notFound("id", "view of yours", id)) : ok(saved);
}

export async function deleteSavedViews(
  control: Control,
  principal: Principal,
  ids: readonly string[],
): Promise<Result<string[]>> {
  const ownerId = userIdOf(principal);
  const rows = await control.store.savedViews.list();
  const own = rows.filter((row) => ids.includes(row.id) && row.ownerId === ownerId);
  return ok(await control.store.savedViews.delete(own.map((row) => row.id)));
}

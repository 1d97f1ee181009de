import type { MessagePlace, MessageRow } from "../../store/chat-types.ts";
import type { Control } from "../control.ts";

/**
 * The messages from the beginning to `leafId`, oldest first. Undefined: to where the conversation stands (the first of the newest
 * answers); null: before its beginning. Null when there is no such message.
 */
export async function readBranch(
  control: Control,
  conversationId: string,
  leafId: string | null | undefined,
): Promise<MessageRow[] | null> {
  if (leafId === null) return [];
  const places = await control.store.chats.places(conversationId);
  const byId = new Map(places.map((place) => [place.id, place]));
  const leaf = leafId === undefined ? newestLeaf(places) : byId.get(leafId);
  if (leaf === undefined) return leafId === undefined ? [] : null;
  const ids: string[] = [];
  for (let at: MessagePlace | undefined = leaf; at; at = at.parentId === null ? undefined : byId.get(at.parentId)) {
    ids.push(at.id);
  }
  const rows = await control.store.chats.byIds(ids.reverse());
  return rows.map((row) => control.chats.runs.get(row.id)?.view() ?? row);
}

/** Of several answers to the newest message, the first. */
function newestLeaf(places: readonly MessagePlace[]): MessagePlace | undefined {
  const newest = places.at(-1);
  return (
    (newest &&
      places.find(({ parentId, role }) => parentId === newest.parentId && role === newest.role && parentId !== null)) ??
    newest
  );
}

import type { KeptKeyChange } from "../../store/types.ts";
import type { Control } from "../control.ts";
import { type CountedPage, type PageArgs, pageOf, readPageArgs } from "../page.ts";
import { readPlace, writePlace } from "../place-cursor.ts";

const LIST = "history";

/** What was observed of a key, newest first. A key's last 200 changes are kept. */
export async function listKeyHistory(
  control: Control,
  keyId: string,
  page: PageArgs,
): Promise<CountedPage<KeptKeyChange>> {
  const request = readPageArgs(page);
  const { totalCount, ...found } = await control.store.keyStates.history({
    keyId,
    limit: request.limit,
    backward: request.backward,
    after: readPlace(LIST, request.after, "after"),
    before: readPlace(LIST, request.before, "before"),
  });
  return { ...pageOf(found, request, ({ place }) => writePlace(LIST, place)), totalCount };
}

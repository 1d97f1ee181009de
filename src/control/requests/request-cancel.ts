import { isId } from "../../lib/id.ts";
import type { Control } from "../control.ts";
import { notFound, ok, type Result, refuse } from "../user-errors.ts";

/** True when it was running: its client then gets an error in its own format. */
export function cancelRequest(control: Control, id: string): Result<boolean> {
  return isId("req", id) ? ok(control.active.cancel(id)) : refuse(notFound("id", "request", id));
}

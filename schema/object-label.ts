import { type ObjectLabel as Label, labelObject } from "../src/control/labels.ts";
import { builder } from "./builder.ts";
import type { GraphqlContext } from "./context.ts";

const ObjectLabel = builder.objectRef<Label>("ObjectLabel");
builder.objectType(ObjectLabel, {
  description: "What something is called, also after it has been deleted.",
  fields: (t) => ({
    id: t.exposeID("id"),
    name: t.exposeString("name", {
      description: "As it is called, or was at last; the id when nobody knows any more.",
    }),
    deleted: t.exposeBoolean("isDeleted"),
  }),
});

/** For a field that names something by its id. */
export function labelField<Row>(idOf: (row: Row) => string | null) {
  return {
    type: ObjectLabel,
    nullable: true,
    resolve: (row: Row, _: object, { control }: GraphqlContext) => labelObject(control, idOf(row)),
  } as const;
}

import { customType } from "drizzle-orm/sqlite-core";

/** A text that lies sealed: as a blob, which a column of texts keeps as it is. What an older version wrote in clear is a text still. */
export const sealedText = customType<{ data: string | Uint8Array; driverData: string | Uint8Array }>({
  dataType: () => "text",
});

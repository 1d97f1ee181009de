import { GatewayError } from "../../errors.ts";
import { FileError } from "../../stored-file.ts";

/** What went wrong with a file, for a client of any format. Other errors stay as they are. */
export function fileRefusal(error: unknown): unknown {
  if (!(error instanceof FileError)) return error;
  const { message, cause } = error;
  switch (error.fault) {
    case "too_large":
      return new GatewayError("too_large", 413, message, { code: "file_too_large", headers: { connection: "close" } });
    case "quota":
    case "disk_full":
      // 507 Insufficient Storage: nothing that a client could repeat soon.
      return new GatewayError("overloaded", 507, message, {
        code: "insufficient_storage",
        final: true,
        headers: { connection: "close" },
        cause,
      });
    case "unavailable":
      return new GatewayError("overloaded", 503, message, { code: "store_unavailable", retryAfterMs: 1000, cause });
    case "unreadable":
      return new GatewayError("internal", 500, message, { code: "file_unreadable", final: true, cause });
  }
}

/** OpenAI's words and status. A file of somebody else's is no more than one that is not there. */
export function noSuchFile(id: string): GatewayError {
  return new GatewayError("not_found", 404, `No such File object: ${id.slice(0, 100).replace(/[^\w.:/-]/g, "?")}`, {
    param: "id",
  });
}

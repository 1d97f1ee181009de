import type { Control } from "../control/control.ts";
import { answerAttachment } from "../lib/attachment.ts";

/** Contents of files behind signed links: a browser cannot send an Authorization header with a download. Null: no such link. */
export function serveFileTransfers(control: Control) {
  return {
    async download(request: Request, pathAndQuery: string): Promise<Response | null> {
      const { openLink } = await import("../control/files/files.ts");
      const file = await openLink(control, pathAndQuery);
      if (file === null) return null;
      const { status, headers, range } = answerAttachment(file, request.headers.get("range"));
      return new Response(range === null ? null : control.store.files.content(file, range), { status, headers });
    },
    async upload(request: Request, path: string): Promise<Response | null> {
      const received = await control.uploads.receive(path, request.body);
      switch (received.kind) {
        case "ok":
          return new Response(null, { status: 204 });
        case "gone":
          return null;
        case "refused":
          return Response.json(
            { error: { message: received.message } },
            { status: received.status, headers: { connection: "close" } },
          );
      }
    },
  };
}

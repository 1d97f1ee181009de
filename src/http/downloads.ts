import type { Control } from "../control/control.ts";

/** Result files of jobs, behind signed links: a browser cannot send an Authorization header with a download. */
export function serveDownloads(control: Control): (path: string) => Promise<Response | null> {
  return async (path) => {
    const { openDownload } = await import("../control/jobs/job-file.ts");
    const found = await openDownload(control, path);
    if (found === null) return null;
    return new Response(found.file, {
      headers: {
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename="${found.name.replace(/[^\w.-]/g, "_")}"`,
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
      },
    });
  };
}

/** For what somebody uploaded: it is saved, never shown, and could not run in this origin, which is the console's too. */
export function attachmentHeaders(filename: string, mediaType: string): Record<string, string> {
  const plain = filename.replace(/[^\w. -]/g, "_");
  const exact = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return {
    "content-type": mediaType,
    "content-disposition": `attachment; filename="${plain}"; filename*=UTF-8''${exact}`,
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
    "accept-ranges": "bytes",
  };
}

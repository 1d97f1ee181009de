/** Well under the 10 s after which Bun, and the shortest proxies, take a silent connection for dead. */
const PING_MS = 5000;
const PING = new TextEncoder().encode(":\n\n");

/** The same event stream with a comment line whenever nothing else has been sent for a while. */
export function keepAlive(response: Response): Response {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream") || response.body === null) return response;
  const reader = response.body.getReader();
  let timer: ReturnType<typeof setInterval> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      timer = setInterval(() => {
        // A reader that is behind has bytes to read: it needs no sign of life.
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(PING);
      }, PING_MS);
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        clearInterval(timer);
        controller.close();
      } catch (error) {
        clearInterval(timer);
        controller.error(error);
      }
    },
    async cancel(reason) {
      clearInterval(timer);
      await reader.cancel(reason);
    },
  });
  return new Response(body, response);
}

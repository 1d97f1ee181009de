// Run as a process of its own by bare-relay.ts: no authentication, no accounting, no checks.
const upstream = process.env.UPSTREAM;

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT),
  idleTimeout: 255,
  async fetch(request) {
    const headers = new Headers(request.headers);
    headers.delete("host");
    headers.delete("content-length");
    headers.set("authorization", "Bearer sk-upstream");
    const answer = await fetch(upstream + new URL(request.url).pathname, {
      method: request.method,
      headers,
      body: request.body ? await request.arrayBuffer() : undefined,
    });
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  },
});

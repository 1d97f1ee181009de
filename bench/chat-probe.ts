/**
 * A process of its own: a vendor that answers at once, and clients that ask at a fixed rate, whether or not the last answer has come.
 * So it measures what a caller of the proxy sees, also while the process that asks the admin API is busy.
 */

export interface ProbeOrder {
  readonly url: string;
  readonly secret: string;
  readonly model: string;
  readonly perSecond: number;
  readonly forMs: number;
}
export interface ProbeAnswer {
  readonly count: number;
  readonly failures: number;
  readonly p50: number;
  readonly p99: number;
}

const ANSWER = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "mock",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
});

async function probe({ url, secret, model, perSecond, forMs }: ProbeOrder): Promise<ProbeAnswer> {
  const times: number[] = [];
  let failures = 0;
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  const call = async (dueMs: number) => {
    const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body });
    await answer.text();
    times.push(performance.now() - dueMs);
    if (!answer.ok) failures++;
  };
  const startedMs = performance.now();
  const calls: Promise<void>[] = [];
  for (let number = 0; (number * 1000) / perSecond < forMs; number++) {
    const dueMs = startedMs + (number * 1000) / perSecond;
    const leftMs = dueMs - performance.now();
    if (leftMs > 0) await Bun.sleep(leftMs);
    calls.push(call(performance.now()));
  }
  await Promise.all(calls);
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  return { count: times.length, failures, p50: at(0.5), p99: at(0.99) };
}

if (import.meta.main) {
  const vendor = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response(ANSWER, { headers: { "content-type": "application/json" } }),
  });
  process.on("message", (order: ProbeOrder) => {
    probe(order).then((answer) => process.send!(answer));
  });
  process.send!({ port: vendor.port });
}

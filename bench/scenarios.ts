import type { Options } from "./options.ts";

/** A load every contestant is put under. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What the CPU time is divided by. */
  readonly unit: "request" | "chunk";
  /** The mock reads its behaviour from the model's name. */
  readonly model: string;
  readonly path: string;
  readonly promptBytes: number;
  /** Needs a gateway that translates between formats, so only Sluice runs it. */
  readonly isTranslated?: boolean;
  readonly loadArgs: (options: Options) => readonly (string | number)[];
  /** Whether every connection is always busy, so that requests per second are the machine's limit. */
  readonly isClosedLoop: boolean;
}

const chat = "/v1/chat/completions";

// One second of streams starting, so that all 200 run when the window opens.
const streamArgs = ({ seconds }: Options) => ["-s", "-c", 200, "-g", 1_000, "-w", 1.2, "-t", seconds] as const;
const closedLoopArgs = ({ warmUpSeconds, seconds }: Options) => ["-c", 64, "-w", warmUpSeconds, "-t", seconds] as const;

export const scenarios: readonly Scenario[] = [
  {
    name: "small",
    title: "1 KB in, 1 KB out, 64 connections",
    unit: "request",
    model: "mk-b1024",
    path: chat,
    promptBytes: 1_024,
    loadArgs: closedLoopArgs,
    isClosedLoop: true,
  },
  {
    name: "answers",
    title: "1 KB in, 20 KB out, 64 connections",
    unit: "request",
    model: "mk-b20480",
    path: chat,
    promptBytes: 1_024,
    loadArgs: closedLoopArgs,
    isClosedLoop: true,
  },
  {
    name: "prompts",
    title: "100 KB in, 1 KB out, 64 connections",
    unit: "request",
    model: "mk-b1024-n1",
    path: chat,
    promptBytes: 102_400,
    loadArgs: closedLoopArgs,
    isClosedLoop: true,
  },
  {
    name: "stream",
    title: "200 streams of 100 chunks a second",
    unit: "chunk",
    model: "mk-n100-i10000",
    path: chat,
    promptBytes: 1_024,
    loadArgs: streamArgs,
    isClosedLoop: false,
  },
  {
    name: "translated",
    title: "the same streams, asked for in Anthropic's format",
    unit: "chunk",
    model: "mk-n100-i10000",
    path: "/v1/messages",
    promptBytes: 1_024,
    isTranslated: true,
    loadArgs: streamArgs,
    isClosedLoop: false,
  },
  {
    name: "paced",
    title: "1,000 requests a second, 60 ms upstream, open loop",
    unit: "request",
    model: "mk-d60-b1024",
    path: chat,
    promptBytes: 1_024,
    loadArgs: ({ warmUpSeconds, seconds }) => ["-c", 512, "-r", 1_000, "-w", warmUpSeconds, "-t", seconds],
    isClosedLoop: false,
  },
];

/** Eight seconds of ten chunks each, for many streams at once (crowd.ts). */
export const crowd = { model: "mk-n80-i100000", path: chat, promptBytes: 1_024, chunks: 80, rampMs: 2_000 } as const;

/** The scenarios above and the two that are not a matter of CPU time: crowd.ts and start-up.ts. */
export const scenarioNames: readonly string[] = [...scenarios.map(({ name }) => name), "crowd", "start"];

export const isStreamed = ({ unit }: Scenario) => unit === "chunk";

/** A chat request of exactly `promptBytes` bytes, valid in OpenAI's and in Anthropic's format. */
export function requestBody(model: string, promptBytes: number, stream: boolean): string {
  const withPrompt = (content: string) =>
    JSON.stringify({ model, max_tokens: 1_000, ...(stream && { stream }), messages: [{ role: "user", content }] });
  const sentence = 'Explain why the moon shows the same face, with "quotes" and\nlines. ';
  const room = promptBytes - withPrompt("").length;
  const escapedLength = JSON.stringify(sentence).length - 2;
  const whole = sentence.repeat(Math.floor(room / escapedLength));
  return withPrompt(whole.padEnd(whole.length + (room % escapedLength), "."));
}

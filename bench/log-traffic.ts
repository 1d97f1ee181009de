import { costNanoUsd } from "../src/cost.ts";
import { newId } from "../src/lib/id.ts";
import type { AttemptRecord, ErrorClass, PriceUsed, RequestRecord } from "../src/record.ts";

/** Ids of what the made-up requests went through. */
export interface Cast {
  readonly models: readonly {
    readonly name: string;
    readonly keys: readonly { keyId: string; providerId: string }[];
  }[];
  /** The first are the busiest; the very last hardly ever asks. */
  readonly clients: readonly string[];
}

const DAY_MS = 86_400_000;
/** Requests by hour of the day: a working day in Europe with some of America behind it. */
const HOURS = [2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 9, 11, 12, 12, 11, 10, 8, 7, 6, 5, 4, 3];
const AGENTS = ["OpenAI/Python 1.99.9", "OpenAI/JS 6.1.0", "Anthropic/JS 0.65.0", "curl/8.5.0", "codex_cli_rs/0.58.0"];
const FORMATS = [
  ["openai-chat", "chat.completions"],
  ["openai-chat", "chat.completions"],
  ["anthropic-messages", "messages"],
  ["openai-responses", "responses"],
] as const;

interface Failure {
  readonly share: number;
  readonly errorClass: ErrorClass;
  readonly httpStatus: number;
  text(random: Random): string;
}
const FAILURES: readonly Failure[] = [
  {
    share: 0.45,
    errorClass: "rate_limited",
    httpStatus: 429,
    text: (r) => `Rate limit reached: try again in ${r.below(900)}ms.`,
  },
  {
    share: 0.2,
    errorClass: "upstream_error",
    httpStatus: 502,
    text: (r) => `The server had an error, request req_${r.below(2 ** 30).toString(16)}.`,
  },
  {
    share: 0.15,
    errorClass: "invalid_request",
    httpStatus: 400,
    text: (r) => `messages.${r.below(40)}.content: Field required`,
  },
  { share: 0.1, errorClass: "timeout", httpStatus: 504, text: () => "No first token within 120 s." },
  { share: 0.07, errorClass: "network", httpStatus: 502, text: () => "The connection was reset." },
  {
    share: 0.03,
    errorClass: "not_found",
    httpStatus: 404,
    text: (r) => `The model gpt-${r.below(9)}-turbo does not exist.`,
  },
];
/** One request in so many. */
const RARE_CLIENT = 60_000;
const RARE_ERROR = 200_000;
const EXPENSIVE = 400_000;

/** Repeatable, and faster than what it decides. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** Small indexes are likelier: half of everything falls on the first eighth. */
  skewed(limit: number): number {
    return Math.floor(this.next() ** 3 * limit);
  }

  /** About log-normal around `middle`. */
  spread(middle: number, factor: number): number {
    const bell = this.next() + this.next() + this.next() - 1.5;
    return middle * factor ** (bell * 2);
  }
}

/** The requests of one UTC day, in the order of time; weekends are half as busy. */
export function* makeDay(day: number, rows: number, cast: Cast): Generator<RequestRecord> {
  const random = new Random(day * 7919);
  const sum = HOURS.reduce((total, weight) => total + weight, 0);
  for (const [hour, weight] of HOURS.entries()) {
    const count = Math.round((rows * weight) / sum);
    for (let index = 0; index < count; index++) {
      yield makeRequest(day * DAY_MS + (hour + (index + random.next()) / count) * 3_600_000, random, cast);
    }
  }
}

export const isWeekend = (day: number) => (day + 3) % 7 >= 5;

function makeRequest(receivedAtMs: number, random: Random, { models, clients }: Cast): RequestRecord {
  const isRare = random.below(RARE_CLIENT) === 0;
  const client = isRare ? clients.length - 1 : random.skewed(clients.length - 1);
  const model = models[(random.skewed(4) + client) % models.length]!;
  const key = model.keys[random.below(model.keys.length)]!;
  const [protocol, endpoint] = FORMATS[client % FORMATS.length]!;
  const price = PRICES[models.indexOf(model) % PRICES.length]!;
  const firstTokenMs = random.spread(600, 4);
  const durationMs = firstTokenMs + random.spread(4000, 5);
  const isBig = random.below(EXPENSIVE) === 0;
  const usage = {
    inputTokens: Math.round(random.spread(isBig ? 3_000_000 : 1500, 6)),
    cacheReadTokens: random.below(3) === 0 ? random.below(4000) : 0,
    cacheWriteTokens: 0,
    outputTokens: Math.round(random.spread(400, 4)),
    reasoningTokens: random.below(4) === 0 ? random.below(900) : 0,
  };
  const attempt = (atMs: number): AttemptRecord => ({
    ...key,
    upstreamModel: model.name,
    upstreamFormat: protocol,
    upstreamEndpoint: endpoint,
    startedAtMs: atMs,
    durationMs: receivedAtMs + durationMs - atMs,
    outcome: "ok",
    httpStatus: 200,
    errorClass: null,
    errorText: null,
    cooldownMs: null,
    upstreamRequestId: `chatcmpl-${random.below(2 ** 31).toString(36)}`,
  });
  const record: RequestRecord = {
    id: newId("req", receivedAtMs),
    receivedAtMs,
    firstTokenAtMs: receivedAtMs + firstTokenMs,
    endedAtMs: receivedAtMs + durationMs,
    status: random.below(150) === 0 ? "cancelled" : "success",
    httpStatus: 200,
    errorClass: null,
    errorText: null,
    protocol,
    endpoint,
    requestedModel: model.name,
    servedModel: model.name,
    upstreamFormat: protocol,
    upstreamEndpoint: endpoint,
    ...key,
    clientKeyId: clients[client]!,
    origin: "client",
    usage,
    usageSource: "reported",
    rawUsage: `{"prompt_tokens":${usage.inputTokens + usage.cacheReadTokens},"completion_tokens":${usage.outputTokens + usage.reasoningTokens}}`,
    costNanoUsd: costNanoUsd(usage, price),
    price,
    stream: random.below(10) < 7,
    clientAddress: `10.0.${client}.${1 + random.below(2)}`,
    userAgent: AGENTS[client % AGENTS.length]!,
    requestBytes: usage.inputTokens * 4,
    responseBytes: usage.outputTokens * 5,
    dropped: [],
    attempts: [attempt(receivedAtMs + 1)],
    content: null,
  };
  return random.below(33) === 0 ? fail(record, random) : record;
}

function fail(record: RequestRecord, random: Random): RequestRecord {
  const isRare = random.below(RARE_ERROR / 33) === 0;
  const failure = isRare ? QUOTA : pickFailure(random.next());
  const text = failure.text(random);
  const [attempt] = record.attempts;
  const failed = {
    outcome: "rejected",
    httpStatus: failure.httpStatus,
    errorClass: failure.errorClass,
    errorText: text,
  } as const;
  const first: AttemptRecord = {
    ...attempt!,
    ...failed,
    durationMs: 40,
    cooldownMs: failure.httpStatus === 429 ? 1000 : null,
  };
  // Half of them are answered by a second try.
  if (random.below(2) === 0 && !isRare) {
    return { ...record, attempts: [first, { ...attempt!, startedAtMs: attempt!.startedAtMs + 60 }] };
  }
  return {
    ...record,
    status: "error",
    httpStatus: failure.httpStatus,
    errorClass: failure.errorClass,
    errorText: text,
    firstTokenAtMs: null,
    usage: null,
    usageSource: "unknown",
    rawUsage: null,
    costNanoUsd: null,
    price: null,
    attempts: [first],
  };
}

const QUOTA: Failure = {
  share: 0,
  errorClass: "quota",
  httpStatus: 402,
  text: () => "You exceeded your current quota, please check your plan and billing details.",
};

function pickFailure(at: number): Failure {
  let rest = at;
  for (const failure of FAILURES) {
    if (rest < failure.share) return failure;
    rest -= failure.share;
  }
  return FAILURES[0]!;
}

const PRICES: readonly PriceUsed[] = [0.15, 2, 3, 5, 15].map((input, index) => ({
  input,
  output: input * 4,
  cacheRead: input / 10,
  cacheWrite: input * 1.25,
  source: "builtin",
  ref: `bench/model-${index}`,
}));

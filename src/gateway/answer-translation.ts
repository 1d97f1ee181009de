import { GatewayError } from "../errors.ts";
import { utf8 } from "../lib/bytes.ts";
import { type Folded, foldEvents, type LlmAnswer } from "../llm/answer.ts";
import type { GatewayErrorLike } from "../llm/failure.ts";
import type { Wire } from "../llm/names.ts";
import { type RememberedTurn, rememberTurn } from "../llm/restore.ts";
import { TurnRecorder } from "../llm/turn-recorder.ts";
import { readErrorBody } from "../policy/failure-body.ts";
import type { AnswerContext, ClientCodec, DecodeContext, UpstreamCodec } from "../protocols/codec.ts";
import type { StreamWatcher } from "../protocols/protocol.ts";
import { type Collected, collectStream, streamOfAnswer, translateStream } from "../protocols/translated-stream.ts";

/** What was read of an upstream's whole answer. */
export type WholeAnswer<T = LlmAnswer> =
  | { readonly kind: "answer"; readonly answer: T }
  /** An error under a good status. */
  | ({ readonly kind: "error" } & ErrorAnswer)
  | { readonly kind: "nonsense"; readonly message: string };

export interface AnswerTranslationOptions {
  readonly wire: Wire;
  readonly upstream: UpstreamCodec;
  readonly decode: DecodeContext;
  readonly client: ClientCodec;
  readonly context: AnswerContext;
  /** Takes the turns of a good answer that the next request may need. */
  readonly remember: (turns: readonly RememberedTurn[]) => void;
}

/** Reads the answer to one upstream call in one format and writes it in the client's. */
export class AnswerTranslation {
  readonly wire: Wire;

  constructor(private readonly options: AnswerTranslationOptions) {
    this.wire = options.wire;
  }

  /** Stream to stream. */
  watch(): StreamWatcher {
    const { upstream, decode, client, context, remember } = this.options;
    const recorder = new TurnRecorder();
    return translateStream({
      from: upstream.decodeStream(decode),
      to: client.encodeStream(context),
      onEvent: (event) => recorder.take(event),
      onEnd: () => remember(recorder.turns()),
    });
  }

  /** Stream to whole answer; give what it collected to `fold`. */
  collect(maxBytes: number): Collected {
    const { upstream, decode } = this.options;
    return collectStream(upstream.decodeStream(decode), maxBytes);
  }

  fold({ events }: Collected): WholeAnswer {
    return wholeOf(foldEvents(events));
  }

  read(text: string): WholeAnswer {
    const { upstream, decode } = this.options;
    return readWhole(text, (body) => upstream.decodeAnswer(body, decode));
  }

  /** Whole answer to stream. */
  unfold(answer: LlmAnswer): StreamWatcher {
    const { client, context } = this.options;
    this.#remember(answer);
    return streamOfAnswer(answer, { to: client.encodeStream(context) });
  }

  /** Whole answer to whole answer. */
  write(answer: LlmAnswer): Uint8Array {
    const { client, context } = this.options;
    this.#remember(answer);
    return utf8(JSON.stringify(client.encodeAnswer(answer, context)));
  }

  #remember({ choices }: LlmAnswer): void {
    this.options.remember(choices.map(({ parts }) => rememberTurn(parts)).filter((turn) => turn !== null));
  }
}

/** `decode` throws GatewayError for what is no answer, SyntaxError for nonsense. */
export function readWhole<T>(text: string, decode: (body: unknown) => T): WholeAnswer<T> {
  try {
    return { kind: "answer", answer: decode(JSON.parse(text)) };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: "nonsense", message: error.message };
    if (!(error instanceof GatewayError)) throw error;
    if (error.code === "upstream_protocol") return { kind: "nonsense", message: error.message };
    return { kind: "error", ...errorAnswer(error, text) };
  }
}

function wholeOf(folded: Folded): WholeAnswer {
  switch (folded.kind) {
    case "answer":
      return folded;
    case "error":
      return { kind: "error", ...errorAnswer(folded.error, "") };
    case "truncated":
      return { kind: "nonsense", message: "the stream ended before the answer was complete" };
  }
}

/** An error inside a good answer, as `policy` can judge it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * The upstream's own words where they have a shape that everybody uses, else the decoded error in OpenAI's. Its status is what the
 * format's decoder knows; where that knows nothing, the words decide as in a native answer.
 */
export function errorAnswer({ status, code, message, param }: GatewayErrorLike, raw: string): ErrorAnswer {
  const said = raw === "" ? null : readErrorBody(raw);
  if (said?.isJson && said.message !== null) return { status: status === 502 ? 200 : status, body: raw };
  return { status, body: JSON.stringify({ error: { message, code, param: param ?? null } }) };
}

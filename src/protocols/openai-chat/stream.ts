import { decodeLatin1 } from "../../lib/bytes.ts";
import { parseRecord } from "../answer.ts";
import type { StreamWatcher, WatchOptions } from "../protocol.ts";
import { createWatcher, type FrameView, type MutableFacts, type Verdict } from "../stream.ts";
import { Choices } from "./choices.ts";
import { createRepair } from "./repair.ts";
import { readOpenAiUsage } from "./usage.ts";

const DONE = "[DONE]";
const DONE_FRAME = "data: [DONE]\n\n";
const FINISH = /"finish_reason":\s*"[^"]/;
const CHOICE = /"choices":\s*\[\s*\{(?:\s*"index":\s*(\d+))?/;
const USAGE_OBJECT = /"usage":\s*\{/;

/**
 * Watches a stream of chat chunks, legacy completions, or the events of images and transcriptions. Frames are not parsed
 * unless they hold usage or an error: a quote inside a JSON string is escaped, so `"usage":` cannot be text of the model.
 *
 * Ends properly with [DONE] (also without a finish_reason: streamed audio has none) or, from upstreams that forget it, at the
 * end of the body after a finish_reason; anything else is a truncated answer.
 */
export function watchOpenAiStream(options: WatchOptions): StreamWatcher {
  const isChat = options.endpoint === "chat.completions" || options.endpoint === "completions";
  if (!isChat) return watchEvents();
  if (options.repair) return createRepair(options);
  const choices = new Choices();
  return createWatcher(
    ({ data }, facts) => {
      if (data === DONE) {
        facts.finished = true;
        return "keep";
      }
      if (data.length === 0) return "drop"; // an empty data line makes the official SDK throw
      const choice = CHOICE.exec(data);
      if (choice !== null) {
        facts.hasContent = true;
        choices.note(Number(choice[1] ?? 0), FINISH.test(data));
      }
      if (data.includes('"error"') && isError(data, facts)) return "error";
      if (data.includes('"usage"') && USAGE_OBJECT.test(data)) return takeUsage(data, facts, options);
      return "keep";
    },
    (facts) => (facts.finished ? "" : choices.areFinished ? DONE_FRAME : null),
  );
}

/** Usage on a frame without choices is the one that `include_usage` brings; the client sees it only if it asked. */
function takeUsage(data: string, facts: MutableFacts, options: WatchOptions): Verdict {
  const chunk = parseRecord(decodeLatin1(data));
  const usage = readOpenAiUsage(chunk?.usage);
  if (chunk === null || usage === null) return "keep";
  facts.usage = usage;
  facts.rawUsage = JSON.stringify(chunk.usage);
  const alone = Array.isArray(chunk.choices) && chunk.choices.length === 0;
  return alone && !options.clientWantsUsage ? "drop" : "keep";
}

export function isError(data: string, facts: MutableFacts): boolean {
  const error = parseRecord(decodeLatin1(data))?.error;
  if (error === undefined || error === null || error === "") return false;
  facts.error = data;
  return true;
}

/**
 * Streamed images and transcriptions: typed events without [DONE]; the last one is named `….completed` or `….done`. Which
 * events there are differs by model, so the end of the body is the end.
 */
function watchEvents(): StreamWatcher {
  const last = /"type":\s*"[a-z_.]+\.(?:completed|done)"/;
  return createWatcher(
    ({ data }: FrameView, facts) => {
      if (data !== DONE) facts.hasContent = true;
      if (data === DONE || last.test(data)) facts.finished = true;
      if (data.includes('"error"') && isError(data, facts)) return "error";
      if (data.includes('"usage"') && USAGE_OBJECT.test(data)) {
        const event = parseRecord(decodeLatin1(data));
        facts.usage = readOpenAiUsage(event?.usage) ?? facts.usage;
        if (event?.usage !== undefined) facts.rawUsage = JSON.stringify(event.usage);
      }
      return "keep";
    },
    (facts) => (facts.finished ? "" : null),
  );
}

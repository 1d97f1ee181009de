import { decodeLatin1 } from "../../lib/bytes.ts";
import { parseRecord } from "../answer.ts";
import type { StreamWatcher } from "../protocol.ts";
import { createWatcher, type FrameView, type MutableFacts, type Verdict } from "../stream.ts";
import { asRecord } from "../usage.ts";
import { findBoundIds } from "./bound-ids.ts";
import { mergeUsage, readAnthropicUsage } from "./usage.ts";

/**
 * Input counts come with message_start and are overwritten by message_delta; message_stop is the end. message_start and pings
 * are no content yet: an overloaded_error often follows right behind them and can still fail over.
 */
export function watchMessages(): StreamWatcher {
  let counters: Record<string, unknown> | null = null;
  const readUsage = (value: unknown, facts: MutableFacts) => {
    counters = mergeUsage(counters, value);
    facts.usage = readAnthropicUsage(counters);
    facts.rawUsage = counters === null ? null : JSON.stringify(counters);
  };
  return createWatcher(
    ({ data }: FrameView, facts): Verdict => {
      if (data.startsWith('{"type":"content_block_delta"')) {
        facts.hasContent = true;
        return "keep";
      }
      const event = parseRecord(decodeLatin1(data));
      switch (event?.type) {
        case "message_start": {
          const message = asRecord(event.message);
          readUsage(message?.usage, facts);
          facts.boundIds.push(...findBoundIds(data));
          return "keep";
        }
        case "message_delta":
          readUsage(event.usage, facts);
          facts.boundIds.push(...findBoundIds(data));
          facts.hasContent = true;
          return "keep";
        case "message_stop":
          facts.finished = true;
          return "keep";
        case "error":
          facts.error = data;
          return "error";
        case "ping":
          return "keep";
        default:
          if (data.includes('"file_id"')) facts.boundIds.push(...findBoundIds(data));
          facts.hasContent = true;
          return "keep";
      }
    },
    (facts) => (facts.finished ? "" : null),
  );
}

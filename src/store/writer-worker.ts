import { giveWay, NICENESS } from "../lib/thread-priority.ts";
import type { WriterRequest } from "./writer-messages.ts";
import { WriterService } from "./writer-service.ts";

/**
 * The writer Worker: the only one who writes request logs, roll-ups and key state. An entry point of its own, from source and in the
 * compiled binary.
 */
declare const self: Worker;

giveWay(NICENESS.background);
const service = new WriterService((reply) => self.postMessage(reply));
self.onmessage = (event: MessageEvent<WriterRequest>) => service.handle(event.data);

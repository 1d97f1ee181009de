import { giveWay, makeHelpersGiveWay, NICENESS } from "../lib/thread-priority.ts";
import type { ReaderRequest, ReaderStart } from "./reader-messages.ts";
import { ReaderService } from "./reader-service.ts";

/** The reader Worker: reports and lists, so that their queries never hold up the thread that carries the streams. */
declare const self: Worker;

/** Questions keep the compilers busy, and the runtime starts more of them when it needs them. */
const HELPERS_EVERY_MS = 10_000;

let service: ReaderService;
let helpersAtMs = Number.NEGATIVE_INFINITY;
let givesWay = false;

self.onmessage = (event: MessageEvent<ReaderStart | ReaderRequest>) => {
  const { data } = event;
  if ("directory" in data) service = new ReaderService(data.directory, data.contentKey);
  else {
    if (data.question !== "responseChain") stepBack();
    self.postMessage(service.answer(data));
  }
};

/** Reports can wait for the streams where both want the same processor. Clients that go on with a response are no reports. */
function stepBack(): void {
  if (!givesWay) {
    givesWay = true;
    giveWay(NICENESS.reports);
  }
  if (performance.now() < helpersAtMs + HELPERS_EVERY_MS) return;
  helpersAtMs = performance.now();
  makeHelpersGiveWay();
}

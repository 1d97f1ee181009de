import { constants, setPriority } from "node:os";
import type { ReaderRequest, ReaderStart } from "./reader-messages.ts";
import { ReaderService } from "./reader-service.ts";

/** The reader Worker: reports and lists, so that their queries never hold up the thread that carries the streams. */
declare const self: Worker;

let service: ReaderService;
let givesWay = false;

self.onmessage = (event: MessageEvent<ReaderStart | ReaderRequest>) => {
  const { data } = event;
  if ("directory" in data) service = new ReaderService(data.directory, data.contentKey);
  else {
    if (data.question !== "responseChain") giveWay();
    self.postMessage(service.answer(data));
  }
};

/**
 * Reports can wait for the streams where both want the same processor. Clients that go on with a response are no reports. Linux only:
 * there, a priority is the thread's own, elsewhere the whole process would give way.
 */
function giveWay(): void {
  if (givesWay || process.platform !== "linux") return;
  givesWay = true;
  setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);
}

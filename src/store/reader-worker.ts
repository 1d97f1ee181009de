import type { ReaderRequest, ReaderStart } from "./reader-messages.ts";
import { ReaderService } from "./reader-service.ts";

/** The reader Worker: reports and lists, so that their queries never hold up the thread that carries the streams. */
declare const self: Worker;

let service: ReaderService;

self.onmessage = (event: MessageEvent<ReaderStart | ReaderRequest>) => {
  const { data } = event;
  if ("directory" in data) service = new ReaderService(data.directory, data.contentKey);
  else self.postMessage(service.answer(data));
};

import type { DataDirectory } from "./data-directory.ts";
import type { ReaderRequest } from "./reader-messages.ts";
import { ReaderService } from "./reader-service.ts";

/** The reader Worker: reports and lists, so that their queries never hold up the thread that carries the streams. */
declare const self: Worker;

let service: ReaderService;

self.onmessage = (event: MessageEvent<{ readonly directory: DataDirectory } | ReaderRequest>) => {
  if ("directory" in event.data) service = new ReaderService(event.data.directory);
  else self.postMessage(service.answer(event.data));
};

import { describeMatrix, TARGETS } from "./matrix/cases.ts";
import { langChain } from "./matrix/langchain.ts";
import { startUpstreams } from "./matrix/upstreams.ts";

describeMatrix(langChain, { start: startUpstreams, targets: TARGETS });

import { aiSdk } from "./matrix/ai-sdk.ts";
import { describeMatrix, TARGETS } from "./matrix/cases.ts";
import { startUpstreams } from "./matrix/upstreams.ts";

describeMatrix(aiSdk, { start: startUpstreams, targets: TARGETS });

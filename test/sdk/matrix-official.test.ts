import { anthropic } from "./matrix/anthropic.ts";
import { describeMatrix, TARGETS } from "./matrix/cases.ts";
import { googleGenAi } from "./matrix/genai.ts";
import { openAiChat, openAiResponses } from "./matrix/openai.ts";
import { startUpstreams } from "./matrix/upstreams.ts";

describeMatrix([openAiChat, openAiResponses, anthropic, googleGenAi], {
  start: startUpstreams,
  targets: TARGETS,
});

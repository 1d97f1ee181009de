import { startAimockUpstreams } from "./matrix/aimock.ts";
import { anthropic } from "./matrix/anthropic.ts";
import { describeMatrix, TARGETS } from "./matrix/cases.ts";
import { googleGenAi } from "./matrix/genai.ts";
import { openAiChat, openAiResponses } from "./matrix/openai.ts";

/** aimock 1.43 speaks everything but Coze, and Azure as it was with versions. */
const targets = TARGETS.filter(({ kind }) => kind !== "coze").map((target) =>
  target.kind === "azure-openai" ? { ...target, apiVersion: "2024-10-21" } : target,
);

describeMatrix([openAiChat, openAiResponses, anthropic, googleGenAi], {
  start: startAimockUpstreams,
  targets,
  lacks: {
    brokenStreams: true,
    wholeRequests: true,
    // The SDK's own surface is /v1, aimock's /v1beta.
    pair: ({ name }, { kind }) => name === "@google/genai" && kind === "gemini",
  },
});

import type { ProtocolId, ProviderKind } from "../../../src/llm/names.ts";
import type { Own } from "./requests.ts";

/** What a format cannot carry, by the names of the cases, each with its reason. Whatever is not named comes back as it was. */
export interface Limits {
  readonly name: string;
  readonly id: ProtocolId;
  readonly kind: ProviderKind;
  readonly own: Own;
  readonly request: {
    /** Refused, or left out and reported. */
    readonly lost?: Reasons;
    /** Says the same in another form, or leaves out what meant something only to the one who said it. */
    readonly changed?: Reasons;
  };
  /** What an upstream's answer in this format cannot say. */
  readonly answer: Reasons;
  /** The same, but only for a whole answer. */
  readonly wholeAnswer?: Reasons;
  /** What of an answer its client does not send back with the next turn. */
  readonly echo: Reasons;
}

type Reasons = Readonly<Record<string, string>>;

const search = (type: string, raw: Readonly<Record<string, unknown>>, path = "tools[0]") => ({
  hostedTools: [{ kind: "web_search" as const, type, raw, path }],
});

const PROBABILITIES: Reasons = {
  logprobs: "answers with probabilities have no neutral form",
  topLogprobs: "answers with probabilities have no neutral form",
};
const UPLOADS: Reasons = {
  "an uploaded image": "the file is another vendor's",
  "an uploaded document": "the file is another vendor's",
};
const CACHE_MARKS: Reasons = { "a mark for the cache": "caches by itself; a mark changes the price alone" };
const SOURCES: Reasons = { "its sources": "a former answer's sources are for people" };
const PICTURES: Reasons = { "its pictures": "only users send pictures: they go into the next user's message" };
const DOCUMENT_TEXTS: Reasons = { "a document's text": "has no documents of plain text: it becomes a text" };
const EMPTY_SCHEMAS: Reasons = { "tools without parameters": "wants a schema: it gets one of an empty object" };
const ERRORS: Reasons = { "a result that is an error": "has no mark for it: the text says so" };

const CHAT_REQUEST = {
  lost: {
    ...PROBABILITIES,
    ...UPLOADS,
    topK: "OpenAI has none",
    metadata: "taken only together with `store`",
    "a document's address": "takes files by their bytes only",
  },
  changed: {
    ...CACHE_MARKS,
    ...SOURCES,
    ...PICTURES,
    ...DOCUMENT_TEXTS,
    ...EMPTY_SCHEMAS,
    ...ERRORS,
    "reasoning, visible": "shows thoughts or not as the vendor likes",
    "reasoning, a budget": "has efforts only",
    responseFormat: "wants a name for the schema",
    "a result with a picture": "only users send pictures: it goes into the next user's message",
    "its thoughts, signed": "has no thoughts in a conversation",
    "its thoughts, not signed": "has no thoughts in a conversation",
    "its thoughts, withheld": "has no thoughts in a conversation",
    "its words, signed": "signs nothing",
  },
} as const;

const CHAT_ANSWER: Reasons = {
  "thoughts, signed": "gives thoughts without signatures",
  "thoughts on the way": "gives thoughts without signatures",
  "thoughts without words": "gives thoughts without signatures",
  "thoughts, withheld": "gives thoughts without signatures",
  "text, signed": "signs nothing but calls",
  "a refusal in words": "a refusal is an end of its own",
  "its end: refusal": "the explanation is the refusal's text",
  "its end: pause": "has no such end",
  "its end: other": "has no such end",
  "the stop sequence": "does not say which one",
};

const CHAT_ECHO: Reasons = {
  sound: "goes back by its id",
  "text behind a call": "text stands before calls",
  "text with sources": "sources are no part of a request",
  "its end: refusal": "the explanation is said as a refusal",
};

const TEXT_BEHIND_CALLS: Reasons = { "text behind a call": "text stands before calls" };

/** Each format as the upstream's of the kind; a new one is a row here. */
export const LIMITS: readonly Limits[] = [
  {
    name: "chat completions",
    id: "openai-chat",
    kind: "openai",
    own: {
      model: "gpt-5.2",
      strict: null,
      extra: {},
      signature: { vendor: "openai", value: "gAAA" },
      hostedTools: { ...search("web_search", {}, "web_search_options"), model: "gpt-4o-search-preview" },
    },
    request: {
      lost: { ...CHAT_REQUEST.lost, modalities: "this model makes no pictures here" },
      changed: {
        ...CHAT_REQUEST.changed,
        "instructions on the way": "newer models call them a developer's",
        "a call, signed": "signs nothing",
      },
    },
    answer: { ...CHAT_ANSWER, "a call, signed": "OpenAI signs no calls: another's signature is packed" },
    wholeAnswer: TEXT_BEHIND_CALLS,
    echo: CHAT_ECHO,
  },
  {
    name: "chat completions of a compatible server",
    id: "openai-chat",
    kind: "openai-compatible",
    own: {
      model: "qwen-local",
      strict: null,
      extra: {},
      signature: { vendor: "gemini", value: "c2ln" },
      hostedTools: search("web_search", {}, "web_search_options"),
    },
    request: {
      lost: {
        ...CHAT_REQUEST.lost,
        hostedTools: "runs no tools of its own",
        "reasoning, none": "a model that does not reason might refuse the word",
        verbosity: "OpenAI's own",
        serviceTier: "OpenAI's own",
        promptCacheKey: "OpenAI's own",
      },
      changed: {
        ...CHAT_REQUEST.changed,
        "system of several texts": "many take one string only",
        "several texts": "many take one string only",
        "a result of several texts": "many take one string only",
        "toolChoice of some": "OpenAI's own: the other tools are left out instead",
        "a developer's instructions on the way": "many know no developer",
        "its refusal": "many know no refusal: it is what was said",
      },
    },
    answer: CHAT_ANSWER,
    wholeAnswer: TEXT_BEHIND_CALLS,
    echo: CHAT_ECHO,
  },
  {
    name: "Responses",
    id: "openai-responses",
    kind: "openai",
    own: {
      model: "gpt-5.2",
      strict: false,
      extra: {},
      signature: { vendor: "openai", value: "gAAA" },
      hostedTools: search("web_search", { type: "web_search" }),
    },
    request: {
      lost: {
        ...PROBABILITIES,
        topK: "has none",
        stop: "has none",
        candidates: "gives one answer",
        seed: "has none",
        frequencyPenalty: "has none",
        presencePenalty: "has none",
        logitBias: "has none",
        modalities: "makes pictures with a tool",
        "a user's name": "has none",
        sound: "takes none",
      },
      changed: {
        ...CACHE_MARKS,
        ...SOURCES,
        ...PICTURES,
        ...DOCUMENT_TEXTS,
        ...EMPTY_SCHEMAS,
        ...ERRORS,
        "reasoning, a budget": "has efforts only",
        responseFormat: "wants a name for the schema",
        "an image's bytes": "wants a detail",
        "an image's address": "wants a detail",
        "an uploaded image": "wants a detail",
        "a result with a picture": "wants a detail",
        "a document's address": "does not say its type",
        "its thoughts, not signed": "takes nobody else's",
        "its thoughts, withheld": "does not tell them from thoughts without words",
        "its words, signed": "signs thoughts alone",
        "a call, signed": "signs thoughts alone",
      },
    },
    answer: {
      "thoughts, withheld": "does not tell them from thoughts without words",
      "text, signed": "signs thoughts alone: another's signature has an item of its own",
      "a call, signed": "signs thoughts alone: another's signature has an item of its own",
      sound: "has none",
      "several answers": "gives one",
      "its end: refusal": "a refusal is said, or is a filter's",
      "its end: pause": "has no such end",
      "its end: other": "has no such end",
      "the stop sequence": "has none",
    },
    echo: {
      sound: "has none",
      "text with sources": "a former answer's sources are for people",
      "its end: refusal": "the explanation is said as a refusal",
    },
  },
  {
    name: "Messages",
    id: "anthropic-messages",
    kind: "anthropic",
    own: {
      model: "claude-sonnet-4-6",
      strict: null,
      extra: {},
      signature: { vendor: "anthropic", value: "EqQB" },
      hostedTools: search("web_search_20260209", { type: "web_search_20260209", name: "web_search" }),
    },
    request: {
      lost: {
        ...PROBABILITIES,
        ...UPLOADS,
        "responseFormat without schema": "has schemas only",
        verbosity: "has none",
        candidates: "gives one answer",
        seed: "has none",
        frequencyPenalty: "has none",
        presencePenalty: "has none",
        logitBias: "has none",
        modalities: "gives text alone",
        metadata: "takes a user's id alone",
        promptCacheKey: "has marks instead",
        "a user's name": "has none",
        "an image's detail": "has none",
        sound: "takes none",
        "its pictures": "gives none",
      },
      changed: {
        ...SOURCES,
        ...EMPTY_SCHEMAS,
        "toolChoice of some": "has one or any: the other tools are left out instead",
        reasoning: "thoughts are withheld unless asked for",
        "reasoning, a budget": "this model has efforts",
        "responseFormat, named and strict": "always strict; the description stands in the schema",
        "instructions on the way": "marked words of the user's, where the model knows no others",
        "a developer's instructions on the way": "marked words of the user's, where the model knows no others",
        "its refusal": "has no words for it: it is what was said",
        "its thoughts, not signed": "takes none that it did not sign",
        "its words, signed": "signs thoughts alone",
        "a call, signed": "signs thoughts alone",
      },
    },
    answer: {
      "thoughts, not signed": "signs all: a mark of ours stands for no signature",
      "text, signed": "signs thoughts alone: another's signature has a block of its own",
      "a call, signed": "signs thoughts alone: another's signature has a block of its own",
      "text with sources": "cites words, no ranges",
      "a refusal in words": "a refusal is an end, its words a text",
      "a picture": "has none: a note says so",
      sound: "has none: a note says so",
      "several answers": "gives one",
      "its end: content_filter": "is a refusal",
      "its end: other": "has no such end",
    },
    echo: {
      "text with sources": "cites words, no ranges",
      "a refusal in words": "a text",
      "a picture": "has none: a note says so",
      sound: "has none: a note says so",
    },
  },
  {
    name: "Gemini",
    id: "gemini",
    kind: "gemini",
    own: {
      model: "gemini-3.1-flash",
      strict: null,
      extra: { safetySettings: [{ category: "A", threshold: "B" }] },
      signature: { vendor: "gemini", value: "c2ln" },
      hostedTools: search("googleSearch", { googleSearch: {} }, "tools[0].googleSearch"),
    },
    request: {
      lost: {
        ...PROBABILITIES,
        ...UPLOADS,
        "tools, strict": "promises nothing",
        parallelToolCalls: "cannot be told",
        verbosity: "has none",
        logitBias: "has none",
        user: "has none",
        metadata: "has none",
        promptCacheKey: "has caches that must be made first",
        "a user's name": "has none",
        "an image's detail": "not per picture",
      },
      changed: {
        ...CACHE_MARKS,
        ...SOURCES,
        ...DOCUMENT_TEXTS,
        reasoning: "thoughts are withheld unless asked for",
        "reasoning, none": "this model's least is minimal",
        "reasoning, a budget": "this model has levels",
        "responseFormat, named and strict": "the schema alone",
        "an image's address": "wants a type: guessed by the name",
        "a document's bytes": "has no name for it",
        "instructions on the way": "marked words of the user's",
        "a developer's instructions on the way": "marked words of the user's",
        "its refusal": "has no words for it: it is what was said",
        "its thoughts, not signed": "thoughts are worth their signature alone",
        "its thoughts, withheld": "withholds none: the signature goes to what follows",
        // A call of the current turn must be signed (wire.md fact 5).
        "a call and its result": "an unsigned call gets the word that spares it the check",
        "words before a call": "an unsigned call gets the word that spares it the check",
        "parallel calls": "an unsigned call gets the word that spares it the check",
        "a result that is an error": "an unsigned call gets the word that spares it the check",
        "a result without words": "an unsigned call gets the word that spares it the check",
        "a result of several texts": "an unsigned call gets the word that spares it the check",
        "a result with a picture": "an unsigned call gets the word that spares it the check",
      },
    },
    answer: {
      "thoughts, withheld": "withholds none",
      "text with sources": "cites words and ranges",
      "a refusal in words": "has no words for it: it is what was said",
      "its end: refusal": "is a filter's",
      "its end: pause": "has no such end",
      "the stop sequence": "does not say which one",
      "usage with tokens written to a cache": "does not tell them",
    },
    echo: {
      "text with sources": "sources stand beside the content",
      "a refusal in words": "has no words for it: it is what was said",
    },
  },
];

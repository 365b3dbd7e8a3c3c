/**
 * @generated SignedSource<<5e05bdb37269f400d5caf93182ef5d94>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
export type ChatRole = "ASSISTANT" | "DEVELOPER" | "FUNCTION" | "SYSTEM" | "TOOL" | "USER";
export type FinishReason = "CONTENT_FILTER" | "FUNCTION_CALL" | "LENGTH" | "STOP" | "TOOL_CALLS" | "UNKNOWN";
export type ImageDetail = "AUTO" | "HIGH" | "LOW" | "ORIGINAL";
export type Modality = "AUDIO" | "TEXT";
export type ReasoningEffort = "HIGH" | "LOW" | "MAX" | "MEDIUM" | "MINIMAL" | "NONE" | "XHIGH";
export type ResponseFormatType = "JSON_OBJECT" | "TEXT";
export type ServiceTier = "AUTO" | "DEFAULT" | "FAST" | "FLEX" | "PRIORITY" | "SCALE";
export type ToolChoiceMode = "AUTO" | "NONE" | "REQUIRED";
export type Verbosity = "HIGH" | "LOW" | "MEDIUM";
export type ChatInput = {
  audio?: ChatAudioInput | null | undefined;
  extraBody?: Record<string, unknown> | null | undefined;
  frequencyPenalty?: number | null | undefined;
  logitBias?: Record<string, unknown> | null | undefined;
  logprobs?: boolean | null | undefined;
  maxCompletionTokens?: number | null | undefined;
  maxTokens?: number | null | undefined;
  messages: ReadonlyArray<ChatMessageInput>;
  metadata?: Record<string, unknown> | null | undefined;
  modalities?: ReadonlyArray<Modality> | null | undefined;
  model: string;
  moderation?: Record<string, unknown> | null | undefined;
  n?: number | null | undefined;
  parallelToolCalls?: boolean | null | undefined;
  prediction?: string | null | undefined;
  presencePenalty?: number | null | undefined;
  promptCacheKey?: string | null | undefined;
  promptCacheOptions?: Record<string, unknown> | null | undefined;
  reasoningEffort?: ReasoningEffort | null | undefined;
  responseFormat?: ResponseFormatInput | null | undefined;
  safetyIdentifier?: string | null | undefined;
  seed?: number | null | undefined;
  serviceTier?: ServiceTier | null | undefined;
  stop?: ReadonlyArray<string> | null | undefined;
  store?: boolean | null | undefined;
  temperature?: number | null | undefined;
  toolChoice?: ChatToolChoiceInput | null | undefined;
  tools?: ReadonlyArray<ChatToolInput> | null | undefined;
  topLogprobs?: number | null | undefined;
  topP?: number | null | undefined;
  user?: string | null | undefined;
  verbosity?: Verbosity | null | undefined;
  webSearchOptions?: Record<string, unknown> | null | undefined;
};
export type ChatMessageInput = {
  audioId?: string | null | undefined;
  content?: string | null | undefined;
  customToolCalls?: ReadonlyArray<CustomToolCallInput> | null | undefined;
  extra?: Record<string, unknown> | null | undefined;
  functionCall?: FunctionCallInput | null | undefined;
  name?: string | null | undefined;
  parts?: ReadonlyArray<ContentPartInput> | null | undefined;
  reasoning?: string | null | undefined;
  refusal?: string | null | undefined;
  role: ChatRole;
  toolCallId?: string | null | undefined;
  toolCalls?: ReadonlyArray<ToolCallInput> | null | undefined;
};
export type CustomToolCallInput = {
  extra?: Record<string, unknown> | null | undefined;
  id: string;
  input: string;
  name: string;
};
export type FunctionCallInput = {
  arguments: string;
  name: string;
};
export type ContentPartInput = {
  file: FilePartInput;
  imageUrl?: never;
  inputAudio?: never;
  refusal?: never;
  text?: never;
  upload?: never;
} | {
  file?: never;
  imageUrl: ImageUrlInput;
  inputAudio?: never;
  refusal?: never;
  text?: never;
  upload?: never;
} | {
  file?: never;
  imageUrl?: never;
  inputAudio: InputAudioInput;
  refusal?: never;
  text?: never;
  upload?: never;
} | {
  file?: never;
  imageUrl?: never;
  inputAudio?: never;
  refusal: string;
  text?: never;
  upload?: never;
} | {
  file?: never;
  imageUrl?: never;
  inputAudio?: never;
  refusal?: never;
  text: string;
  upload?: never;
} | {
  file?: never;
  imageUrl?: never;
  inputAudio?: never;
  refusal?: never;
  text?: never;
  upload: File;
};
export type FilePartInput = {
  fileData?: string | null | undefined;
  fileId?: string | null | undefined;
  filename?: string | null | undefined;
};
export type ImageUrlInput = {
  detail?: ImageDetail | null | undefined;
  url: string;
};
export type InputAudioInput = {
  data: string;
  format: string;
};
export type ToolCallInput = {
  extra?: Record<string, unknown> | null | undefined;
  function: FunctionCallInput;
  id: string;
};
export type ChatAudioInput = {
  format: string;
  voice: string;
};
export type ResponseFormatInput = {
  jsonSchema: JsonSchemaFormatInput;
  type?: never;
} | {
  jsonSchema?: never;
  type: ResponseFormatType;
};
export type JsonSchemaFormatInput = {
  description?: string | null | undefined;
  name: string;
  schema?: Record<string, unknown> | null | undefined;
  strict?: boolean | null | undefined;
};
export type ChatToolChoiceInput = {
  allowedTools: AllowedToolsInput;
  custom?: never;
  function?: never;
  mode?: never;
} | {
  allowedTools?: never;
  custom: string;
  function?: never;
  mode?: never;
} | {
  allowedTools?: never;
  custom?: never;
  function: string;
  mode?: never;
} | {
  allowedTools?: never;
  custom?: never;
  function?: never;
  mode: ToolChoiceMode;
};
export type AllowedToolsInput = {
  mode: ToolChoiceMode;
  tools: ReadonlyArray<Record<string, unknown>>;
};
export type ChatToolInput = {
  custom: CustomToolInput;
  function?: never;
} | {
  custom?: never;
  function: FunctionToolInput;
};
export type CustomToolInput = {
  description?: string | null | undefined;
  format?: Record<string, unknown> | null | undefined;
  name: string;
};
export type FunctionToolInput = {
  description?: string | null | undefined;
  name: string;
  parameters?: Record<string, unknown> | null | undefined;
  strict?: boolean | null | undefined;
};
export type useChatSubscription$variables = {
  input: ChatInput;
};
export type useChatSubscription$data = {
  readonly chat: {
    readonly soFar: {
      readonly choices: ReadonlyArray<{
        readonly finishReason: FinishReason | null | undefined;
        readonly message: {
          readonly content: string | null | undefined;
          readonly refusal: string | null | undefined;
        };
      }>;
      readonly id: string;
    };
  };
};
export type useChatSubscription = {
  response: useChatSubscription$data;
  variables: useChatSubscription$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "input"
  }
],
v1 = [
  {
    "kind": "Literal",
    "name": "everyMs",
    "value": 50
  },
  {
    "kind": "Variable",
    "name": "input",
    "variableName": "input"
  }
],
v2 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "id",
  "storageKey": null
},
v3 = {
  "alias": null,
  "args": null,
  "concreteType": "ChatCompletion",
  "kind": "LinkedField",
  "name": "soFar",
  "plural": false,
  "selections": [
    (v2/*:: as any*/),
    {
      "alias": null,
      "args": null,
      "concreteType": "ChatChoice",
      "kind": "LinkedField",
      "name": "choices",
      "plural": true,
      "selections": [
        {
          "alias": null,
          "args": null,
          "kind": "ScalarField",
          "name": "finishReason",
          "storageKey": null
        },
        {
          "alias": null,
          "args": null,
          "concreteType": "ChatMessage",
          "kind": "LinkedField",
          "name": "message",
          "plural": false,
          "selections": [
            {
              "alias": null,
              "args": null,
              "kind": "ScalarField",
              "name": "content",
              "storageKey": null
            },
            {
              "alias": null,
              "args": null,
              "kind": "ScalarField",
              "name": "refusal",
              "storageKey": null
            }
          ],
          "storageKey": null
        }
      ],
      "storageKey": null
    }
  ],
  "storageKey": null
};
return {
  "fragment": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Fragment",
    "metadata": null,
    "name": "useChatSubscription",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "ChatCompletionChunk",
        "kind": "LinkedField",
        "name": "chat",
        "plural": false,
        "selections": [
          (v3/*:: as any*/)
        ],
        "storageKey": null
      }
    ],
    "type": "Subscription",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Operation",
    "name": "useChatSubscription",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "ChatCompletionChunk",
        "kind": "LinkedField",
        "name": "chat",
        "plural": false,
        "selections": [
          (v3/*:: as any*/),
          (v2/*:: as any*/)
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "c50e89f4b7e80692db4f11e679a06531",
    "id": null,
    "metadata": {},
    "name": "useChatSubscription",
    "operationKind": "subscription",
    "text": "subscription useChatSubscription(\n  $input: ChatInput!\n) {\n  chat(input: $input, everyMs: 50) {\n    soFar {\n      id\n      choices {\n        finishReason\n        message {\n          content\n          refusal\n        }\n      }\n    }\n    id\n  }\n}\n"
  }
};
})();

(node as any).hash = "b877f3c484ed1f051892cbe1d3629965";

export default node;

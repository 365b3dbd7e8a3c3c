// Answers as OpenAI's documentation shows them, for the scripted upstreams of tests.

export const chatCompletion = {
  id: "chatcmpl-123",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "gpt-4o-mini-2024-07-18",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: "Hello!",
        refusal: null,
        annotations: [
          {
            type: "url_citation",
            url_citation: { url: "https://example.com/", title: "An example", start_index: 0, end_index: 5 },
          },
        ],
        audio: { id: "audio-1", data: "UklGRg==", transcript: "Hello!", expires_at: 1_700_003_600 },
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "look_up", arguments: '{"city": "Köln"}' } },
          { id: "call_2", type: "custom", custom: { name: "run", input: "ls" } },
        ],
      },
      logprobs: {
        content: [
          {
            token: "Hello",
            logprob: -0.31,
            bytes: [72, 101],
            top_logprobs: [{ token: "Hi", logprob: -1.2, bytes: [72, 105] }],
          },
        ],
        refusal: null,
      },
      finish_reason: "stop",
    },
  ],
  usage: {
    prompt_tokens: 19,
    completion_tokens: 10,
    total_tokens: 29,
    prompt_tokens_details: { cached_tokens: 4, audio_tokens: 1 },
    completion_tokens_details: {
      reasoning_tokens: 2,
      audio_tokens: 3,
      accepted_prediction_tokens: 5,
      rejected_prediction_tokens: 6,
    },
  },
  service_tier: "default",
  system_fingerprint: "fp_44709d6fcb",
  metadata: { topic: "greeting" },
  moderation: { input: { flagged: false } },
};

export const completion = {
  id: "cmpl-123",
  object: "text_completion",
  created: 1_700_000_000,
  model: "gpt-3.5-turbo-instruct:20230824-v2",
  choices: [
    {
      text: "\n\nThis is a test",
      index: 0,
      logprobs: {
        tokens: ["\n", "This"],
        token_logprobs: [null, -0.5],
        top_logprobs: [null, { This: -0.5, That: -2 }],
        text_offset: [0, 1],
      },
      finish_reason: "length",
    },
  ],
  usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
  system_fingerprint: "fp_1",
};

export const models = {
  object: "list",
  data: [
    { id: "gpt-4o-mini", object: "model", created: 1_721_172_741, owned_by: "system" },
    { id: "dall-e-2", object: "model", created: 1_698_798_177, owned_by: "openai", shutdown_date: "2026-05-12" },
    {
      id: "meta-llama/Llama-3.1-8B",
      object: "model",
      created: 1_700_000_000,
      owned_by: "vllm",
      permission: [
        {
          id: "modelperm-1",
          object: "model_permission",
          created: 1_700_000_000,
          allow_create_engine: false,
          allow_sampling: true,
          allow_logprobs: true,
          allow_search_indices: false,
          allow_view: true,
          allow_fine_tuning: false,
          organization: "*",
          group: null,
          is_blocking: false,
        },
      ],
    },
  ],
};

// The upstream calls: an operation for each, and the smallest valid answer to it.

const choice = { index: 0, finish_reason: "stop" };

/** The smallest answer to a chat request; its text is `hello`. */
export const chatAnswer = {
  id: "chatcmpl-1",
  choices: [{ ...choice, message: { role: "assistant", content: "hello" } }],
};

/** One chat call. */
export const chat = 'mutation { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { text } }';

/** Every upstream call by its root field. */
export const calls = [
  { field: "chat", operation: chat, answer: chatAnswer, data: { text: "hello" } },
  {
    field: "complete",
    operation: 'mutation { complete(input: { model: "m", prompt: "hi" }) { text } }',
    answer: { id: "cmpl-1", choices: [{ ...choice, text: "hello" }] },
    data: { text: "hello" },
  },
  {
    field: "embed",
    operation: 'mutation { embed(input: { model: "m", input: "hi" }) { data { embedding } } }',
    answer: { data: [{ index: 0, embedding: [0.5, 1] }] },
    data: { data: [{ embedding: [0.5, 1] }] },
  },
  {
    field: "moderate",
    operation: 'mutation { moderate(input: { model: "m", input: "hi" }) { results { flagged } } }',
    answer: { id: "modr-1", results: [{ flagged: true }] },
    data: { results: [{ flagged: true }] },
  },
  {
    field: "models",
    operation: "{ models { id } }",
    answer: { object: "list", data: [{ id: "m", object: "model" }] },
    data: [{ id: "m" }],
  },
  { field: "model", operation: '{ model(id: "m") { id } }', answer: { id: "m", object: "model" }, data: { id: "m" } },
  {
    field: "imageVariations",
    operation: 'mutation { imageVariations(input: { image: "data:image/png;base64,aGk=" }) { data { url } } }',
    answer: { created: 1, data: [{ url: "https://images.example.com/1.png" }] },
    data: { data: [{ url: "https://images.example.com/1.png" }] },
  },
] as const;

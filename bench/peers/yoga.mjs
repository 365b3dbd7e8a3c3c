// GraphQL Yoga with its defaults, and fetch.
import { createServer } from "node:http";
import { createYoga } from "graphql-yoga";
import { createSchema } from "./schema.mjs";

const { PORT, OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
const authorization = `Bearer ${OPENAI_API_KEY}`;

const schema = createSchema({
  chat: async (request) => (await post("/chat/completions", JSON.stringify(request))).json(),
  models: async () => (await fetch(`${OPENAI_BASE_URL}/models`, { headers: { authorization } })).json(),
  async *streamChat(request) {
    const response = await post("/chat/completions", JSON.stringify(request));
    yield* readEvents(response.body);
  },
  async createVariation({ image, model }) {
    const form = new FormData();
    form.set("model", model);
    // Yoga's File is not the one that Node's FormData takes.
    form.set("image", new Blob([await image.arrayBuffer()], { type: image.type }), image.name);
    return (await post("/images/variations", form)).json();
  },
});
createServer(createYoga({ schema })).listen(Number(PORT), "127.0.0.1");

function post(path, body) {
  const type = typeof body === "string" ? { "content-type": "application/json" } : {};
  return fetch(`${OPENAI_BASE_URL}${path}`, { method: "POST", headers: { ...type, authorization }, body });
}

async function* readEvents(body) {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) if (block !== "data: [DONE]") yield JSON.parse(block.slice("data: ".length));
  }
}

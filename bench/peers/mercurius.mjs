// Fastify and Mercurius with its JIT, and undici's request.
import fastify from "fastify";
import mercurius from "mercurius";
import { Pool } from "undici";
import { createSchema } from "./schema.mjs";

const { PORT, OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
const upstream = new URL(OPENAI_BASE_URL);
const pool = new Pool(upstream.origin, { pipelining: 1 });
const authorization = `Bearer ${OPENAI_API_KEY}`;

const schema = createSchema({
  chat: (request) => send("POST", "/chat/completions", JSON.stringify(request)),
  models: () => send("GET", "/models"),
});
const app = fastify({ bodyLimit: 4 * 2 ** 20 });
app.register(mercurius, { schema, path: "/graphql", jit: 1 });
await app.listen({ port: Number(PORT), host: "127.0.0.1" });

async function send(method, path, body) {
  const headers = { authorization, ...(body ? { "content-type": "application/json" } : {}) };
  const answer = await pool.request({ method, path: `${upstream.pathname}${path}`, headers, body });
  return answer.body.json();
}

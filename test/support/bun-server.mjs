// For Bun: the package as it is delivered, served by Bun's own server. Prints its URL.
import { createApp, readConfig } from "../../dist/index.js";

const app = createApp(readConfig({ OPENAI_BASE_URL: process.argv[2], OPENAI_API_KEY: "sk-test-key-0123456789" }));
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 0, fetch: app.fetch });
console.log(server.url.href);

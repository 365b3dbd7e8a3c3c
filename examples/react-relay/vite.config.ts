import react from "@vitejs/plugin-react";
import { defineConfig, type ProxyOptions } from "vite";

const server: ProxyOptions = {
  target: process.env.GRAPHQL_SERVER ?? "http://127.0.0.1:4000",
  ws: true,
  // A page hears at once that the server has died in the middle of an answer.
  configure: (proxy) => proxy.on("proxyRes", (answer, _request, page) => answer.on("error", () => page.destroy())),
};

// The browser knows one origin, Vite's: no CORS is needed. Pictures and sounds of answers are below /media/.
const proxy = { "/graphql": server, "/media/": server };

export default defineConfig({
  plugins: [react({ babel: { plugins: ["relay"] } })],
  server: { proxy },
  preview: { proxy },
});

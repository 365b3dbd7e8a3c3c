import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The browser knows one origin, Vite's: no CORS is needed. `ws` passes on WebSockets, too.
const proxy = { "/graphql": { target: process.env.GRAPHQL_SERVER ?? "http://127.0.0.1:4000", ws: true } };

export default defineConfig({
  plugins: [react({ babel: { plugins: ["relay"] } })],
  server: { proxy },
  preview: { proxy },
});

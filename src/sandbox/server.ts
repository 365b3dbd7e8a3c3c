// Owns the sandbox: a small HTTP server on loopback that speaks OpenAI's REST API and makes up its answers, so that the
// GraphQL server runs without a key. https://platform.openai.com/docs/api-reference
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { checkAuthorization } from "./authorization.ts";
import { ImageStore } from "./images/store.ts";
import { sendReply } from "./reply.ts";
import { findRoute } from "./routes.ts";
import { errorReply } from "./shared/http-error.ts";
import { createId } from "./shared/ids.ts";

/** The sandbox's settings. */
export interface SandboxOptions {
  /** 0, the default, means any free port. */
  port?: number;
  /** The pause between two streamed words; 40 by default, about as fast as a model. */
  delayMs?: number;
  /** The only key that it accepts; "sandbox" by default. */
  apiKey?: string;
}

/** A running sandbox. */
export interface Sandbox {
  /** The base URL for clients: http://127.0.0.1:PORT/v1 */
  url: string;
  /** Stops listening and ends every open connection; a second call does nothing. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. Rejects with Node's error if the port is taken. No request makes it throw. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { port = 0, delayMs = 40, apiKey = "sandbox" } = options;
  const images = new ImageStore();
  const server = createServer((request, response) => {
    void answer(request, response, { delayMs, apiKey, images, origin });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}`;
  return {
    url: `${origin}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Serving {
  delayMs: number;
  apiKey: string;
  images: ImageStore;
  origin: string;
}

async function answer(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const startedAt = performance.now();
  const left = new AbortController();
  response.on("close", () => left.abort());
  response.setHeader("x-request-id", createId("req_", 32));
  response.setHeader("openai-version", "2020-10-01");
  try {
    const { route, rest } = findRoute(request.method ?? "GET", request.url ?? "/");
    if (route.public !== true) checkAuthorization(request.headers.authorization, serving.apiKey);
    const reply = await route.handle({ ...serving, request, rest, signal: left.signal });
    response.setHeader("openai-processing-ms", Math.round(performance.now() - startedAt));
    await sendReply(response, reply);
  } catch (thrown) {
    if (response.destroyed) return;
    // The status of a stream has been sent: closing the connection is the only way left to report the failure. What has
    // been written goes out first.
    if (response.headersSent) return void response.socket?.destroySoon();
    response.setHeader("openai-processing-ms", Math.round(performance.now() - startedAt));
    await sendReply(response, errorReply(thrown));
  }
}

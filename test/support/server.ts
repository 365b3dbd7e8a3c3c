// The server under test: the real app on a real port.
import { createApp } from "../../src/app/app.ts";
import type { App } from "../../src/app/app-interface.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { startServer } from "../../src/process/server.ts";
import type { Observer } from "../../src/telemetry/operation-record.ts";
import { createFrame } from "../../src/transports/yoga.ts";
import { beforeEachCase, whenOver } from "./lifetime.ts";

/** A GraphQL answer with its HTTP side. */
export interface Answered {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  body: any;
  text: string;
}

export interface TestServer {
  /** The GraphQL endpoint. */
  url: string;
  metricsUrl: string | undefined;
  /** What it serves, without its port. */
  app: App;
  /** Posts an operation as JSON. */
  query(query: string, variables?: Record<string, unknown>, init?: RequestInit): Promise<Answered>;
  /** Posts a multipart request by the spec; `map` names each file's paths. */
  upload(operations: unknown, map: Record<string, string[]>, files: Record<string, Blob>): Promise<Answered>;
  /** The faults of this server that were reported; a test of anything else finds it empty. */
  faults: unknown[];
  stop(): Promise<void>;
}

/** Starts a server on the upstream at `upstreamUrl`; it stops with the case, or with its `shared`. `environment` overrides the configuration. */
export async function startTestServer(
  upstreamUrl: string,
  environment: Record<string, string> = {},
  observers: readonly Observer[] = [],
  plugins: readonly object[] = [],
): Promise<TestServer> {
  const faults: unknown[] = [];
  const config = readConfig({
    PORT: "0",
    OPENAI_BASE_URL: upstreamUrl,
    OPENAI_API_KEY: "sk-test-key-0123456789",
    DRAIN_MS: "1000",
    STREAM_PING_MS: "300",
    MODELS_TTL_SECONDS: "0",
    ...environment,
  });
  const app = createApp(config, (fault) => faults.push(fault), {
    observers,
    buildFrame: plugins.length > 0 ? (engine, options) => createFrame(engine, options, plugins) : undefined,
  });
  const running = await startServer(app, config);
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= running.stop());
  whenOver(stop);
  beforeEachCase(() => void faults.splice(0));
  return {
    url: running.url,
    metricsUrl: running.metricsUrl,
    app,
    faults,
    stop,
    query: (query, variables, init) =>
      request(running.url, {
        method: "POST",
        body: JSON.stringify({ query, variables }),
        ...init,
        headers: { "content-type": "application/json", ...init?.headers },
      }),
    upload(operations, map, files) {
      const form = new FormData();
      form.set("operations", JSON.stringify(operations));
      form.set("map", JSON.stringify(map));
      for (const [name, file] of Object.entries(files)) form.set(name, file);
      return request(running.url, { method: "POST", body: form });
    },
  };
}

/** What tells a request from one that a browser sends for a page of any origin. */
export const preflighted = { "graphql-require-preflight": "1" };

/** Sends one HTTP request, as no page of another origin could, and reads the whole answer. */
export async function request(url: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(url, { ...init, headers: { ...preflighted, ...init.headers } });
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Not a GraphQL answer; the test looks at `text`.
  }
  return { status: response.status, headers: response.headers, body, text };
}

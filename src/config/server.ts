// Where the server listens, how long it waits, and what it shows.
import { z } from "zod";
import { flag, hostNames, milliseconds, text, variable, whole } from "./variable.ts";

export const serverVariables = {
  HOST: variable("an address or name", text.default("127.0.0.1"), "Where to listen; `0.0.0.0` for every interface."),
  PORT: variable("0 to 65535", whole(0, 65_535).default(4000), "Where to listen; 0 for any free port."),
  ALLOWED_HOSTS: variable(
    "host names without ports, separated by commas",
    hostNames.optional(),
    "The names under which the server may be called; what has another one as its `Host` is refused. Unset: `localhost`, `127.0.0.1` and `[::1]` where `HOST` is on loopback and callers need no key, or else all.",
  ),
  NODE_ENV: variable(
    "production, development or test",
    z.enum(["production", "development", "test"]).default("development"),
    "`production` turns GraphiQL, introspection, suggestions and the sandbox off and refuses to start with neither key nor base URL, or without a way to tell callers apart.",
  ),
  GRAPHIQL: variable("true or false", flag.optional(), "Serves GraphiQL. Unset: true, in production false."),
  INTROSPECTION: variable("true or false", flag.optional(), "Answers introspection. Unset: true, in production false."),
  LOG_LEVEL: variable(
    "silent, error, warn, info or debug",
    z.enum(["silent", "error", "warn", "info", "debug"]).default("info"),
    "What is logged: nothing, faults of this server, those of the upstream too, every operation, or every upstream attempt.",
  ),
  METRICS: variable("true or false", flag.default(true), "Counts for Prometheus, and serves it at `/metrics`."),
  METRICS_PORT: variable(
    "0 to 65535",
    whole(0, 65_535).optional(),
    "A port of its own for `/metrics`, on the same `HOST`; 0 for any free port. Unset: `PORT`, where requests that came through a proxy are refused.",
  ),
  WORKERS: variable(
    "1 to 1024",
    whole(1, 1024).default(1),
    "How many processes serve, which share the port; about one a core. One that crashes is replaced.",
  ),
  HEADERS_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(20_000),
    "Longest time for a client to send the head of a request.",
  ),
  REQUEST_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(300_000),
    "Longest time for a client to send a whole request.",
  ),
  UPLOAD_STALL_MS: variable(
    milliseconds,
    whole(1).default(10_000),
    "Longest time in which an upload makes no progress, because the client sends nothing or the operation reads the files in another order.",
  ),
  STREAM_PING_MS: variable(
    milliseconds,
    whole(1).default(12_000),
    "Time between the comments that keep an event stream's connection open while the model is silent.",
  ),
  STREAM_WRITE_STALL_MS: variable(
    milliseconds,
    whole(1).default(30_000),
    "How long a client may stop reading its stream before it is cut off.",
  ),
  DRAIN_MS: variable(
    "a whole number of milliseconds",
    whole(0).default(10_000),
    "How long requests in flight may still take after SIGTERM or SIGINT.",
  ),
  DRAIN_DELAY_MS: variable(
    "a whole number of milliseconds",
    whole(0).default(0),
    "How long after SIGTERM or SIGINT new requests are still served while `/readyz` says 503, so that a load balancer sends no more. Several of its checks long, behind one.",
  ),
  SANDBOX: variable(
    "true or false",
    flag.optional(),
    "Starts the built-in upstream and uses it. Unset: true where there is neither key nor base URL, in production false.",
  ),
  SANDBOX_PORT: variable(
    "0 to 65535",
    whole(0, 65_535).default(0),
    "The sandbox's port on 127.0.0.1; 0 for any free port.",
  ),
  SANDBOX_DELAY_MS: variable(
    "a whole number of milliseconds",
    whole(0).default(40),
    "The sandbox's pause before each streamed word.",
  ),
} as const;

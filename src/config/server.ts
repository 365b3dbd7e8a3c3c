// The variables of the server itself: where it listens, how long it waits, what it shows.
import * as z from "zod";
import { flag, hostNames, httpUrl, milliseconds, text, variable, whole } from "./variable.ts";

export const serverVariables = {
  HOST: variable("an address or name", text.default("127.0.0.1"), "Where to listen; `0.0.0.0` for every interface."),
  PORT: variable("0 to 65535", whole(0, 65_535).default(4000), "Where to listen; 0 for any free port."),
  ALLOWED_HOSTS: variable(
    "host names without ports, separated by commas",
    hostNames.optional(),
    "The names under which the server may be called; a request with another `Host` is refused. Unset: `localhost`, `127.0.0.1` and `[::1]` if `HOST` is on loopback and callers need no key; otherwise every name.",
  ),
  PUBLIC_URL: variable(
    "an http(s) URL",
    httpUrl
      .refine(({ username, password, search, hash }) => `${username}${password}${search}${hash}` === "")
      .optional(),
    "Where clients reach the server, such as `https://api.example.com/ai` with the path that a proxy in front takes away. The URLs of pictures and sounds begin with it. Unset: they are paths, `/media/…`, on the host that the client has called.",
  ),
  NODE_ENV: variable(
    "production, development or test",
    z.enum(["production", "development", "test"]).default("development"),
    "`production` turns GraphiQL, introspection, suggestions and the sandbox off. It refuses to start without a key or base URL, or without a way to tell callers apart.",
  ),
  GRAPHIQL: variable("true or false", flag.optional(), "Serves GraphiQL. Unset: true, false in production."),
  INTROSPECTION: variable("true or false", flag.optional(), "Answers introspection. Unset: true, false in production."),
  FEDERATION: variable(
    "true or false",
    flag.default(false),
    "Serves the schema as a subgraph of Apollo Federation 2, too: `_service` and `_entities`. `_service` shows the whole schema to every caller who may use it, whatever `INTROSPECTION` says.",
  ),
  LOG_LEVEL: variable(
    "silent, error, warn, info or debug",
    z.enum(["silent", "error", "warn", "info", "debug"]).default("info"),
    "What is logged. `silent`: nothing; `error`: faults of this server; `warn`: those of the upstream, too; `info`: every operation; `debug`: every upstream attempt, too.",
  ),
  END_USER_SALT: variable(
    "text",
    text.optional(),
    "What is mixed into the hash by which log lines show the end user whom a request names (`user`, `safetyIdentifier`): long and random, and the same for all servers whose logs are read together. Unset: nothing, so who reads the log can find ids that can be guessed.",
  ),
  METRICS: variable("true or false", flag.default(true), "Keeps metrics for Prometheus and serves them at `/metrics`."),
  METRICS_PORT: variable(
    "0 to 65535",
    whole(0, 65_535).optional(),
    "A separate port for `/metrics`, on the same `HOST`; 0 for any free port. Unset: `PORT`, which refuses requests for it that came through a proxy.",
  ),
  METRICS_PER_CALLER: variable(
    "true or false",
    flag.default(true),
    "Counts requests and tokens in `/metrics` by the ids of client keys, too; callers with a JWT are together `jwt`, those of `AUTH=passthrough` are `passthrough`.",
  ),
  WORKERS: variable(
    "1 to 1024",
    whole(1, 1024).default(1),
    "How many processes share the port; about one per core. A process that crashes, or does not answer for 10 seconds, is replaced.",
  ),
  READY_NEEDS_UPSTREAM: variable(
    "true or false",
    flag.default(false),
    "Makes `/readyz` answer 503 while the upstream is dead. With one upstream all replicas become unready at once, and clients get the load balancer's page in place of an error that says why.",
  ),
  HEADERS_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(20_000),
    "Longest time that a client may take to send the head of a request.",
  ),
  REQUEST_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(300_000),
    "Longest time that a client may take to send a whole request.",
  ),
  KEEP_ALIVE_MS: variable(
    milliseconds,
    whole(1).default(65_000),
    "How long an idle connection is kept. Behind a proxy or load balancer: longer than that keeps its own. If the server closed one first, the next request could already be on its way, and would fail with 502.",
  ),
  UPLOAD_STALL_MS: variable(
    milliseconds,
    whole(1).default(10_000),
    "Longest time that an upload may make no progress, because the client sends nothing or the operation reads the files in another order.",
  ),
  STREAM_PING_MS: variable(
    milliseconds,
    whole(1).default(12_000),
    "Time between the comments that keep the connection of an event stream open while the model is silent.",
  ),
  STREAM_WRITE_STALL_MS: variable(
    milliseconds,
    whole(1).default(30_000),
    "Longest time that a client may stop reading its stream before it is cut off.",
  ),
  DRAIN_MS: variable(
    "a whole number of milliseconds",
    whole(0).default(10_000),
    "Longest time that requests in progress may still take after SIGTERM or SIGINT.",
  ),
  DRAIN_DELAY_MS: variable(
    "a whole number of milliseconds",
    whole(0).default(0),
    "How long new requests are still served after SIGTERM or SIGINT while `/readyz` answers 503. Behind a load balancer: several times the interval of its checks, so that it stops sending requests.",
  ),
  SANDBOX: variable(
    "true or false",
    flag.optional(),
    "Starts the built-in upstream and uses it. Unset: true if neither key nor base URL is set, false in production.",
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

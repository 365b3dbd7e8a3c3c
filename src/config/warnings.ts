// What is allowed, and yet more dangerous than an operator may know. Each is one line in the log at the start.
import { isLoopback } from "../edge/allowed-hosts.ts";
import { tellsCallersApart } from "./conflicts.ts";
import { keepsMedia } from "./kept-media.ts";
import type { Config } from "./read-config.ts";

/** One text for each risk, with what to do. Empty for a server on loopback with its defaults. Never repeats a value. */
export function findWarnings(config: Config): string[] {
  const isOpen = !isLoopback(config.HOST) && !tellsCallersApart(config);
  const isProduction = config.NODE_ENV === "production";
  const warnings: [isRisk: boolean, warning: string][] = [
    [
      isOpen,
      "HOST lets other machines call the server, and callers are not told apart: each of them can spend on the upstream's account. Set CLIENT_KEYS_FILE, JWT_JWKS_URL or AUTH=passthrough, or HOST=127.0.0.1, unless something in front of the server tells callers apart.",
    ],
    [
      config.AUTH === "passthrough" && config.UPSTREAM_HEADERS !== undefined,
      "UPSTREAM_HEADERS is not sent with AUTH=passthrough: the server's account does not mix with a caller's key. Leave it unset.",
    ],
    [
      isPlain(config.OPENAI_BASE_URL),
      "OPENAI_BASE_URL is http to another machine: the key, prompts and answers can be read and changed on the way. Use https, unless the network between is your own.",
    ],
    [
      isPlain(config.JWT_JWKS_URL),
      "JWT_JWKS_URL is http to another machine: whoever can change its answer on the way can call as anybody. Use https, or set JWT_PUBLIC_KEY.",
    ],
    [
      isPlainRedis(config.REDIS_URL),
      "REDIS_URL holds a password and is redis: to another machine, where the password can be read on the way. Use rediss:.",
    ],
    [
      config.PUBLIC_URL !== undefined && config.MEDIA_TTL_SECONDS > 0 && !keepsMedia(config),
      "PUBLIC_URL has no effect: with WORKERS above 1 each worker has its own memory, so pictures and sounds come as data: URLs. Set REDIS_URL, where all workers find them.",
    ],
    [
      isProduction && config.INTROSPECTION,
      "INTROSPECTION shows the whole schema to everybody who may call, in production. Leave it unset there, unless that is intended.",
    ],
  ];
  return warnings.flatMap(([isRisk, warning]) => (isRisk ? [warning] : []));
}

/** Whether what is sent there can be read by machines in between. */
function isPlain(url: URL | undefined): boolean {
  return url?.protocol === "http:" && !isOnThisMachine(url);
}

function isPlainRedis(value: string | undefined): boolean {
  if (value === undefined) return false;
  const url = new URL(value);
  return url.protocol === "redis:" && url.password !== "" && !isOnThisMachine(url);
}

function isOnThisMachine({ hostname }: URL): boolean {
  return isLoopback(hostname.replace(/^\[|\]$/g, ""));
}

// Real proxies in front of the server, with the blocks that docs/proxies.md gives to operators.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whenOver } from "./lifetime.ts";
import { findPort } from "./redis.ts";

const page = readFileSync(new URL("../../docs/proxies.md", import.meta.url), "utf8");

/** The page's blocks of this language, in order. */
export function readBlocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map((match) => match[1] ?? "");
}

interface Proxy {
  name: string;
  /** What starts it with the configuration in this file. */
  command(file: string, folder: string): string[];
  /** The whole configuration, with the page's block in it. */
  configure(folder: string): string;
  /** What the page's block listens with. */
  listen: RegExp;
  /** The same on a port of the test. */
  listenAt(port: number): string;
}

const nginx: Proxy = {
  name: "nginx",
  command: (file, folder) => ["nginx", "-p", folder, "-c", file],
  configure: (folder) => `daemon off;
${process.getuid?.() === 0 ? "user root;" : ""}
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
access_log off;
client_body_temp_path ${folder}/body;
proxy_temp_path ${folder}/proxy;
fastcgi_temp_path ${folder}/fastcgi;
uwsgi_temp_path ${folder}/uwsgi;
scgi_temp_path ${folder}/scgi;
${readBlocks("nginx")
  .join("")
  .replace(/^ *ssl_certificate.*\n/gm, "")}
}`,
  listen: /listen 443 ssl;/,
  listenAt: (port) => `listen 127.0.0.1:${port};`,
};

const haproxy: Proxy = {
  name: "haproxy",
  command: (file) => ["haproxy", "-db", "-q", "-f", file],
  configure: () => readBlocks("haproxy").join(""),
  listen: /bind :443 .*/,
  listenAt: (port) => `bind 127.0.0.1:${port}`,
};

/** The proxies that are installed; says of each other one, once, that its tests are skipped. */
export const installed: Proxy[] = [nginx, haproxy].filter(({ name }) => {
  const isThere = spawnSync(name, ["-v"]).status === 0;
  if (!isThere) console.warn(`Tests behind ${name} are skipped: there is no ${name}.`);
  return isThere;
});

/** Starts the proxy in front of the server at `url`; yields the URL of the endpoint behind it. It ends with the case, or with its `shared`. */
export async function startProxy(proxy: Proxy, url: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `${proxy.name}-`));
  const file = join(folder, "proxy.conf");
  const port = await findPort();
  const text = proxy.configure(folder);
  if (!proxy.listen.test(text) || !text.includes("127.0.0.1:4000")) throw new Error(`not as on the page: ${text}`);
  writeFileSync(
    file,
    text.replace(proxy.listen, proxy.listenAt(port)).replace("127.0.0.1:4000", `127.0.0.1:${new URL(url).port}`),
  );
  const [program = "", ...parameters] = proxy.command(file, folder);
  const child = spawn(program, parameters, { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr.on("data", (more) => {
    output += more;
  });
  let hasEnded = false;
  const ended = once(child, "close").then(() => {
    hasEnded = true;
  });
  whenOver(async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  while (!(await accepts(port))) if (hasEnded) throw new Error(output);
  return `http://127.0.0.1:${port}/graphql`;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const is = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  socket.destroy();
  return is;
}

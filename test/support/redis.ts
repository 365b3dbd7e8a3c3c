// A real Redis for the tests, which writes nothing to disk; and servers that answer at its port as a broken one does.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

const SERVER = process.env.REDIS_SERVER ?? "redis-server";

/** Whether there is a redis-server; where not, says so once, and how to name one. */
export const hasRedis = spawnSync(SERVER, ["--version"]).status === 0;
if (!hasRedis) console.warn(`Tests with Redis are skipped: there is no ${SERVER}. REDIS_SERVER may name one.`);

export interface RunningRedis {
  url: string;
  port: number;
  /** Ends it, with all that it held. */
  stop(): Promise<void>;
  /** From now on it answers nothing, and its connections stay open. */
  pause(): void;
  resume(): void;
}

/** Starts Redis, on a free port unless one is given, with more of its parameters; it ends with the test. */
export async function startRedis(parameters: string[] = [], port?: number): Promise<RunningRedis> {
  const ownPort = port ?? (await findPort());
  const child = spawn(
    SERVER,
    ["--port", `${ownPort}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", ...parameters],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(child, "close");
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(stop);
  let output = "";
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (text: Buffer) => {
      output += text;
      if (output.includes("Ready to accept connections")) resolve();
    });
    ended.then(() => reject(new Error(output)), reject);
  });
  return {
    url: `redis://127.0.0.1:${ownPort}`,
    port: ownPort,
    stop,
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
  };
}

/** A port that answers whatever comes with `answer`, or with nothing; it ends with the test. */
export async function startBrokenRedis(answer?: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.on("data", () => answer && socket.write(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A port nobody listens at. */
export async function findPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

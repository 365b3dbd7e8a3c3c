// What stands between a client and the server, and breaks: connections that are cut, and answers that end too early.
import { createServer, type ServerResponse, request as sendRequest } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { whenOver } from "./lifetime.ts";

/** The server's endpoint behind it. */
export interface Between {
  url: string;
  /** Does to all that is under way what it is there for. */
  breakOff(): void;
}

/** Passes all bytes on, and destroys the connections. */
export async function startCutter(url: string): Promise<Between> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    const onward = connect(Number(new URL(url).port), "127.0.0.1");
    for (const [end, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(end);
      end
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(end);
          other.destroy();
        });
      end.pipe(other);
    }
  });
  return listen(server, url, () => {
    for (const socket of sockets) socket.destroy();
  });
}

/** Passes answers on, and ends them as if they were whole, as some proxies do when they lose the server. */
export async function startEnder(url: string): Promise<Between> {
  const open = new Set<ServerResponse>();
  const server = createServer((req, res) => {
    open.add(res);
    const onward = sendRequest(url, { method: req.method ?? "", headers: req.headers, agent: false }, (answer) => {
      res.writeHead(answer.statusCode ?? 0, { "content-type": answer.headers["content-type"] ?? "" });
      answer.on("data", (bytes) => res.writableEnded || res.write(bytes)).on("end", () => res.end());
    });
    onward.on("error", () => {});
    res.on("close", () => {
      open.delete(res);
      onward.destroy();
    });
    req.pipe(onward);
  });
  return listen(server, url, () => {
    for (const res of open) res.end();
  });
}

async function listen(server: Server, url: string, breakOff: () => void): Promise<Between> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  whenOver(() => {
    breakOff();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: url.replace(/:\d+/, `:${(server.address() as AddressInfo).port}`), breakOff };
}

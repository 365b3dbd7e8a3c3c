// A proxy on loopback that connects by CONNECT, as companies have one, or refuses to.
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";
import { beforeEachCase, whenOver } from "./lifetime.ts";

/** One CONNECT as the proxy got it. */
export interface ReceivedConnect {
  /** Host and port. */
  target: string | undefined;
  headers: IncomingMessage["headers"];
  /** Resolves when the client's side of the tunnel has closed. */
  closed: Promise<void>;
  socket: Duplex;
}

export type AnswerConnect = (socket: Duplex, target: string) => void;

export interface ProxyServer {
  url: string;
  port: number;
  /** Every CONNECT so far. */
  connects: ReceivedConnect[];
  /** Every request that was no CONNECT. */
  others: IncomingMessage[];
}

/** Connects to where it is asked to. */
export const tunnel: AnswerConnect = (socket, target) => {
  const [, host = "", port] = /^\[?(.*?)\]?:(\d+)$/.exec(target) ?? [];
  const onward = connect(Number(port), host, () => {
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    socket.pipe(onward).pipe(socket);
  });
  onward.on("error", () => socket.destroy());
  onward.on("close", () => socket.destroy());
  socket.on("close", () => onward.destroy());
};

/** Refuses with a status and a body. */
export function refuseConnect(status: number, reason: string, body = ""): AnswerConnect {
  return (socket) =>
    void socket.end(`HTTP/1.1 ${status} ${reason}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** Starts a proxy that ends with the case, or with its `shared`; over TLS with a certificate. */
export async function startProxy(answer: AnswerConnect = tunnel, certificate?: ServerOptions): Promise<ProxyServer> {
  const server = certificate ? createTlsServer(certificate) : createServer();
  const sockets = new Set<Duplex>();
  const connects: ReceivedConnect[] = [];
  const others: IncomingMessage[] = [];
  server.on("request", (req, res) => {
    others.push(req);
    res.writeHead(501).end();
  });
  server.on("connect", (req: IncomingMessage, socket: Duplex) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("end", () => socket.end());
    socket.resume();
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    connects.push({ target: req.url, headers: req.headers, closed, socket });
    answer(socket, req.url ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  beforeEachCase(() => void connects.splice(0));
  whenOver(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `${certificate ? "https" : "http"}://127.0.0.1:${port}`, port, connects, others };
}

// One exchange on a bare socket: sends exact bytes, and reads all that comes back until the connection ends or is quiet.
import { once } from "node:events";
import { connect } from "node:net";
import { onTestFinished } from "vitest";

export interface Exchange {
  /** Of the first answer; 0 where none came. An interim answer (100) counts. */
  status: number;
  /** All bytes that came, as text. */
  text: string;
  /** Whether the server closed the connection. */
  closed: boolean;
}

/** The port of the server at `url`. */
export const portOf = (url: string) => Number(new URL(url).port);

/**
 * Sends `bytes` to the server at `url` and reads until the server closes the connection, or `until` holds of what came.
 */
export async function exchange(
  url: string,
  bytes: string | Buffer,
  until?: (text: string) => boolean,
): Promise<Exchange> {
  const socket = connect(portOf(url), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  let text = "";
  const closed = once(socket, "close").then(() => true);
  const enough = new Promise<boolean>((resolve) => {
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (until?.(text)) resolve(false);
    });
  });
  socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  const isClosed = await Promise.race([closed, enough]);
  socket.destroy();
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text, closed: isClosed };
}

/** Whether the first answer, one with a Content-Length, has come whole. */
export function isWhole(text: string): boolean {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  if (rest.length === 0) return false;
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  return rest.join("\r\n\r\n").length >= length;
}

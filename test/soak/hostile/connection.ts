// A hostile client's connection: it writes any bytes, reads only when it wants to, and says what it got.
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** More of what has been received is not kept. */
const MAX_KEPT = 256 * 1024;
const PIECE = 64 * 1024;

/** The time between two connections. */
const OPEN_EVERY_MS = 50;
/** When the next one may be opened. */
let opensAt = 0;

/** Another address than that of the honest clients, where loopback has more than one. */
const ADDRESS = process.platform === "linux" ? { localAddress: "127.0.0.2" } : {};

export class Connection {
  readonly #socket: Socket;
  readonly #closed: Promise<unknown>;
  #received = "";
  #isEnded = false;
  #isRefused = false;
  /** Called when something has come, or the connection has ended. */
  #onChange = () => {};

  /**
   * Connects; all attacks together not too often. Node takes one connection in a turn of its loop, and what is judged is who
   * is held out by those who are in, not how long the queue at the door is.
   */
  static async open(port: number): Promise<Connection> {
    const now = performance.now();
    const at = Math.max(now, opensAt);
    opensAt = at + OPEN_EVERY_MS;
    await sleep(at - now);
    return new Connection(port);
  }

  private constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", ...ADDRESS });
    this.#socket.setNoDelay(true);
    this.#socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#isRefused ||= error.code === "ECONNREFUSED";
    });
    this.#socket.on("data", (bytes) => {
      if (this.#received.length < MAX_KEPT) this.#received += bytes.toString("latin1");
      this.#onChange();
    });
    this.#socket.pause();
    this.#closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.once("end", () => this.#end());
    this.#socket.once("close", () => this.#end());
  }

  #end(): void {
    this.#isEnded = true;
    this.#onChange();
  }

  /** Whether the server has ended it. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  get received(): string {
    return this.#received;
  }

  /** Resolves when the bytes are on their way, the connection has ended or `withinMs` are over. */
  async write(bytes: Buffer | string, withinMs = 3_000): Promise<void> {
    if (this.#isEnded) return;
    const isTaken = new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
    await Promise.race([isTaken, this.#closed, rest(withinMs)]);
  }

  /** Writes `length` bytes in pieces, whatever the server answers, until it ends the connection or `endsAt` has come. */
  async pour(length: number, endsAt: number, wrap: (piece: Buffer) => Buffer = (piece) => piece): Promise<void> {
    this.read();
    const piece = wrap(BLANKS.subarray(0, PIECE));
    for (let sent = 0; sent < length && !this.#isEnded && performance.now() < endsAt; sent += PIECE) {
      await this.write(piece, Math.max(0, endsAt - performance.now()));
    }
  }

  read(): void {
    this.#socket.resume();
  }

  stopReading(): void {
    this.#socket.pause();
  }

  /** Reads until `isEnough`, the end of the connection, or `withinMs` are over. */
  async readUntil(isEnough: (received: string) => boolean, withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, withinMs));
      this.#onChange = () => {
        if (!isEnough(this.#received) && !this.#isEnded) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onChange();
      this.read();
    });
  }

  /** Says that it sends nothing more, and stays. */
  endWriting(): void {
    this.#socket.end();
  }

  leave(): void {
    this.#socket.destroy();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** What came of it: each answer's status and code, or why there is none; `silence` if the server says nothing. */
  outcomes(silence = "unanswered"): string[] {
    const answers = this.#received.match(/HTTP\/1\.1 \d{3}[\s\S]*?(?=HTTP\/1\.1 \d{3}|$)/g)?.map(outcomeOf) ?? [];
    const ending = this.#isRefused ? "no connection" : this.#isEnded ? "ended by the server" : silence;
    if (answers.length === 0) return [ending];
    return this.#isEnded ? [...answers, ending] : answers;
  }
}

const BLANKS = Buffer.alloc(PIECE, " ");

function outcomeOf(answer: string): string {
  const status = answer.slice(9, 12);
  const code = /"code":"([A-Z_]+)"/.exec(answer)?.[1];
  return code ? `${status} ${code}` : status;
}

async function rest(ms: number): Promise<void> {
  // The process of the attacks ends when it is told to, not when the last wait is over.
  await sleep(Math.max(0, ms), undefined, { ref: false });
}

// Takes a WebSocket's messages: one each turn of the event loop, and none while the client has too much left to read.
// Knows no GraphQL.
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { whenItsTurn } from "../../http/pace.ts";

/** What may lie in this process waiting for one client to read, in bytes, before no more of its messages are taken. */
const MAX_UNSENT_BYTES = 2 ** 20;
/** The same in messages: a short one costs a hundred times its length. Operations under way have one each, at most. */
const MAX_UNSENT_MESSAGES = 512;

/** Both directions of a connection: unsent answers hold incoming messages back. */
export interface Inbox {
  /** Sends a text, or one in pieces. Resolves when the kernel has it, or the connection is closed; never rejects. */
  send(message: string | readonly Uint8Array[]): Promise<void>;
  /** Sends texts at once. Undefined: the kernel has them; otherwise resolves as `send` does. */
  sendAll(messages: readonly string[]): Promise<void> | undefined;
  /** Reads no more before it is this connection's turn. */
  rest(): void;
  /** Takes no more messages, those that wait included; reads on, so that the client's close arrives. */
  close(): void;
}

/**
 * Hands each message to `handle` in a turn of its own, so that thousands at once hold nobody else up. Takes none, and
 * reads none from the network, while too much is unsent: what a message asks for can be hundreds of times its length.
 * Operations under way hold nothing back, however many there are: a `complete` must always get through.
 */
export function createInbox(client: WebSocket, socket: Socket, handle: (message: Buffer) => void): Inbox {
  const waiting: Buffer[] = [];
  let unsentMessages = 0;
  let isScheduled = false;
  let isResting = false;

  const isFull = () => client.bufferedAmount > MAX_UNSENT_BYTES || unsentMessages > MAX_UNSENT_MESSAGES;

  /** To be called whenever something has come or gone. */
  function update(): void {
    const isOpen = client.readyState === client.OPEN;
    if (!isOpen) waiting.length = 0;
    const mustWait = isOpen && isFull();
    // `ws` itself delivers one a turn; more than one is here only if they had to wait.
    const mustPause = mustWait || isResting || waiting.length > 1;
    if (mustPause && !client.isPaused) client.pause();
    if (!mustPause && client.isPaused) client.resume();
    if (waiting.length === 0 || mustWait || isScheduled) return;
    isScheduled = true;
    setImmediate(takeOne);
  }

  function takeOne(): void {
    isScheduled = false;
    const message = client.readyState === client.OPEN && !isFull() ? waiting.shift() : undefined;
    if (message) handle(message);
    update();
  }

  function sendFragment(piece: Uint8Array, fin: boolean, done: () => void): void {
    client.send(piece, { binary: false, fin }, fin ? done : undefined);
  }

  client.on("message", (message: Buffer) => {
    // What comes after this server's close is not even looked at.
    if (client.readyState !== client.OPEN) return;
    waiting.push(message);
    update();
  });

  return {
    send: (message) =>
      new Promise((resolve) => {
        if (client.readyState !== client.OPEN) return resolve();
        unsentMessages++;
        const done = () => {
          unsentMessages--;
          update();
          resolve();
        };
        if (typeof message === "string") client.send(message, done);
        // At once: nothing may come between the fragments of a message.
        else for (const [place, piece] of message.entries()) sendFragment(piece, place === message.length - 1, done);
        update();
      }),
    sendAll(messages) {
      if (client.readyState !== client.OPEN || messages.length === 0) return undefined;
      let resolve: (() => void) | undefined;
      unsentMessages += messages.length;
      const done = () => {
        unsentMessages -= messages.length;
        update();
        resolve?.();
      };
      // One write for all.
      socket.cork();
      for (const [place, message] of messages.entries())
        client.send(message, place === messages.length - 1 ? done : undefined);
      socket.uncork();
      update();
      if (client.bufferedAmount === 0) return undefined;
      return new Promise((wake) => {
        resolve = wake;
      });
    },
    rest() {
      if (isResting) return;
      isResting = true;
      update();
      whenItsTurn(() => {
        isResting = false;
        update();
      });
    },
    close: update,
  };
}

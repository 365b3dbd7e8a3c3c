// Counts the bytes that an identified client has sent and that are held for it: of a message that is not whole yet, and of
// messages until they have been dealt with. Knows no GraphQL.
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { HeldBytes } from "../../http/held-bytes.ts";
import { isLarge } from "../../http/pace.ts";

/** What comes before the payload of a ping or pong from a client: two bytes, and the mask. */
const CONTROL_HEAD_BYTES = 6;

/** What one connection holds. */
export interface ReceivedBytes {
  /** Counts what comes from now on in `held`, and calls `onExcess` if that refuses it, `onLarge` for each large chunk. */
  begin(held: HeldBytes, onExcess: () => void, onLarge: () => void): void;
  /** To be called when a message has been dealt with. */
  done(message: Buffer): void;
}

/** Counts nothing before `begin`. The bytes are counted on the socket, as `ws` does not report those of a fragment. */
export function countReceived(client: WebSocket, socket: Socket): ReceivedBytes {
  let held: HeldBytes | undefined;
  /** Bytes of the message that is arriving. */
  let unfinished = 0;

  return {
    begin(account, onExcess, onLarge) {
      held = account;
      const count = (chunk: Buffer) => {
        try {
          account.take(chunk.length);
          unfinished += chunk.length;
          if (isLarge(chunk)) onLarge();
        } catch {
          socket.off("data", count);
          onExcess();
        }
      };
      const skip = (payload: Buffer) => {
        const bytes = Math.min(unfinished, payload.length + CONTROL_HEAD_BYTES);
        unfinished -= bytes;
        account.giveBack(bytes);
      };
      socket.on("data", count);
      client.on("ping", skip).on("pong", skip);
      client.on("message", (message: Buffer) => {
        account.giveBack(unfinished);
        account.add(message.length);
        unfinished = 0;
      });
      socket.once("close", () => account.release());
    },
    done: (message) => held?.giveBack(message.length),
  };
}

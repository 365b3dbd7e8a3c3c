// The body of a streamed answer: whether it is one, and how it is closed. Knows no endpoint.
import type { Dispatcher } from "undici";

type Response = Dispatcher.ResponseData;

/** Longest wait for a body's end after `[DONE]`, in milliseconds. */
const END_WAIT_MS = 500;

/** Whether the answer streams. Servers that forget the content type get the benefit of the doubt. */
export function isEventStream({ statusCode, headers }: Response): boolean {
  return (
    statusCode >= 200 &&
    statusCode < 300 &&
    !/^(?:application\/json|text\/html)\b/i.test(String(headers["content-type"]))
  );
}

/**
 * Closes a body that is read no further. One that is about to end anyway, after `[DONE]`, keeps its connection for the
 * next call; any other takes it down, and the upstream's work with it.
 */
export function closeBody(body: Response["body"], isDone: boolean): void {
  body.on("error", () => {});
  if (!isDone) {
    body.destroy();
    return;
  }
  const timer = setTimeout(() => body.destroy(), END_WAIT_MS);
  body.once("close", () => clearTimeout(timer));
  body.resume();
}

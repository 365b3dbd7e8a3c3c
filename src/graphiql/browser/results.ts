// The results in an HTTP answer, whole or streamed, and a plain sentence where there are none.
import { EventSourceParserStream } from "eventsource-parser/stream";
import type { Result } from "./operations/answers.ts";

/** A result that holds an error of the page's own: why there is nothing from the server. */
export function failWith(message: string, last: Result = {}): Result {
  return { ...last, errors: [{ message }] };
}

/** Yields each result of the answer. Never throws, except when its request is aborted. */
export async function* readResults(response: Response): AsyncGenerator<Result> {
  const type = response.headers.get("content-type") ?? "";
  if (type.includes("text/event-stream") && response.body) return yield* readEvents(response.body);
  const text = await response.text();
  const result = /json/.test(type) ? readObject(text) : undefined;
  yield result ?? failWith(describe(response, type));
}

async function* readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Result> {
  const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader();
  let last: Result | undefined;
  try {
    for (let next = await events.read(); !next.done; next = await events.read()) {
      if (next.value.event === "complete") return;
      const result = next.value.event === "next" ? readObject(next.value.data) : undefined;
      if (!result) continue;
      last = result;
      yield result;
    }
    yield failWith("The stream broke off before its end: the connection was closed.", last);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    yield failWith("The stream broke off before its end: the connection failed.", last);
  }
}

function readObject(text: string): Result | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function describe({ status, statusText }: Response, type: string): string {
  const what = type.split(";")[0] || "nothing that says its type";
  return `The answer is not from the GraphQL server: status ${status}${statusText && ` ${statusText}`}, ${what}. Something between it and this page, such as a proxy, has sent it.`;
}

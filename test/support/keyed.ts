// Mutations under an idempotency key: the headers that carry it, and upstreams whose calls can be told apart.
import { type Answer, json } from "./upstream.ts";

/** A chat's answer with this id. */
export const answerOf = (id: string): Answer =>
  json({
    id,
    choices: [{ index: 0, message: { content: "Hello" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });

/** Each call has an answer of its own: `answer-1`, `answer-2` … */
export function numbered(): Answer {
  let calls = 0;
  return (...parameters) => answerOf(`answer-${++calls}`)(...parameters);
}

/** What the client gets of it, if it selects the id. */
export const chatId = (id: string) => ({ data: { chat: { id } } });

/** Sends this key, and more headers. */
export const keyed = (key: string, more: Record<string, string> = {}) => ({
  headers: { "idempotency-key": key, ...more },
});

/** An upstream that answers when it is told to. */
export function startHeld(answer: Answer = numbered()) {
  const waiting: (() => void)[] = [];
  const hold: Answer = (...parameters) => void waiting.push(() => void answer(...parameters));
  return {
    hold,
    /** How many requests wait. */
    count: () => waiting.length,
    answerAll() {
      for (const give of waiting.splice(0)) give();
    },
  };
}

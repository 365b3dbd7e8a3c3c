// Yoga without plugins, loaded by the first request that only it can answer: it would be a fifth of every start.
import type { Engine } from "../execution/engine.ts";
import type { AnswerRequest } from "./http.ts";
import type { FrameOptions } from "./yoga.ts";

/** Yields what answers a request by Yoga. */
export function answerByYoga(engine: Engine, options: FrameOptions): AnswerRequest {
  let answer: Promise<AnswerRequest> | undefined;
  return async (context) => {
    answer ??= import("./yoga.ts").then(({ createFrame }) => createFrame(engine, options).answer);
    await (await answer)(context);
  };
}

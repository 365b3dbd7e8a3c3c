// An answer of Yoga's that is ready before the client has sent its whole request. Answers ahead of Yoga: see refuse.
import type { Plugin } from "graphql-yoga";
import { discardRest } from "../http/answer.ts";
import type { NodeContext } from "../request/params.ts";

/** Holds an early answer back until the request has been read or a bound is reached; the connection is then closed. */
export function useEarlyAnswer(): Plugin<object, NodeContext> {
  return {
    async onResponse({ response, serverContext }) {
      const req = serverContext?.req;
      if (!req || req.complete || req.destroyed) return;
      await discardRest(req);
      if (!req.complete) response.headers.set("connection", "close");
    },
  };
}

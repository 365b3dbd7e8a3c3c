// Subscriptions over SSE: headers that keep proxies from holding events back, and an end for clients that stop reading.
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md (distinct connections mode)
import type { Plugin } from "graphql-yoga";
import { requestError } from "../errors/codes.ts";
import { readAcceptance } from "../http/acceptance.ts";
import type { NodeContext } from "../request/params.ts";

/**
 * Completes what Yoga answers as `text/event-stream`, and refuses a subscription whose answer could not stream before
 * it calls the upstream.
 */
export function useEventStream(): Plugin<object, NodeContext> {
  return {
    onSubscribe({ args }) {
      const request: Request | undefined = args.contextValue.request;
      if (!request || readAcceptance(request.headers.get("accept")).stream) return;
      const ways = "accept text/event-stream, or send it over WebSocket (graphql-transport-ws)";
      throw requestError("BAD_REQUEST", 406, `A subscription's answer is a stream: ${ways}.`);
    },
    onResponse({ response, serverContext }) {
      if (!serverContext || response.headers.get("content-type") !== "text/event-stream") return;
      response.headers.set("cache-control", "no-cache, no-transform");
      response.headers.set("x-accel-buffering", "no");
      // Yoga's "none" is no content coding.
      response.headers.delete("content-encoding");
    },
  };
}

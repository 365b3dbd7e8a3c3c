// A server that takes uploads: its upstream answers each of them with one variation.
import { CONTENT_TYPE, variations, type WrittenPart, writeBody } from "./multipart.ts";
import { startServed } from "./served-upstream.ts";
import { type Answered, request } from "./server.ts";
import { json } from "./upstream.ts";

/** Starts the server and its upstream; both end with the test. `post` sends these parts as one multipart request. */
export async function startUploadServer(environment: Record<string, string> = {}) {
  const { upstream, server } = await startServed(json(variations), environment);
  const post = (...parts: WrittenPart[]): Promise<Answered> =>
    request(server.url, { method: "POST", headers: { "content-type": CONTENT_TYPE }, body: writeBody(...parts) });
  return { upstream, server, post };
}

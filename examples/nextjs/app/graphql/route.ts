// Forwards the browser's operations to the GraphQL server and streams the answers back.
import { callGraphQL } from "../../lib/server";

export async function POST(request: Request): Promise<Response> {
  // Whoever gets here spends your key: find out here who it is, and send other people away.

  // A form of another site can send any other content type without asking.
  if (request.headers.get("content-type")?.split(";")[0] !== "application/json") return refuse(415, "Send JSON.");
  try {
    const answer = await callGraphQL({
      body: await request.text(),
      accept: request.headers.get("accept") ?? "application/json",
      signal: request.signal, // Aborted when the browser leaves: that ends the call.
    });
    // The body is passed on unread, so each chunk leaves as it comes. `no-transform` in cache-control keeps Next.js from
    // compressing the stream, which would hold chunks back.
    return new Response(answer.body, { status: answer.status, headers: pick(answer.headers) });
  } catch {
    return refuse(502, "The GraphQL server cannot be reached.");
  }
}

function pick(headers: Headers): Headers {
  const names = ["content-type", "cache-control", "x-accel-buffering", "retry-after"];
  return new Headers(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? ""]] : [])));
}

function refuse(status: number, message: string): Response {
  return Response.json({ errors: [{ message }] }, { status });
}

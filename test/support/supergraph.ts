// A supergraph of this server and another small subgraph, behind Hive Gateway.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";
import { createSchema, createYoga } from "graphql-yoga";
import { whenOver } from "./lifetime.ts";

/** Loaded without its types, which change those of graphql for all of this program. */
const GATEWAY: string = "@graphql-hive/gateway-runtime";

interface Gateway extends AsyncDisposable {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** A subgraph that knows models by their ids alone. */
const ASSISTANTS = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])
  type Query { assistants: [Assistant!]! }
  type Assistant { name: String! model: Model }
  type Model @key(fields: "id", resolvable: false) { id: ID! }
`;

/** The subgraphs of the supergraph, as compositions take them. */
export function subgraphsOf(sdl: string, urls = { openai: "http://openai/graphql", assistants: "http://assistants/" }) {
  return [
    { name: "openai", typeDefs: parse(sdl), url: urls.openai },
    { name: "assistants", typeDefs: parse(ASSISTANTS), url: urls.assistants },
  ];
}

/** Starts the other subgraph: each assistant by its name, with the id of its model. Ends with the test. */
async function startAssistants(assistants: Readonly<Record<string, string>>): Promise<string> {
  const yoga = createYoga({
    graphqlEndpoint: "/",
    logging: false,
    schema: createSchema({
      typeDefs: ASSISTANTS.replace(/extend schema.*/, "").replace(/@key\(.*?\)/, ""),
      resolvers: {
        Query: {
          assistants: () => Object.entries(assistants).map(([name, id]) => ({ name, model: { id } })),
        },
      },
    }),
  });
  const server = createServer(yoga);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  whenOver(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/**
 * Starts the gateway in front of the server at `url`, whose SDL is composed with the other subgraph's. Yields its fetch
 * handler, which passes the client's key on. It calls subgraphs by `method`: its default is GET for subscriptions. Ends with the test.
 */
export async function startGateway(
  url: string,
  sdl: string,
  assistants: Readonly<Record<string, string>> = {},
  method: "POST" | "default" = "POST",
) {
  const urls = { openai: url, assistants: await startAssistants(assistants) };
  const { supergraphSdl, errors } = composeServices(subgraphsOf(sdl, urls));
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join("\n"));
  const { createGatewayRuntime } = await import(GATEWAY);
  const gateway: Gateway = createGatewayRuntime({
    supergraph: supergraphSdl,
    multipart: true,
    logging: false,
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }: { request: Request }) => ({
        authorization: request.headers.get("authorization") ?? "",
        ...(request.headers.has("graphql-require-preflight") && { "graphql-require-preflight": "1" }),
      }),
    },
    ...(method !== "default" && { transportEntries: { "*.http": { options: { method } } } }),
  });
  whenOver(() => gateway[Symbol.asyncDispose]());
  return async (
    query: string,
    init: { accept?: string; authorization?: string; signal?: AbortSignal; file?: File } = {},
  ) => {
    const { accept = "application/json", authorization = "", signal, file } = init;
    // As bytes: the gateway's Request does not know a form of Node's.
    const form = file && new Response(formOf(query, file));
    return gateway.fetch("http://gateway/graphql", {
      method: "POST",
      headers: {
        accept,
        "content-type": form?.headers.get("content-type") ?? "application/json",
        ...(form && { "graphql-require-preflight": "1" }),
        ...(authorization && { authorization }),
      },
      body: form ? await form.arrayBuffer() : JSON.stringify({ query }),
      ...(signal && { signal }),
    });
  };
}

/** A multipart request whose variable `file` is the file. */
function formOf(query: string, file: File): FormData {
  const form = new FormData();
  form.set("operations", JSON.stringify({ query, variables: { file: null } }));
  form.set("map", JSON.stringify({ 0: ["variables.file"] }));
  form.set("0", file);
  return form;
}

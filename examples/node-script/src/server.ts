// The GraphQL server: where it is, and one request to it.

export const url = process.env.GRAPHQL_URL ?? "http://localhost:4000/graphql";

/** The headers of each request: the client key, if the server asks for one. */
export const headers: Record<string, string> = process.env.GRAPHQL_KEY
  ? { authorization: `Bearer ${process.env.GRAPHQL_KEY}` }
  : {};

/** An entry of `errors`. The code says whether to wait, to change the request or to give up. */
export interface GraphQLErrorEntry {
  message: string;
  path?: readonly (string | number)[] | undefined;
  extensions?: { code?: string; retryAfterMs?: number };
}

/** The first entry of `errors`, thrown. */
export class GraphQLFailure extends Error {
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor({ message, extensions }: GraphQLErrorEntry) {
    super(message);
    this.name = "GraphQLFailure";
    this.code = extensions?.code;
    this.retryAfterMs = extensions?.retryAfterMs;
  }
}

/** The data of a query or mutation. Throws a GraphQLFailure if the answer has errors. */
export async function request<Data>(query: string, variables: object = {}, signal?: AbortSignal): Promise<Data> {
  return send(JSON.stringify({ query, variables }), { "content-type": "application/json" }, signal);
}

/** The same with files: a form as the GraphQL multipart request spec describes. Its content type is set by fetch. */
export async function requestWithFiles<Data>(form: FormData): Promise<Data> {
  // The server takes a form only with a header that no form of a web page can send.
  return send(form, { "graphql-preflight": "1" });
}

async function send<Data>(body: string | FormData, more: Record<string, string>, signal?: AbortSignal): Promise<Data> {
  const response = await fetch(url, { method: "POST", headers: { ...headers, ...more }, body, signal: signal ?? null });
  const { data, errors } = (await response.json()) as { data?: Data | null; errors?: GraphQLErrorEntry[] };
  if (errors?.[0]) throw new GraphQLFailure(errors[0]);
  if (!data) throw new Error(`The server answered ${response.status} without data.`);
  return data;
}

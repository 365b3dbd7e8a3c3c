// Every value that a request has sent of one header. Node's headersDistinct would first make lists of all headers.
import type { IncomingMessage } from "node:http";

/** The values in their order; `name` in lower case. `headers` keeps only the first of some, and joins others. */
export function readHeaders({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const given = rawHeaders[place] ?? "";
    if (given.length === name.length && given.toLowerCase() === name) values.push(rawHeaders[place + 1] ?? "");
  }
  return values;
}

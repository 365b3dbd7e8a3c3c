// The examples that are pages: how each is served once it is built, and how it reaches the GraphQL server.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningCommand, startCommand } from "../support/command.ts";
import { exampleFolder } from "../support/examples.ts";
import { whenOver } from "../support/lifetime.ts";
import { findPort } from "../support/redis.ts";

interface Served {
  /** What the page has in place of the address in its own code: the GraphQL server's endpoint. */
  endpoint: string;
  port: string;
}

function serve(example: string, bin: string, parameters: string[], environment: Record<string, string> = {}) {
  const command = join("node_modules", ".bin", bin);
  return startCommand(exampleFolder(example), environment, process.execPath, command, ...parameters);
}

const serveByVite =
  (example: string) =>
  ({ endpoint, port }: Served) =>
    serve(example, "vite", ["preview", "--port", port, "--strictPort"], { GRAPHQL_SERVER: new URL(endpoint).origin });

const servers: Record<string, (served: Served) => RunningCommand> = {
  nextjs: ({ endpoint, port }) =>
    serve("nextjs", "next", ["start", "--hostname", "localhost", "--port", port], {
      GRAPHQL_URL: endpoint,
      NEXT_TELEMETRY_DISABLED: "1",
    }),
  "react-apollo": serveByVite("react-apollo"),
  "react-relay": serveByVite("react-relay"),
  "react-urql": serveByVite("react-urql"),
  vanilla: ({ endpoint, port }) =>
    serve("vanilla", "sirv", [copyVanilla(endpoint), "--host", "localhost", "--port", port]),
};

/** The names of the examples that are pages. */
export const pageNames = Object.keys(servers);

/** Serves a built page; yields its URL. It ends with the case or the block. */
export async function servePage(example: string, endpoint: string): Promise<string> {
  const served = servers[example]?.({ endpoint, port: String(await findPort()) });
  if (!served) throw new Error(`No page is called ${example}.`);
  return served.url;
}

/** The page has no build, so the address in it is that of a server on the usual port: a copy has another. */
function copyVanilla(endpoint: string): string {
  const folder = mkdtempSync(join(tmpdir(), "vanilla-"));
  whenOver(() => rmSync(folder, { recursive: true }));
  cpSync(join(exampleFolder("vanilla"), "public"), folder, { recursive: true });
  const page = join(folder, "index.html");
  writeFileSync(page, readFileSync(page, "utf8").replace("http://localhost:4000/graphql", endpoint));
  return folder;
}

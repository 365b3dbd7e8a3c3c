// This server's credentials for the upstream: the headers that carry them, and the secrets that no client may see.
import { Secrets } from "./secrets.ts";

/** The upstream's address and this server's account there. */
export interface Credentials {
  /** The API's root, for example `https://api.openai.com/v1`. Credentials in it are sent as Basic if there is no key. */
  baseUrl: URL;
  apiKey: string | undefined;
  /** Sent as `OpenAI-Organization`. */
  organization: string | undefined;
  /** Sent as `OpenAI-Project`. */
  project: string | undefined;
}

/** The headers of every request: `plain`, and `json` for one with a JSON body. */
export function createFixedHeaders({ apiKey, baseUrl, organization, project }: Credentials) {
  const plain: Record<string, string> = { accept: "application/json", "user-agent": "openai-graphql-server" };
  const userAndPassword = readUserAndPassword(baseUrl);
  if (apiKey) plain.authorization = `Bearer ${apiKey}`;
  else if (userAndPassword !== ":") plain.authorization = `Basic ${toBase64(userAndPassword)}`;
  if (organization) plain["openai-organization"] = organization;
  if (project) plain["openai-project"] = project;
  return { plain, json: { ...plain, "content-type": "application/json" } };
}

/** The secrets that no message may contain. */
export function findSecrets({ apiKey = "", baseUrl, organization = "", project = "" }: Credentials): Secrets {
  const { password, host, hostname } = baseUrl;
  const inQuery = [...baseUrl.searchParams].filter(([name]) => /key|token|secret|sig|code/i.test(name));
  return new Secrets({
    keys: [
      apiKey,
      decodeURIComponent(password),
      readUserAndPassword(baseUrl),
      ...inQuery.map(([, value]) => value),
      organization,
      project,
    ],
    // A host without a dot or a port may be an ordinary word.
    addresses: [/[.:]/.test(host) ? host : `//${host}`, ...(hostname.includes(".") ? [hostname] : [])],
  });
}

function readUserAndPassword({ username, password }: URL): string {
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
}

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}

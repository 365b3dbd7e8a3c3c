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
  /** Sent with every call, names in lower case. Their values are secrets. Absent: none. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** The key before this one, which answers may still quote. Absent: there was none. */
  formerKey?: string | undefined;
  /** What else no message may contain. Absent: nothing. */
  otherSecrets?: readonly string[] | undefined;
}

/** The headers of every request: `plain`, and `json` for one with a JSON body. */
export function createFixedHeaders({ apiKey, baseUrl, organization, project, headers }: Credentials) {
  const plain: Record<string, string> = { accept: "application/json", "user-agent": "openai-graphql-server" };
  const userAndPassword = readUserAndPassword(baseUrl);
  if (apiKey) plain.authorization = `Bearer ${apiKey}`;
  else if (userAndPassword !== ":") plain.authorization = `Basic ${toBase64(userAndPassword)}`;
  if (organization) plain["openai-organization"] = organization;
  if (project) plain["openai-project"] = project;
  Object.assign(plain, headers);
  return { plain, json: { ...plain, "content-type": "application/json" } };
}

/** The secrets that no message may contain. */
export function findSecrets(credentials: Credentials): Secrets {
  const {
    apiKey = "",
    formerKey = "",
    baseUrl,
    organization = "",
    project = "",
    headers = {},
    otherSecrets = [],
  } = credentials;
  const { password, host, hostname } = baseUrl;
  const inQuery = [...baseUrl.searchParams].filter(([name]) => /key|token|secret|sig|code/i.test(name));
  return new Secrets({
    keys: [
      apiKey,
      formerKey,
      ...otherSecrets,
      ...Object.values(headers).flatMap(secretsOfHeader),
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

/** A header's value, what follows a scheme such as `Bearer` in it, and the user and password that `Basic` encodes. */
function secretsOfHeader(value: string): string[] {
  const [, scheme = "", rest = ""] = /^([a-z][\w-]*)[ \t]+(.+)$/i.exec(value) ?? [];
  return [value, rest, ...(/^basic$/i.test(scheme) ? readBasic(rest) : [])];
}

function readBasic(encoded: string): string[] {
  const userAndPassword = Buffer.from(encoded, "base64").toString();
  return [userAndPassword, userAndPassword.slice(userAndPassword.indexOf(":") + 1)];
}

function readUserAndPassword({ username, password }: URL): string {
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
}

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}

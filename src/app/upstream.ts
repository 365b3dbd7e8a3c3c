// Builds the connection to the upstream from the configuration, with this server's account there.
import { type Config, ConfigError } from "../config/read-config.ts";
import { createOpenAIClient, type OpenAIConnection } from "../openai/client/client.ts";
import { type AccountKey, openAccountKey } from "../openai/client/secrets/account-key.ts";

export interface Upstream {
  openai: OpenAIConnection;
  key: AccountKey;
}

/**
 * Opens no connection yet. Throws ConfigError for a file that holds no key; `report` is called for one later on, `onChange` once
 * the upstream is dead and once it answers again.
 */
export function openUpstream(
  config: Config,
  { report, onChange }: { report(fault: unknown): void; onChange(isDead: boolean): void },
): Upstream {
  // Callers who bring their own keys never get the server's account.
  const hasAccount = config.AUTH !== "passthrough";
  const proxies = [config.HTTP_PROXY, config.HTTPS_PROXY];
  const key = openKey(config, report, (next) => hasAccount && openai.changeApiKey(next));
  const openai = createOpenAIClient({
    baseUrl: config.OPENAI_BASE_URL,
    apiKey: hasAccount ? key.current() : undefined,
    organization: config.OPENAI_ORG_ID,
    project: config.OPENAI_PROJECT_ID,
    headers: hasAccount ? config.UPSTREAM_HEADERS : undefined,
    otherSecrets: proxies.flatMap((url) => (url?.password ? [decodeURIComponent(url.password)] : [])),
    headersTimeoutMs: config.UPSTREAM_HEADERS_TIMEOUT_MS,
    idleTimeoutMs: config.UPSTREAM_IDLE_TIMEOUT_MS,
    totalTimeoutMs: config.UPSTREAM_TOTAL_TIMEOUT_MS,
    maxRetries: config.MAX_RETRIES,
    maxUpstreamBytes: config.MAX_UPSTREAM_BYTES,
    maxUpstreamValues: config.MAX_UPSTREAM_VALUES,
    onUpstreamChange: onChange,
    streamUsage: config.UPSTREAM_STREAM_USAGE,
    proxies: {
      http: config.HTTP_PROXY?.href ?? "",
      https: config.HTTPS_PROXY?.href ?? "",
      except: config.NO_PROXY ?? "",
    },
  });
  return { openai, key };
}

function openKey(config: Config, report: (fault: unknown) => void, onChange: (key: string) => void): AccountKey {
  try {
    return openAccountKey({
      key: config.OPENAI_API_KEY,
      file: config.OPENAI_API_KEY_FILE,
      others: Object.values(config.UPSTREAM_HEADERS ?? {}),
      report,
      onChange,
    });
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

// Builds the guard from the configuration: who may call, with which documents, and the upstream as each caller may use it.

import type { GraphQLSchema } from "graphql";
import { type Authenticator, createAuthenticator } from "../callers/authenticate.ts";
import { ANYBODY, type Caller, createNameTest } from "../callers/caller.ts";
import { createHashEndUser } from "../callers/end-user.ts";
import { type Config, ConfigError } from "../config/read-config.ts";
import type { SandboxPictures } from "../edge/sandbox-pictures.ts";
import { findExcess } from "../execution/document-limits.ts";
import { BytesInFlight } from "../http/bytes-in-flight.ts";
import type { HeldBytes } from "../http/held-bytes.ts";
import { type CallerContext, createCallerContexts } from "../limits/caller-context.ts";
import { createLimits } from "../limits/limits.ts";
import { createReadCache } from "../limits/read-cache.ts";
import { createSlots } from "../limits/slots.ts";
import { createStarts, type UntilStart } from "../limits/starts.ts";
import type { PoolStats } from "../openai/client/connections/connections.ts";
import type { AccountKey } from "../openai/client/secrets/account-key.ts";
import { isOpenAIHost, obeyedCapsOf } from "../openai/output-cap.ts";
import { ManifestError, readOperationManifest } from "../request/operation-manifest.ts";
import type { NodeContext } from "../request/params.ts";
import { createResolveDocument, type ResolveDocument } from "../request/trusted-documents.ts";
import type { Media, ServerContext } from "../schema/shared/context.ts";
import type { Warning } from "../telemetry/refused-requests.ts";
import { documentLimitsOf } from "./document-limits.ts";
import { openUpstream } from "./upstream.ts";

const UPSTREAM_DEAD =
  "the upstream is dead: calls cannot connect to it. The server stays ready unless READY_NEEDS_UPSTREAM is true";
const UPSTREAM_BACK = "the upstream answers again";

/** What stands between callers and the upstream. */
export interface Guard {
  authenticator: Authenticator;
  /** The part of the context that all of the caller's operations share. */
  contextOf(caller: Caller): CallerContext;
  /** Opens the account of the bytes that a connection or an operation of the caller holds. */
  openHeld(caller: Caller): HeldBytes;
  /** Keeps an operation waiting where many come at once. */
  untilStart: UntilStart;
  resolveDocument: ResolveDocument;
  /** Whether the last calls show that the upstream is not there. */
  isUpstreamDead(): boolean;
  /** Reads the client keys' file and the upstream key's again, if there are any. Never throws. */
  reload(): void;
  /** The connections to the upstream, now. */
  poolStats(): PoolStats;
  /** Ends the connections to the upstream and to Redis, after what is under way. */
  close(): Promise<void>;
}

/**
 * Builds the guard and begins to connect to Redis. Throws ConfigError for files, keys and manifests that are not valid.
 * `report` is called for faults later on, `warn` once the upstream is dead and once it answers again.
 */
export function createGuard(
  config: Config,
  schema: GraphQLSchema,
  {
    report,
    warn,
    showPicture,
    media,
  }: {
    report(fault: unknown): void;
    warn(warning: Warning): void;
    /** See SandboxPictures. */
    showPicture?: SandboxPictures["show"] | undefined;
    media?: Media | undefined;
  },
): Guard {
  const resolveDocument = createResolveDocument({
    documents: readTrustedDocuments(config, schema),
    only: config.PERSISTED_OPERATIONS_ONLY,
  });
  const { openai, key: upstreamKey } = openUpstream(config, {
    report,
    onChange: (isDead) => warn({ message: isDead ? UPSTREAM_DEAD : UPSTREAM_BACK }),
  });
  const authenticator = openAuthenticator(config, upstreamKey, report);
  const limits = createLimits({ redisUrl: config.REDIS_URL, redisDown: config.REDIS_DOWN }, report);
  const bytesInFlight = new BytesInFlight(config.MAX_INFLIGHT_BYTES);
  return {
    authenticator,
    // All who are not told apart would share the part of one.
    openHeld: ({ key }) => bytesInFlight.open(key === ANYBODY.key ? undefined : key),
    contextOf: createCallerContexts(
      openai,
      {
        slots: createSlots(config.MAX_CONCURRENT, config.MAX_CONCURRENT_READS),
        limits,
        hashEndUser: createHashEndUser(config.END_USER_SALT),
        obeyedCaps: obeyedCapsOf(config.OUTPUT_CAP_FIELD, config.SANDBOX || isOpenAIHost(config.OPENAI_BASE_URL)),
      },
      createReadCache(config.MODELS_TTL_SECONDS * 1000),
      createServerContext(config, showPicture, media),
    ),
    untilStart: createStarts(),
    resolveDocument,
    isUpstreamDead: openai.isDead,
    poolStats: openai.stats,
    reload() {
      upstreamKey.reload();
      authenticator.reload();
    },
    async close() {
      upstreamKey.close();
      authenticator.close();
      await openai.close();
      await limits.close();
    },
  };
}

function createServerContext(
  config: Config,
  showPicture: SandboxPictures["show"] | undefined,
  media: Media | undefined,
): ServerContext {
  return {
    media,
    // Pictures are uploaded, and so asked for over HTTP.
    showImage: showPicture && ((url, context) => showPicture(url, (context as NodeContext).req)),
    imageVariations:
      config.IMAGE_VARIATIONS_VIA === "edits"
        ? { via: "edits", model: config.IMAGE_VARIATIONS_MODEL, prompt: config.IMAGE_VARIATIONS_PROMPT }
        : { via: "variations" },
    maxUploadBytes: config.MAX_UPLOAD_BYTES,
    maxAttachmentBytes: config.MAX_ATTACHMENT_BYTES,
    maxUpstreamValues: config.MAX_UPSTREAM_VALUES,
    requestLimits: {
      maxN: config.MAX_N,
      maxMessages: config.MAX_MESSAGES,
      maxInputs: config.MAX_INPUTS,
      maxOutputTokens: config.MAX_OUTPUT_TOKENS,
      sendsBothCaps: config.OUTPUT_CAP_FIELD === "both",
      isExtraFieldAllowed: createNameTest(config.EXTRA_BODY),
    },
  };
}

function openAuthenticator(config: Config, upstreamKey: AccountKey, report: (fault: unknown) => void): Authenticator {
  const options = {
    auth: config.AUTH,
    clientKeys: config.CLIENT_KEYS,
    clientKeysFile: config.CLIENT_KEYS_FILE,
    jwksUrl: config.JWT_JWKS_URL,
    publicKey: config.JWT_PUBLIC_KEY,
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    jwtLimits: config.JWT_LIMITS,
    upstreamKeys: upstreamKey.secrets,
  };
  try {
    return createAuthenticator(options, report);
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

/** The manifest's documents; a fault in it is one of the configuration. */
function readTrustedDocuments(config: Config, schema: GraphQLSchema): ReadonlyMap<string, string> | undefined {
  const path = config.PERSISTED_OPERATIONS_FILE;
  const limits = documentLimitsOf(config);
  const checks = {
    schema,
    findExcess(document: string) {
      const problem = findExcess(document, limits);
      return problem && `${problem} See MAX_QUERY_LENGTH, MAX_QUERY_TOKENS, MAX_DEPTH, MAX_ALIASES, MAX_DIRECTIVES.`;
    },
  };
  try {
    return path === undefined ? undefined : readOperationManifest(path, checks);
  } catch (error) {
    throw error instanceof ManifestError ? new ConfigError(error.message) : error;
  }
}

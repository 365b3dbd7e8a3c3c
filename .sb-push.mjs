// ../w-streams/src/execution/engine.ts
// ../w-streams/src/errors/codes.ts
import { GraphQLError, getOperationAST, NoSchemaIntrospectionCustomRule, specifiedRules } from "graphql";

function row(cause, remedy, facts) {
  return { cause, remedy, ...facts };
}
var errorCodes = {
  BAD_REQUEST: row(
    "The HTTP request is not a GraphQL request: broken JSON or multipart, a wrong method or content type.",
    "Send what the GraphQL over HTTP and multipart request specs describe.",
    { status: 400, isOperationStatus: true, severity: "info", paid: "no", retry: "no" },
  ),
  GRAPHQL_PARSE_FAILED: row("The document is not GraphQL.", "Fix the syntax at the given location.", {
    status: 400,
    severity: "info",
    paid: "no",
    retry: "no",
  }),
  GRAPHQL_VALIDATION_FAILED: row(
    "The document does not fit the schema.",
    "Compare the named field or argument with the schema.",
    { status: 400, severity: "info", paid: "no", retry: "no" },
  ),
  BAD_USER_INPUT: row(
    "The value of a variable or argument is refused before any upstream call.",
    "The message names the field, the limit and what was given.",
    { status: 400, severity: "info", paid: "no", retry: "no" },
  ),
  PAYLOAD_TOO_LARGE: row(
    "The request body, a file or the number of files is over the server's limit.",
    "Send less; the message names the limit.",
    { status: 413, isOperationStatus: true, severity: "info", paid: "no", retry: "no" },
  ),
  OPERATION_TOO_COMPLEX: row(
    "The operation asks for more than the server allows in one request, or its answer would be larger than it allows.",
    "Split it, or select less; the message names the limit.",
    { status: 400, severity: "info", paid: "maybe", retry: "no" },
  ),
  UNAUTHENTICATED: row("The server cannot tell who is calling.", "Send valid credentials.", {
    status: 401,
    severity: "info",
    paid: "no",
    retry: "no",
  }),
  FORBIDDEN: row(
    "This caller, or a web page of this origin, may not do this.",
    "The message says what is missing; ask the server's operator.",
    { status: 403, isOperationStatus: true, severity: "info", paid: "no", retry: "no" },
  ),
  PERSISTED_QUERY_NOT_FOUND: row(
    "The server has no trusted document with this id.",
    "Send the document itself, or an id from the server's manifest.",
    { status: 400, severity: "info", paid: "no", retry: "no" },
  ),
  PERSISTED_QUERY_NOT_SUPPORTED: row("The server has no manifest of trusted documents.", "Send the document itself.", {
    status: 400,
    severity: "info",
    paid: "no",
    retry: "no",
  }),
  RATE_LIMITED: row(
    "The caller has used up its requests for now, or has as many calls under way as it may.",
    "Wait `retryAfterMs` milliseconds.",
    {
      status: 429,
      isOperationStatus: true,
      severity: "info",
      paid: "no",
      retry: "later",
    },
  ),
  BUDGET_EXCEEDED: row(
    "The caller has used up its tokens for now.",
    "Wait `retryAfterMs` milliseconds, or ask the server's operator.",
    { status: 429, isOperationStatus: true, severity: "info", paid: "no", retry: "later" },
  ),
  OVERLOADED: row(
    "The server has as many upstream calls, bytes, or operations on one WebSocket, in progress as it allows, or cannot check credentials or limits now.",
    "Wait `retryAfterMs` milliseconds.",
    { status: 503, isOperationStatus: true, severity: "warn", paid: "no", retry: "later" },
  ),
  SHUTTING_DOWN: row(
    "The server is stopping: it takes no new work, and cuts off what is still in progress when its time is up.",
    "Try again; another instance will answer.",
    { status: 503, isOperationStatus: true, severity: "info", paid: "maybe", retry: "now" },
  ),
  UPSTREAM_BAD_REQUEST: row(
    "The upstream refused the input (400, 413, 415, 422 and other 4xx).",
    "The message is the upstream's; `upstream.param` names the field.",
    { severity: "info", paid: "no", retry: "no" },
  ),
  UPSTREAM_UNAUTHENTICATED: row(
    "The upstream refused the server's API key (401).",
    "The operator sets a valid `OPENAI_API_KEY`.",
    { severity: "warn", paid: "no", retry: "no" },
  ),
  UPSTREAM_FORBIDDEN: row(
    "The server's API key may not do this (403).",
    "The operator checks the key's project, region and permissions.",
    { severity: "warn", paid: "no", retry: "no" },
  ),
  UPSTREAM_NOT_FOUND: row(
    "The upstream knows no such model or endpoint (404).",
    "List the models; check `OPENAI_BASE_URL`.",
    { severity: "info", paid: "no", retry: "no" },
  ),
  UPSTREAM_CONFLICT: row("The upstream reports a conflict (409), after retries.", "Try again.", {
    severity: "warn",
    paid: "no",
    retry: "later",
  }),
  UPSTREAM_RATE_LIMITED: row(
    "The upstream's rate limit is reached (429), after retries.",
    "Wait `retryAfterMs` milliseconds, if given.",
    { severity: "warn", paid: "no", retry: "later" },
  ),
  UPSTREAM_QUOTA_EXCEEDED: row(
    "The upstream account is out of quota or credit. The server does not retry.",
    "The operator adds credit or raises the limit.",
    { severity: "warn", paid: "no", retry: "no" },
  ),
  UPSTREAM_ERROR: row("The upstream failed (5xx), after retries.", "Try again later.", {
    severity: "warn",
    paid: "maybe",
    retry: "later",
  }),
  UPSTREAM_INVALID_RESPONSE: row(
    "The upstream's answer is not what this API defines: not JSON, empty, too large or too deep, a redirect.",
    "The operator checks `OPENAI_BASE_URL`.",
    { severity: "warn", paid: "maybe", retry: "no" },
  ),
  UPSTREAM_TIMEOUT: row(
    "The upstream did not answer, or fell silent, for longer than the server waits.",
    "Ask for less output, or the operator raises `UPSTREAM_*_TIMEOUT_MS`.",
    { severity: "warn", paid: "maybe", retry: "later" },
  ),
  UPSTREAM_UNAVAILABLE: row(
    "The server cannot connect to the upstream, or the upstream hung up before it answered, after retries.",
    "The operator checks that the upstream runs and can be reached.",
    { severity: "warn", paid: "maybe", retry: "later" },
  ),
  UPSTREAM_INTERRUPTED: row("The upstream's answer broke off in the middle. The server does not retry.", "Try again.", {
    severity: "warn",
    paid: "maybe",
    retry: "now",
  }),
  INTERNAL_SERVER_ERROR: row("A fault of this server. Its details are in the server's log only.", "Report it.", {
    status: 500,
    severity: "error",
    paid: "maybe",
    retry: "no",
  }),
};
function codedError(code, message, extensions = {}) {
  return new GraphQLError(message, { extensions: { code, ...extensions } });
}
function requestError(code, status, message, headers) {
  return codedError(code, message, { http: { status, ...(headers && { headers }) } });
}

// ../w-streams/src/errors/error-limit.ts
var MAX_ERRORS = 5;
function maskErrors(result, maskError) {
  if (!result.errors) return result;
  return { ...result, errors: result.errors.map(maskError).slice(0, MAX_ERRORS) };
}

// ../w-streams/src/telemetry/outcome.ts
function outcomeOf(error) {
  const code = error.extensions?.code;
  return typeof code === "string" && Object.hasOwn(errorCodes, code) ? code : "INTERNAL_SERVER_ERROR";
}

// ../w-streams/src/openai/cancellable.ts
var CallerGone = class extends Error {
  name = "CallerGone";
  message = "The client has gone.";
};

// ../w-streams/src/openai/client/errors.ts
var REFUSALS = /* @__PURE__ */ new Set([500, 501, 503, 505, 529]);
var LAST_CLIENT_ERROR = 451;
function isRefusal(status) {
  return (status >= 400 && status <= LAST_CLIENT_ERROR && status !== 408) || REFUSALS.has(status);
}
var OpenAIError = class extends Error {
  name = "OpenAIError";
  reason;
  details;
  constructor(reason, message, details = {}, cause) {
    super(message, cause === void 0 ? void 0 : { cause });
    this.reason = reason;
    this.details = details;
  }
};

// ../w-streams/src/openai/client/json.ts
var MAX_LEVELS = 256;
var QUOTE = 34;
var BACKSLASH = 92;
var COMMA = 44;
var JsonScan = class {
  #text;
  #maxValues;
  #place = 0;
  #level = 0;
  #values = 1;
  #isInString = false;
  /** Counts members and list entries; each of them is a value. */
  constructor(text, maxValues) {
    this.#text = text;
    this.#maxValues = maxValues;
  }
  /** Whether all of the text has been seen. */
  get isDone() {
    return this.#place >= this.#text.length;
  }
  /** Goes on for about `length` characters. Yields what the text has too much of, as it follows the text's name in a message. */
  findExcess(length = Number.POSITIVE_INFINITY) {
    const text = this.#text;
    const stop = Math.min(text.length, this.#place + length);
    let place = this.#place;
    while (place < stop) {
      if (this.#isInString) {
        place = this.#leaveString(place, stop);
        continue;
      }
      const code = text.charCodeAt(place++);
      if (code === QUOTE) {
        const end = text.indexOf('"', place);
        if (end > 0 && text.charCodeAt(end - 1) !== BACKSLASH) place = end + 1;
        else this.#isInString = true;
      } else if (code === COMMA) this.#values++;
      else if ((code | 32) === 123) {
        this.#values++;
        if (++this.#level > MAX_LEVELS) return `must be nested at most ${MAX_LEVELS} levels deep.`;
      } else if ((code | 32) === 125) this.#level--;
      if (this.#values > this.#maxValues) return `must hold at most ${this.#maxValues} values.`;
    }
    this.#place = place;
    return void 0;
  }
  /** Goes on within a string, and yields the place after its end, or where it stopped. */
  #leaveString(start, stop) {
    const text = this.#text;
    let place = start;
    for (; place < stop; place++) {
      const code = text.charCodeAt(place);
      if (code === BACKSLASH) place++;
      else if (code === QUOTE) {
        this.#isInString = false;
        return place + 1;
      }
    }
    return place;
  }
};
function findExcess(text, maxValues) {
  return text.length <= MAX_LEVELS && text.length <= maxValues ? void 0 : new JsonScan(text, maxValues).findExcess();
}
function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return void 0;
  }
}
function roomAfter(value, room, weights) {
  let left = room - weights.value;
  if (typeof value === "string") return left - value.length * weights.character;
  if (typeof value !== "object" || value === null) return left;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left >= 0; index++) left = roomAfter(value[index], left, weights);
    return left;
  }
  for (const key in value) {
    if (left < 0) return left;
    left = roomAfter(value[key], left - key.length * weights.character, weights);
  }
  return left;
}
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// ../w-streams/src/telemetry/upstream-call.ts
var MAX_MODEL_LENGTH = 128;
var UpstreamCall = class {
  endpoint;
  /** The model that the caller asked for. */
  model;
  attempts = [];
  /** What the limiter decided: `ADMITTED`, or the code of its refusal. Undefined: the client left before. */
  decision;
  /** The model that answered, as the upstream names it. */
  responseModel;
  inputTokens;
  outputTokens;
  startedAt = performance.now();
  /** When a stream's first output came. */
  firstTokenAt;
  endedAt;
  /** An HTTP status, a reason of OpenAIError's, a code, or `aborted`. Undefined: the answer came whole. */
  failure;
  #listener;
  #isStream = false;
  constructor(endpoint, model, listener) {
    this.endpoint = endpoint;
    this.model = model?.slice(0, MAX_MODEL_LENGTH);
    this.#listener = listener;
  }
  admitted() {
    this.decision = "ADMITTED";
  }
  refused(error) {
    if (!isAborted(error)) this.decision = outcomeOf(error);
    this.ended(error);
  }
  attemptBegins() {
    const attempt = {
      startedAt: performance.now(),
      endedAt: 0,
      status: void 0,
      requestId: void 0,
      failure: void 0,
    };
    this.attempts.push(attempt);
    return this.#listener.attemptBegins(attempt, this);
  }
  answerBegins(status, requestId, isStream2) {
    this.#isStream = isStream2;
    const attempt = this.attempts.at(-1);
    if (!attempt) return;
    attempt.status = status;
    attempt.requestId = requestId;
  }
  attemptFails(failure) {
    this.#endAttempt(describeFailure(failure));
  }
  received(answer) {
    const { endpoint } = this;
    if (!endpoint.isPaid) return;
    if (this.#isStream && this.firstTokenAt === void 0 && endpoint.hasOutput(answer))
      this.firstTokenAt = performance.now();
    if (this.responseModel === void 0 && isRecord(answer) && typeof answer.model === "string")
      this.responseModel = answer.model.slice(0, MAX_MODEL_LENGTH);
    const usage = endpoint.readUsage(answer);
    if (!usage) return;
    this.inputTokens = usage.input ?? this.inputTokens;
    this.outputTokens = usage.output ?? this.outputTokens;
  }
  receivedText(text) {
    if (this.#isStream && text !== "") this.firstTokenAt ??= performance.now();
  }
  ended(failure) {
    if (this.endedAt !== void 0) return;
    this.failure = failure === void 0 ? void 0 : describeFailure(failure);
    this.#endAttempt(this.failure);
    this.endedAt = performance.now();
    this.#listener.callEnds();
  }
  #endAttempt(failure) {
    const attempt = this.attempts.at(-1);
    if (!attempt || attempt.endedAt > 0) return;
    attempt.endedAt = performance.now();
    attempt.failure = failure;
  }
};
function isAborted(error) {
  return error instanceof CallerGone;
}
function describeFailure(error) {
  if (isAborted(error)) return "aborted";
  if (!(error instanceof OpenAIError)) return outcomeOf(error);
  return error.reason === "status" ? String(Math.trunc(error.details.status ?? 0)) : error.reason;
}

// ../w-streams/src/telemetry/operation-record.ts
var RootField = class {
  operation;
  /** Its name in the answer. */
  key;
  /** Its name in the schema. */
  name;
  /** The upstream for this field's resolver: its calls are this field's. */
  openai;
  /** Undefined: the field was never begun. Times are performance.now()'s. */
  startedAt;
  endedAt;
  /** Undefined: as the operation's. */
  outcome;
  calls = [];
  constructor(operation, key, name) {
    this.operation = operation;
    this.key = key;
    this.name = name;
    this.openai = operation.caller?.openai.within({ observer: this });
  }
  beginCall(endpoint, model) {
    const call = new UpstreamCall(endpoint, model, this);
    this.calls.push(call);
    this.operation.callBegins();
    return call;
  }
  attemptBegins(attempt, call) {
    return this.operation.attemptBegins(attempt, call, this);
  }
  callEnds() {
    this.operation.callEnds();
  }
  end = () => {
    this.endedAt ??= performance.now();
  };
};

// ../w-streams/src/execution/allowance.ts
import { GraphQLIncludeDirective, GraphQLSkipDirective, getDirectiveValues, getVariableValues } from "graphql";

// ../w-streams/src/callers/caller.ts
function isModelAllowed({ limits: limits2 }, model) {
  return !limits2.models || limits2.models.some((pattern) => matches(pattern, model ?? ""));
}
function isOperationAllowed({ limits: limits2 }, type, field) {
  if (!limits2.operations) return true;
  const names = [field, type, `${type}.${field}`].map((name) => name.toLowerCase());
  return limits2.operations.some((pattern) => names.some((name) => matches(pattern.toLowerCase(), name)));
}
function matches(pattern, name) {
  const star = pattern.indexOf("*");
  if (star < 0) return name === pattern;
  if (!name.startsWith(pattern.slice(0, star))) return false;
  const pieces = pattern.slice(star + 1).split("*");
  const end = pieces.pop() ?? "";
  let place = star;
  for (const piece of pieces) {
    const found = name.indexOf(piece, place);
    if (found < 0) return false;
    place = found + piece.length;
  }
  return name.endsWith(end) && place + end.length <= name.length;
}

// ../w-streams/src/schema/shared/caller-limits.ts
var callerLimits = {
  requestsPerMinute: {
    kind: "count",
    unit: "request",
    window: "a minute",
    absent: "no limit",
    appliesTo: "each upstream call",
    code: "RATE_LIMITED",
    description: "Upstream calls in a minute; each root field that needs the upstream is one.",
  },
  tokensPerDay: {
    kind: "count",
    unit: "token",
    window: "a day (UTC)",
    absent: "no limit",
    appliesTo: "each upstream call",
    code: "BUDGET_EXCEEDED",
    description: "Tokens in a day of UTC, prompts and answers together.",
  },
  maxConcurrent: {
    kind: "count",
    unit: "upstream call",
    window: "at once",
    absent: "half of `MAX_CONCURRENT`",
    appliesTo: "each upstream call",
    code: "RATE_LIMITED",
    description: "Upstream calls under way at once, streams included, counted by each process.",
  },
  models: {
    kind: "names",
    unit: "model",
    absent: "every model",
    appliesTo: "each upstream call",
    code: "FORBIDDEN",
    description: "The models that may be named; `*` stands for any run of characters.",
  },
  operations: {
    kind: "names",
    unit: "root field",
    absent: "every root field",
    appliesTo: "each operation",
    code: "FORBIDDEN",
    description:
      "The root fields that may be selected, such as `chat`, `Query`, `Subscription.chat` or `model*`; `*` stands for any run of characters.",
  },
  extraBody: {
    kind: "switch",
    unit: "field",
    absent: "what `EXTRA_BODY` allows",
    appliesTo: "each upstream call",
    code: "FORBIDDEN",
    description:
      "The fields that `extraBody` may hold, in place of those that `EXTRA_BODY` allows; `*` stands for any run of characters.",
  },
};

// ../w-streams/src/execution/known-document.ts
import { Kind as Kind3 } from "graphql";

// ../w-streams/src/execution/plan/compilation.ts
var notPlain = new Error("The executor completes this value.");
var tooManyValues = new Error("The answer has too many values.");
function takeRoom(execution, values) {
  execution.room -= values;
  if (execution.room < 0) throw tooManyValues;
}
function leave(value) {
  if (isPromise(value)) Promise.resolve(value).catch(() => {});
  throw notPlain;
}
function createExecution(context, variables, rootValue, room) {
  return { context, variables, rootValue, pending: void 0, hasFailed: false, room };
}
async function settle(execution) {
  while (execution.pending) {
    const { pending } = execution;
    execution.pending = void 0;
    await Promise.all(pending);
  }
  if (execution.hasFailed) throw notPlain;
}
function fillLater(holder, key, value, complete, execution, path) {
  const fill = (settled) => {
    holder[key] = complete(settled, execution, path);
  };
  const fail = () => {
    execution.hasFailed = true;
  };
  execution.pending ??= [];
  execution.pending.push(Promise.resolve(value).then(fill).catch(fail));
}
function createInfo(info, execution, path) {
  let place = path;
  while (typeof place?.key === "number") place = place.prev;
  const { variables: variableValues, rootValue } = execution;
  return { path: place, rootValue, variableValues, ...info };
}
function isPlain(value) {
  return typeof value === "object" && !(value instanceof Error) && !isPromise(value);
}
function isPromise(value) {
  return typeof value === "object" && value !== null && typeof value.then === "function";
}

// ../w-streams/src/execution/plan/field-arguments.ts
import { getArgumentValues, Kind } from "graphql";

function createReadArguments(definition, node) {
  const readAny = (variables) => getArgumentValues(definition, node, variables);
  const places = [];
  for (const { name, value } of node.arguments ?? []) {
    if (value.kind !== Kind.VARIABLE) return readAny;
    places.push({ name: name.value, variable: value.name.value });
  }
  if (places.length < definition.args.length) return readAny;
  return (variables) => {
    const read2 = {};
    for (const { name, variable } of places) {
      const value = Object.hasOwn(variables, variable) ? variables[variable] : void 0;
      if (value === void 0 || value === null) return readAny(variables);
      read2[name] = value;
    }
    return read2;
  };
}

// ../w-streams/src/execution/plan/complete-object.ts
var NO_ARGUMENTS = Object.freeze({});
function createCompleteObject(type, nodes, info, compilation, createComplete2) {
  const selected = compilation.select(type, nodes);
  if (!selected) return void 0;
  const fields = [];
  for (const [key, fieldNodes] of selected) {
    const field = createField(key, fieldNodes, type, compilation, createComplete2);
    if (!field) return void 0;
    fields.push(field);
  }
  compilation.fields += fields.length;
  const { isTypeOf } = type;
  if (isTypeOf) compilation.needsPaths = true;
  return (value, execution, path) => {
    if (value === null || value === void 0) return null;
    if (!isPlain(value)) throw notPlain;
    if (isTypeOf) {
      const isOfType = isTypeOf(value, execution.context, createInfo(info, execution, path));
      if (isOfType !== true) leave(isOfType);
    }
    return completeFields(value, fields, execution, path);
  };
}
function completeFields(value, fields, execution, path) {
  const completed = {};
  takeRoom(execution, fields.length);
  for (const { key, typename, resolve, complete } of fields) {
    const place = path && { prev: path, key, typename };
    const resolved = resolve(value, execution, place);
    completed[key] = isPromise(resolved)
      ? fillLater(completed, key, resolved, complete, execution, place)
      : complete(resolved, execution, place);
  }
  return completed;
}
function createField(key, nodes, parentType, compilation, createComplete2) {
  const definition = parentType.getFields()[nodes[0].name.value];
  const typename = parentType.name;
  if (!definition) return { key, typename, resolve: () => typename, complete: (value) => value };
  const info = describeField(definition, nodes, parentType, compilation);
  const complete = createComplete2(definition.type, nodes, info, compilation);
  return complete && { key, typename, resolve: createResolve(definition, nodes, info, compilation), complete };
}
function createResolve(definition, nodes, info, compilation) {
  const { name, args, resolve } = definition;
  if (!resolve) return (source) => source[name];
  const call = resolve;
  if (args.length === 0 && resolve.length < 4) return (source, { context }) => call(source, NO_ARGUMENTS, context);
  const readArguments = args.length > 0 ? createReadArguments(definition, nodes[0]) : () => NO_ARGUMENTS;
  if (resolve.length > 3) {
    compilation.needsPaths = true;
    return (source, execution, path) =>
      resolve(source, readArguments(execution.variables), execution.context, createInfo(info, execution, path));
  }
  return (source, execution) => call(source, readArguments(execution.variables), execution.context);
}
function describeField({ name, type }, nodes, parentType, { schema: schema2, operation, fragments }) {
  return {
    fieldName: name,
    fieldNodes: [...nodes],
    returnType: type,
    parentType,
    schema: schema2,
    operation,
    fragments,
  };
}

// ../w-streams/src/execution/plan/complete-value.ts
import { defaultTypeResolver, isAbstractType, isLeafType, isListType, isNonNullType, isObjectType } from "graphql";
import { LRUCache } from "lru-cache";

function createComplete(type, nodes, info, compilation) {
  if (isNonNullType(type)) {
    const complete = createComplete(type.ofType, nodes, info, compilation);
    return complete && ((value, execution, path) => expectValue(complete(value, execution, path)));
  }
  if (isListType(type)) {
    const complete = createComplete(type.ofType, nodes, info, compilation);
    return complete && ((value, execution, path) => completeList(value, complete, execution, path));
  }
  if (isLeafType(type)) return (value) => completeLeaf(value, type);
  if (isAbstractType(type)) return createCompleteAbstract(type, nodes, info, compilation);
  return createCompleteObject(type, nodes, info, compilation, createComplete);
}
function expectValue(completed) {
  if (completed === null) throw notPlain;
  return completed;
}
function completeList(value, complete, execution, path) {
  if (value === null || value === void 0) return null;
  if (!Array.isArray(value)) throw notPlain;
  const completed = [];
  takeRoom(execution, value.length);
  for (let index = 0; index < value.length; index++) {
    const entry = value[index];
    const place = path && { prev: path, key: index, typename: void 0 };
    completed.push(
      isPromise(entry)
        ? fillLater(completed, index, entry, complete, execution, place)
        : complete(entry, execution, place),
    );
  }
  return completed;
}
function createCompleteAbstract(type, nodes, info, compilation) {
  const { schema: schema2 } = compilation;
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const byName = /* @__PURE__ */ new Map();
  compilation.needsPaths = true;
  function prepare(name) {
    if (byName.has(name)) return byName.get(name);
    const objectType = schema2.getType(name);
    if (!isObjectType(objectType) || !schema2.isSubType(type, objectType)) return void 0;
    const complete = createCompleteObject(objectType, nodes, info, compilation, createComplete);
    byName.set(name, complete);
    return complete;
  }
  return (value, execution, path) => {
    if (value === null || value === void 0) return null;
    if (!isPlain(value)) throw notPlain;
    const name = resolveType(value, execution.context, createInfo(info, execution, path), type);
    if (typeof name !== "string") return leave(name);
    const complete = prepare(name);
    if (!complete) throw notPlain;
    return complete(value, execution, path);
  };
}
function completeLeaf(value, type) {
  if (value === null || value === void 0) return null;
  if (typeof value === "object" && !isPlain(value)) throw notPlain;
  const serialized = type.serialize(value);
  if (serialized === null || serialized === void 0) throw notPlain;
  return serialized instanceof Date ? writeTime(serialized) : serialized;
}
var texts = new LRUCache({ max: 1e3 });
function writeTime(time) {
  const milliseconds = time.getTime();
  let text = texts.get(milliseconds);
  if (text === void 0) {
    text = time.toISOString();
    texts.set(milliseconds, text);
  }
  return text;
}

// ../w-streams/src/execution/plan/selection.ts
import { isAbstractType as isAbstractType2, Kind as Kind2 } from "graphql";

function fragmentsOf({ definitions }) {
  const fragments = /* @__PURE__ */ new Map();
  for (const definition of definitions) {
    if (definition.kind === Kind2.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}
function hasDirectives(operation, fragments) {
  const seen = /* @__PURE__ */ new Set();
  function isIn({ selections }) {
    return selections.some((selection) => {
      if (selection.directives && selection.directives.length > 0) return true;
      if (selection.kind !== Kind2.FRAGMENT_SPREAD)
        return selection.selectionSet !== void 0 && isIn(selection.selectionSet);
      const fragment = fragments.get(selection.name.value);
      if (!fragment || seen.has(selection.name.value)) return false;
      seen.add(selection.name.value);
      return isIn(fragment.selectionSet);
    });
  }
  return isIn(operation.selectionSet);
}
function createSelect(schema2, fragments) {
  function collect(type, { selections }, fields, seen) {
    return selections.every((selection) => {
      if (selection.kind === Kind2.FIELD) return addField(selection, fields);
      if (selection.kind === Kind2.FRAGMENT_SPREAD) {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        if (!fragment || seen.has(name)) return fragment !== void 0;
        seen.add(name);
        const condition2 = fragment.typeCondition.name.value;
        return !appliesTo(condition2, type) || collect(type, fragment.selectionSet, fields, seen);
      }
      const condition = selection.typeCondition?.name.value;
      const applies = condition === void 0 || appliesTo(condition, type);
      return !applies || collect(type, selection.selectionSet, fields, seen);
    });
  }
  function appliesTo(condition, type) {
    const other = schema2.getType(condition);
    return other === type || (isAbstractType2(other) && schema2.isSubType(other, type));
  }
  return function select(type, nodes) {
    const fields = /* @__PURE__ */ new Map();
    const seen = /* @__PURE__ */ new Set();
    const isKnown = nodes.every(({ selectionSet }) => selectionSet && collect(type, selectionSet, fields, seen));
    return isKnown ? fields : void 0;
  };
}
function addField(node, fields) {
  const key = (node.alias ?? node.name).value;
  if (/^__(?!typename$)/.test(key) || /^__(?!typename$)/.test(node.name.value)) return false;
  const known4 = fields.get(key);
  if (known4) known4.push(node);
  else fields.set(key, [node]);
  return true;
}
function findRootFields({ selectionSet }, fragments, isIncluded = () => true) {
  const fields = /* @__PURE__ */ new Map();
  const seen = /* @__PURE__ */ new Set();
  function collect(selections) {
    if (!selections || seen.has(selections)) return;
    seen.add(selections);
    for (const selection of selections.selections) {
      if (!isIncluded(selection)) continue;
      if (selection.kind === Kind2.INLINE_FRAGMENT) collect(selection.selectionSet);
      else if (selection.kind === Kind2.FRAGMENT_SPREAD) collect(fragments.get(selection.name.value)?.selectionSet);
      else fields.set((selection.alias ?? selection.name).value, selection.name.value);
    }
  }
  collect(selectionSet);
  return Array.from(fields, ([key, name]) => ({ key, name }));
}

// ../w-streams/src/execution/plan/plan.ts
function createPlan(schema2, operation, fragments) {
  if (hasDirectives(operation, fragments)) return void 0;
  const parentType = schema2.getRootType(operation.operation);
  const compilation = {
    schema: schema2,
    operation,
    fragments: Object.assign(/* @__PURE__ */ Object.create(null), Object.fromEntries(fragments)),
    select: createSelect(schema2, fragments),
    needsPaths: false,
    fields: 0,
  };
  const selected = parentType && compilation.select(parentType, [operation]);
  if (!selected) return void 0;
  const fields = [];
  for (const [key, nodes] of selected) {
    const definition = parentType.getFields()[nodes[0].name.value];
    if (!definition) return void 0;
    const info = describeField(definition, nodes, parentType, compilation);
    const complete = createComplete(definition.type, nodes, info, compilation);
    if (!complete) return void 0;
    const path = { prev: void 0, key, typename: parentType.name };
    fields.push({ key, definition, readArguments: createReadArguments(definition, nodes[0]), info, path, complete });
  }
  return { fields, compilation };
}

// ../w-streams/src/execution/variables.ts
import {
  coerceInputValue,
  GraphQLError as GraphQLError2,
  isInputType,
  isNonNullType as isNonNullType3,
  typeFromAST,
  valueFromAST,
} from "graphql";

// ../w-streams/src/errors/message-templates.ts
var TEMPLATES = [
  // language/lexer, language/parser
  "Syntax Error: Expected {token}, found Name {name}",
  'Syntax Error: Expected {token}, found {token}[ "{value}"]',
  "Syntax Error: Expected {keyword}, found Name {name}",
  'Syntax Error: Expected {keyword}, found {token}[ "{value}"]',
  "Syntax Error: Unexpected Name {name}",
  'Syntax Error: Unexpected {token}[ "{value}"]',
  "Syntax Error: Name {name} is reserved and cannot be used for an enum value",
  "Syntax Error: Unexpected variable {name} in constant value",
  "Syntax Error: Unexpected description, descriptions are not supported on shorthand queries",
  "Syntax Error: Unexpected description, only GraphQL definitions support descriptions",
  `Syntax Error: Unexpected single quote character (')[, did you mean to use a double quote (")?]`,
  "Syntax Error: Unexpected character[: {value}]",
  "Syntax Error: Invalid character within String[: {value}]",
  "Syntax Error: Invalid character escape sequence[: {value}]",
  "Syntax Error: Invalid character[: {value}]",
  "Syntax Error: Invalid number, unexpected digit after 0[: {value}]",
  "Syntax Error: Invalid number, expected digit[ but got: {value}]",
  "Syntax Error: Invalid Unicode escape sequence[: {value}]",
  "Syntax Error: Unterminated string",
  // validation/rules
  "The {name} definition is not executable",
  "The schema definition is not executable",
  "Cannot query field {name} on type {name}?",
  "Fragment cannot condition on non composite type {type}",
  "Fragment {name} cannot condition on non composite type {type}",
  "Unknown argument {name} on field {name}?",
  "Unknown argument {name} on directive {name}?",
  "Unknown directive {name}",
  "Directive {name} may not be used on {word}",
  "Unknown fragment {name}",
  "Unknown type {name}?",
  "This anonymous operation must be the only defined operation",
  "Maximum introspection depth exceeded",
  "GraphQL introspection has been disabled, but the requested query contained the field {name}",
  "Cannot spread fragment {name} within itself",
  "Cannot spread fragment {name} within itself via {names}",
  "Variable {name} is not defined",
  "Variable {name} is not defined by operation {name}",
  "Variable {name} is never used",
  "Variable {name} is never used in operation {name}",
  "Variable {name} cannot be non-input type {type}",
  "Variable {name} of type {type} used in position expecting type {type}",
  "Variable {name} is of type {type} but must be non-nullable to be used for OneOf Input Object {type}",
  "Fragment {name} is never used",
  "Fields {name} conflict because {reason}. Use different aliases on the fields to fetch both if this was intentional",
  "Fragment cannot be spread here as objects of type {type} can never be of type {type}",
  "Fragment {name} cannot be spread here as objects of type {type} can never be of type {type}",
  "Field {name} argument {name} of type {type} is required, but it was not provided",
  "Directive {name} argument {name} of type {type} is required, but it was not provided",
  "Field {name} must not have a selection since type {type} has no subfields",
  "Field {name} of type {type} must have a selection of subfields?",
  "Field {name} of type {type} must have at least one field selected",
  "Subscription {name} must select only one top level field",
  "Subscription {name} must not select an introspection top level field",
  "Anonymous Subscription must select only one top level field",
  "Anonymous Subscription must not select an introspection top level field",
  "There can be only one {word} named {name}",
  "There can be only one input field named {name}",
  "The directive {name} can only be used once at this location",
  "OneOf Input Object {name} must specify exactly one key",
  // validation/rules/ValuesOfCorrectType, utilities/coerceInputValue
  "Field {name} of required type {type} was not provided",
  "Field {name} must be non-null",
  "Field {name} is not defined by type {name}?",
  'Field "{value}" is not defined by type {name}?',
  "Exactly one key must be specified for OneOf type {name}",
  "Expected non-nullable type {type} not to be null",
  "Expected type {name} to be an object",
  "Expected type {name}[. {value}]",
  "Expected value of type {type}[, found {value}]",
  // type/scalars, type/definition
  "Int cannot represent non-integer value[: {value}]",
  "Int cannot represent non 32-bit signed integer value[: {value}]",
  "Float cannot represent non numeric value[: {value}]",
  "String cannot represent a non string value[: {value}]",
  "Boolean cannot represent a non boolean value[: {value}]",
  "ID cannot represent value[: {value}]",
  "ID cannot represent a non-string and non-integer value[: {value}]",
  "Enum {name} cannot represent non-string value[: {value}]?",
  "Enum {name} cannot represent non-enum value[: {value}]?",
  'Value[ "{value}"] does not exist in {name} enum?',
  // graphql-scalars
  "DateTime cannot represent an invalid date-time-string[ {value}]",
  "DateTime cannot represent an invalid Date instance",
  "DateTime cannot represent non string or Date type[ {value}]",
  "Date cannot represent an invalid date-string[ {value}]",
  "Date cannot represent non string type[ {value}]",
  "SafeInt cannot represent non-integer value[: {value}]",
  "SafeInt cannot represent unsafe integer value[: {value}]",
  // execution/values, and @graphql-tools' likewise
  "Argument {name} of required type {type} was not provided",
  "Argument {name} of required type {type} was provided the variable {name} which was not provided a runtime value",
  "Argument {name} of non-null type {type} must not be null",
  "Argument {name} has invalid value[ {value}]",
  // execution/execute, and Yoga
  "Unknown operation named {name}",
  'Unknown operation named "{value}"',
  "Unexpected parameter {name} in the request body",
  'Unexpected parameter "{value}" in the request body',
];

// ../w-streams/src/errors/safe-messages.ts
var MAX_MESSAGE_LENGTH = 1e3;
var MAX_COMPARED_LENGTH = 8192;
var MAX_NAME_LENGTH = 64;
var LONG_NAME = new RegExp(`\\w{${MAX_NAME_LENGTH + 1},}`, "g");
var PLACEHOLDERS = {
  name: '"[$@]?[\\w\u2026]+(?:\\.[\\w\u2026]+)?"',
  names: '"[\\w\u2026]+"(?:, "[\\w\u2026]+")*',
  type: '"[\\w\u2026!\\[\\]]+"',
  token: '"[^\\w"]{1,3}"|<[SE]OF>|Name|Int|Float|String|BlockString',
  keyword: '"[a-z]+"',
  // Names, types and graphql-js' own words; no values.
  reason: '[\\w\u2026", .!\\[\\]]*',
  word: "\\w+",
  value: "[^]*",
};
var SUGGESTION = '(?<suggestion> Did you mean [\\w ]*"[\\w {.}]+"(?:(?:,| or|, or) "\\w+")*\\?)?';
var templates = TEMPLATES.map(compile);
function safeMessage(message, fallback, { hideSuggestions }) {
  if (message.length > MAX_COMPARED_LENGTH) return fallback;
  for (const { pattern, parts } of templates) {
    const match = pattern.exec(message);
    if (!match) continue;
    const text = parts.map((part) => (typeof part === "number" ? match[part] : part)).join("");
    const suggestion = hideSuggestions ? "" : (match.groups?.suggestion ?? "");
    return shortenNames(`${text}.${suggestion}`);
  }
  return fallback;
}
function shortenNames(message) {
  return message.slice(0, MAX_COMPARED_LENGTH).replace(LONG_NAME, "\u2026").slice(0, MAX_MESSAGE_LENGTH);
}
function compile(template) {
  const parts = [];
  let pattern = "";
  let groups = 0;
  let isLeftOut = false;
  for (const [token2, placeholder] of template.replace(/\?$/, "").matchAll(/\{(\w+)\}|[[\]]|[^{[\]]+/g)) {
    if (token2 === "[" || token2 === "]") {
      isLeftOut = token2 === "[";
      pattern += isLeftOut ? "(?:" : ")?";
    } else if (placeholder) {
      const isKept = !isLeftOut && placeholder !== "value";
      pattern += `${isKept ? "(" : "(?:"}${PLACEHOLDERS[placeholder]})`;
      if (!isLeftOut) parts.push(isKept ? ++groups : "\u2026");
    } else {
      pattern += token2.replace(/[()'".?$@]/g, "\\$&");
      if (!isLeftOut) parts.push(token2);
    }
  }
  return { pattern: new RegExp(`^${pattern}\\.?${template.endsWith("?") ? SUGGESTION : ""}$`), parts };
}

// ../w-streams/src/execution/input-coercion.ts
import { isEnumType, isListType as isListType2, isNonNullType as isNonNullType2, isScalarType } from "graphql";

var doesNotFit = new Error("The value does not fit its type.");
var known = /* @__PURE__ */ new WeakMap();
function coerceOf(type) {
  let coerce = known.get(type);
  if (!coerce) {
    coerce = createCoerce(type);
    known.set(type, coerce);
  }
  return coerce;
}
function createCoerce(type) {
  if (isNonNullType2(type)) {
    const coerce = coerceOf(type.ofType);
    return (value) => {
      if (value === null) throw doesNotFit;
      return coerce(value);
    };
  }
  if (isListType2(type)) {
    const coerce = coerceOf(type.ofType);
    return (value) => {
      if (value === null) return null;
      if (!Array.isArray(value)) throw doesNotFit;
      return value.map((entry) => coerce(entry));
    };
  }
  if (isEnumType(type)) {
    return (value) => {
      if (value === null) return null;
      const known4 = typeof value === "string" ? type.getValue(value) : void 0;
      if (!known4) throw doesNotFit;
      return known4.value;
    };
  }
  if (isScalarType(type)) {
    return (value) => {
      const parsed = value === null ? null : type.parseValue(value);
      if (parsed === void 0) throw doesNotFit;
      return parsed;
    };
  }
  return createCoerceObject(type);
}
function createCoerceObject(type) {
  const fields = type.getFields();
  const types = new Map(Object.values(fields).map((field) => [field.name, field.type]));
  const defaults = Object.values(fields).filter(({ defaultValue }) => defaultValue !== void 0);
  const required = Object.values(fields).filter((field) => isNonNullType2(field.type) && !defaults.includes(field));
  return (value) => {
    if (value === null) return null;
    if (typeof value !== "object" || Array.isArray(value)) throw doesNotFit;
    const coerced = {};
    for (const [name, given2] of Object.entries(value)) {
      const fieldType = types.get(name);
      if (!fieldType || given2 === void 0) throw doesNotFit;
      coerced[name] = coerceOf(fieldType)(given2);
    }
    for (const { name } of required) if (!(name in coerced)) throw doesNotFit;
    for (const { name, defaultValue } of defaults) if (!(name in coerced)) coerced[name] = defaultValue;
    if (type.isOneOf) {
      const [only, ...others] = Object.values(coerced);
      if (only === void 0 || only === null || others.length > 0) throw doesNotFit;
    }
    return coerced;
  };
}

// ../w-streams/src/execution/variables.ts
var MAX_SUGGESTING_LENGTH = 1e3;
function createReadVariables(schema2, operation) {
  const definitions = typesOf(schema2, operation);
  if (definitions.some(({ type }) => type === void 0)) return () => void 0;
  const readers = definitions.map(({ node, type }) => createReader(node, type));
  return (given2) => {
    const variables = {};
    try {
      for (const read2 of readers) read2(given2 ?? NONE, variables);
      return variables;
    } catch {
      return void 0;
    }
  };
}
var NONE = Object.freeze({});
var missing = new Error("The variable is missing.");
function createReader({ variable, defaultValue }, type) {
  const name = variable.name.value;
  const coerce = coerceOf(type);
  const isRequired = isNonNullType3(type);
  return (given2, variables) => {
    if (Object.hasOwn(given2, name)) variables[name] = coerce(given2[name]);
    else if (defaultValue) variables[name] = valueFromAST(defaultValue, type);
    else if (isRequired) throw missing;
  };
}
function typesOf(schema2, { variableDefinitions = [] }) {
  return variableDefinitions.map((node) => {
    const type = typeFromAST(schema2, node.type);
    return { node, type: isInputType(type) ? type : void 0 };
  });
}
function findVariableErrors(schema2, operation, given2, options) {
  const found = findProblems(schema2, operation, given2, true);
  const maySuggest = !options.hideSuggestions && found.every(({ reason }) => reason.length < MAX_SUGGESTING_LENGTH);
  const problems = found.length > 0 && maySuggest ? findProblems(schema2, operation, given2, false) : found;
  return problems.map((problem) => createError(problem, options));
}
function findProblems(schema2, operation, given2, hideSuggestions) {
  const problems = [];
  const enough = new Error("enough");
  const report = (problem) => {
    problems.push(problem);
    if (problems.length === MAX_ERRORS) throw enough;
  };
  try {
    for (const { node, type } of typesOf(schema2, operation)) {
      if (!type) continue;
      const name = node.variable.name.value;
      const isGiven = Object.hasOwn(given2 ?? NONE, name);
      const value = given2?.[name];
      if (!isGiven || value === null) {
        if (!isNonNullType3(type) || (!isGiven && node.defaultValue)) continue;
        const reason = `Expected type "${type}"; ${isGiven ? "got null" : "it was not given"}.`;
        report({ node, path: [], reason, isOwn: true });
        continue;
      }
      coerceInputValue(
        value,
        type,
        (path, _, { message, extensions }) =>
          report({ node, path, reason: message, isOwn: Object.hasOwn(errorCodes, String(extensions.code)) }),
        hideSuggestions,
      );
    }
  } catch (error) {
    if (error !== enough) throw error;
  }
  return problems;
}
function createError({ node, path, reason, isOwn }, options) {
  const name = node.variable.name.value;
  const steps = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`));
  const place = path.length > 0 ? ` at "${name}${steps.join("")}"` : "";
  const why = isOwn ? reason : safeMessage(reason, "It does not fit its type.", options);
  return new GraphQLError2(shortenNames(`Variable "$${name}" is not valid${place}: ${why}`), {
    nodes: node,
    extensions: { code: "BAD_USER_INPUT", http: { spec: true, status: 400 } },
  });
}

// ../w-streams/src/execution/known-document.ts
var TOKEN_BYTES = 400;
var ESCAPE_BYTES = 40;
var OPERATION_BYTES = 4096;
var PLANNED_FIELD_BYTES = 900;
var KnownDocument = class {
  document;
  #schema;
  #fragments;
  /** As many as the document has operations, whatever names clients ask for. */
  #operations = /* @__PURE__ */ new Map();
  #only;
  #onGrow;
  /** What the document and its operations take, in bytes, about. */
  bytes;
  /**
   * Operations of a document that is kept get plans, which cost more than one execution saves; `onGrow` is called whenever it
   * has become larger. Without it the document is not kept.
   */
  constructor(schema2, document, onGrow) {
    this.document = document;
    this.#schema = schema2;
    this.#onGrow = onGrow;
    this.bytes = onGrow ? sizeOf(document) : 0;
    this.#fragments = fragmentsOf(document);
    const operations = document.definitions.filter((definition) => definition.kind === Kind3.OPERATION_DEFINITION);
    if (operations.length === 1) this.#only = operations[0];
  }
  /** The operation of this name, or the only one if no name is given. Undefined if there is none. */
  operationOf(name) {
    const operation = this.#find(name ?? void 0);
    if (!operation) return void 0;
    let prepared = this.#operations.get(operation);
    if (!prepared) {
      prepared = this.#prepare(operation);
      this.#operations.set(operation, prepared);
      if (this.#onGrow) this.bytes += OPERATION_BYTES + PLANNED_FIELD_BYTES * (prepared.plan?.compilation.fields ?? 0);
      this.#onGrow?.();
    }
    return prepared;
  }
  #find(name) {
    if (name === void 0 || this.#only?.name?.value === name) return this.#only;
    for (const definition of this.document.definitions)
      if (definition.kind === Kind3.OPERATION_DEFINITION && definition.name?.value === name) return definition;
    return void 0;
  }
  #prepare(operation) {
    const rootFields = findRootFields(operation, this.#fragments);
    return {
      document: this.document,
      operation,
      fragments: this.#fragments,
      rootFields,
      fieldNames: namesOf(rootFields),
      readVariables: createReadVariables(this.#schema, operation),
      plan: this.#onGrow ? createPlan(this.#schema, operation, this.#fragments) : void 0,
    };
  }
};
function sizeOf({ loc }) {
  let tokens = 0;
  for (let token2 = loc?.startToken ?? null; token2; token2 = token2.next) tokens++;
  const text = loc?.source.body ?? "";
  let escapes = 0;
  for (let place = text.indexOf("\\"); place >= 0; place = text.indexOf("\\", place + 1)) escapes++;
  return 2 * text.length + TOKEN_BYTES * tokens + ESCAPE_BYTES * escapes;
}
function namesOf(fields) {
  return fields.map(({ name }) => name).filter((name) => name !== "__typename");
}

// ../w-streams/src/execution/allowance.ts
function findExcess2(schema2, prepared, { caller: caller2, given: given2 }, maxPaidFields) {
  const { operation } = prepared.operation;
  const typeName = schema2.getRootType(operation)?.name ?? "";
  const fields = findNames(schema2, prepared, given2);
  const forbidden = fields.find((field) => !isOperationAllowed(caller2, typeName, field));
  if (forbidden)
    return requestError(callerLimits.operations.code, 403, `The caller may not use ${typeName}.${forbidden}.`);
  if (operation === "subscription" && fields.length !== 1)
    return requestError("BAD_REQUEST", 400, "A subscription must select one root field.");
  if (operation === "query" || fields.length <= maxPaidFields) return void 0;
  const problem = `must be at most ${maxPaidFields} in an operation; got ${fields.length}.`;
  return requestError("OPERATION_TOO_COMPLEX", 400, `Root fields of ${typeName} ${problem}`);
}
function findNames(schema2, prepared, given2) {
  const { operation, fragments, fieldNames, plan } = prepared;
  if (plan) return fieldNames;
  return namesOf(findRootFields(operation, fragments, createIsIncluded(schema2, prepared, given2)));
}
function createIsIncluded(schema2, { operation }, given2) {
  let variables;
  return (selection) => {
    if (!selection.directives?.length) return true;
    variables ??= getVariableValues(schema2, operation.variableDefinitions ?? [], given2 ?? {});
    if (!variables.coerced) return true;
    const skip = getDirectiveValues(GraphQLSkipDirective, selection, variables.coerced);
    const include = getDirectiveValues(GraphQLIncludeDirective, selection, variables.coerced);
    return skip?.if !== true && include?.if !== false;
  };
}

// ../w-streams/src/execution/document-limits.ts
// ../w-streams/src/execution/document-measures.ts
import { GraphQLError as GraphQLError3, Kind as Kind4, parse, TokenKind } from "graphql";

var NOTHING = { depth: 0, aliases: 0, directives: 0 };
function measureDocument(document) {
  const fragments = fragmentsOf(document);
  const measured = /* @__PURE__ */ new Map();
  let hasCycle = false;
  function measureFragment(name) {
    const known4 = measured.get(name);
    if (known4) return known4;
    const fragment = fragments.get(name);
    if (!fragment) return NOTHING;
    if (known4 === null) {
      hasCycle = true;
      return NOTHING;
    }
    measured.set(name, null);
    const measures = measureSelections(fragment.selectionSet);
    measures.directives += fragment.directives?.length ?? 0;
    measured.set(name, measures);
    return measures;
  }
  function measureSelections({ selections }) {
    const total2 = { ...NOTHING };
    for (const selection of selections) {
      total2.directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind4.FRAGMENT_SPREAD) add(total2, measureFragment(selection.name.value));
      else if (selection.kind === Kind4.INLINE_FRAGMENT) add(total2, measureSelections(selection.selectionSet));
      else {
        if (selection.alias) total2.aliases++;
        const inside = selection.selectionSet ? measureSelections(selection.selectionSet) : NOTHING;
        const isIntrospection = selection.name.value === "__schema" || selection.name.value === "__type";
        add(total2, { ...inside, depth: isIntrospection ? 1 : inside.depth + 1 });
      }
    }
    return total2;
  }
  const total = { ...NOTHING };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind4.OPERATION_DEFINITION) continue;
    total.directives += definition.directives?.length ?? 0;
    for (const variable of definition.variableDefinitions ?? []) total.directives += variable.directives?.length ?? 0;
    add(total, measureSelections(definition.selectionSet));
  }
  for (const name of fragments.keys()) if (!measured.has(name)) add(total, measureFragment(name));
  return { ...total, hasCycle };
}
function add(total, { depth, aliases, directives }) {
  total.depth = Math.max(total.depth, depth);
  total.aliases = Math.min(total.aliases + aliases, Number.MAX_SAFE_INTEGER);
  total.directives = Math.min(total.directives + directives, Number.MAX_SAFE_INTEGER);
}
var MAX_STEPS = 5e3;
function overlapsTooOften(document) {
  const fragments = fragmentsOf(document);
  let steps = 0;
  function merge(selectionSets) {
    const fields = /* @__PURE__ */ new Map();
    const spread = /* @__PURE__ */ new Set();
    for (const selectionSet of selectionSets) collect(selectionSet, fields, spread);
    steps += (spread.size * (spread.size - 1)) / 2;
    for (const group of fields.values()) {
      steps += (group.length * (group.length - 1)) / 2;
      if (steps > MAX_STEPS) return;
      const inside = group.flatMap(({ selectionSet }) => selectionSet ?? []);
      if (inside.length > 0) merge(inside);
    }
  }
  function collect({ selections }, fields, spread) {
    for (const selection of selections) {
      if (++steps > MAX_STEPS) return;
      if (selection.kind === Kind4.INLINE_FRAGMENT) collect(selection.selectionSet, fields, spread);
      else if (selection.kind === Kind4.FIELD) {
        const responseName = (selection.alias ?? selection.name).value;
        const group = fields.get(responseName);
        if (group) group.push(selection);
        else fields.set(responseName, [selection]);
      } else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment) collect(fragment.selectionSet, fields, spread);
      }
    }
  }
  for (const definition of document.definitions) {
    if ("selectionSet" in definition && definition.selectionSet) merge([definition.selectionSet]);
    if (steps > MAX_STEPS) return true;
  }
  return false;
}

// ../w-streams/src/execution/document-limits.ts
var MAX_LINES = 1e4;
var MAX_ESCAPES = 5e4;
var MAX_NAME_LENGTH2 = 256;
var TOO_MANY = /^Syntax Error: Document contains more tha[nt] \d+ (tokens|comments)\. Parsing aborted\.$/;
function tooComplex(message) {
  return codedError("OPERATION_TOO_COMPLEX", message, { http: { spec: true, status: 400 } });
}
function parseWithin(limits2, source) {
  checkSource(source, limits2.maxLength);
  const document = parseUpTo(limits2.maxTokens, source);
  checkWords(document);
  return document;
}
function checkSource(source, maxLength) {
  if (source.length > maxLength)
    throw tooComplex(`The document has ${source.length} characters; at most ${maxLength} are allowed.`);
  checkCount(source, /\r\n?|\n/g, MAX_LINES, "line breaks");
  checkCount(source, /\\/g, MAX_ESCAPES, "backslashes");
}
function checkCount(source, pattern, limit2, things) {
  let count = 0;
  for (const _ of source.matchAll(pattern)) {
    if (++count > limit2) throw tooComplex(`The document has more than ${limit2} ${things}.`);
  }
}
function parseUpTo(maxTokens, source) {
  try {
    return parse(source, { maxTokens, maxComments: maxTokens });
  } catch (error) {
    const [, things] = (error instanceof Error && TOO_MANY.exec(error.message)) || [];
    throw things ? tooComplex(`The document has more than ${maxTokens} ${things}.`) : error;
  }
}
function checkWords({ loc }) {
  for (let token2 = loc?.startToken ?? null; token2; token2 = token2.next) {
    const length = token2.end - token2.start;
    const isWord = token2.kind === TokenKind.NAME || token2.kind === TokenKind.INT || token2.kind === TokenKind.FLOAT;
    if (isWord && length > MAX_NAME_LENGTH2)
      throw tooComplex(
        `A name or number in the document has ${length} characters; at most ${MAX_NAME_LENGTH2} are allowed.`,
      );
  }
}
function findProblem(document, limits2) {
  const { depth, aliases, directives, hasCycle } = measureDocument(document);
  const over = (things, given2, limit2) =>
    given2 > limit2 && {
      problem: `The document ${things.replace("#", String(given2))}; at most ${limit2} are allowed.`,
    };
  return {
    hasCycle,
    ...(over("nests fields # levels deep", depth, limits2.maxDepth) ||
      over("has # aliases", aliases, limits2.maxAliases) ||
      over("has # directives", directives, limits2.maxDirectives) ||
      (!hasCycle && overlapsTooOften(document) && { problem: "The document selects the same fields too often." })),
  };
}

// ../w-streams/src/execution/documents.ts
import { hash } from "node:crypto";
import {
  GraphQLError as GraphQLError4,
  Kind as Kind5,
  NoFragmentCyclesRule,
  OperationTypeNode,
  validate,
  visit,
} from "graphql";
import { LRUCache as LRUCache2 } from "lru-cache";

var MAX_LENGTH = 64 * 1024;
var MAX_BYTES = 32 * 2 ** 20;
var MAX_DIGESTS = 2e4;
var MAX_SUGGESTING_LENGTH2 = 64 * 1024;
var ABORTED = "Validation aborted.";
function createDocuments({ schema: schema2, limits: limits2, messages, rules }) {
  const digests = new LRUCache2({ max: MAX_DIGESTS });
  const parsed = /* @__PURE__ */ new WeakSet();
  const kept = new LRUCache2({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes: bytes2 }) => bytes2,
  });
  function keep(source, known4) {
    kept.delete(source);
    kept.set(source, known4);
  }
  function findErrors(document, rules2) {
    const { problem, hasCycle } = findProblem(document, limits2);
    if (problem) return [tooComplex(problem)];
    return validateSafely(schema2, document, hasCycle ? [NoFragmentCyclesRule] : rules2, messages);
  }
  function validateOwn(document) {
    const source = document.loc?.source.body;
    if (source === void 0 || source.length > MAX_LENGTH || !parsed.has(document)) return findErrors(document, rules);
    if (kept.peek(source)?.document === document) return [];
    const digest = hash("sha256", source, "base64");
    if (!digests.get(digest)) {
      const errors = findErrors(document, rules);
      if (errors.length > 0 || mayHoldPrompt(document)) return errors;
      digests.set(digest, true);
    }
    const known4 = new KnownDocument(schema2, document, () => {
      if (kept.peek(source) === known4) keep(source, known4);
    });
    keep(source, known4);
    return [];
  }
  return {
    find: (source) => kept.get(source),
    parse(source) {
      const known4 = kept.get(source);
      if (known4) return known4.document;
      try {
        const document = parseWithin(limits2, source);
        parsed.add(document);
        return document;
      } catch (error) {
        if (error instanceof GraphQLError4) markAs("GRAPHQL_PARSE_FAILED", error);
        throw error;
      }
    },
    validate(document, more = []) {
      const errors = validateOwn(document);
      return errors.length > 0 || more.length === 0 ? errors : validateSafely(schema2, document, more, messages);
    },
    know(document) {
      const known4 = document.loc && kept.get(document.loc.source.body);
      return known4?.document === document ? known4 : new KnownDocument(schema2, document);
    },
  };
}
function validateSafely(schema2, document, rules, { hideSuggestions }) {
  const length = document.loc?.source.body.length ?? 0;
  const errors = validate(schema2, document, rules, {
    maxErrors: MAX_ERRORS,
    hideSuggestions: hideSuggestions || length > MAX_SUGGESTING_LENGTH2,
  });
  if (errors.some(({ message }) => message === ABORTED)) return [tooComplex("The document is too complex.")];
  return errors.slice(0, MAX_ERRORS).map((error) => clean(error, { hideSuggestions }));
}
function clean(error, options) {
  const { message, nodes = null, source = null, positions = null, extensions } = error;
  const isOwn = Object.hasOwn(errorCodes, String(extensions.code));
  const safe = isOwn ? shortenNames(message) : safeMessage(message, "The document does not fit the schema.", options);
  return markAs("GRAPHQL_VALIDATION_FAILED", new GraphQLError4(safe, { nodes, source, positions, extensions }));
}
function markAs(code, error) {
  error.extensions.code ??= code;
  error.extensions.http ??= { spec: true, status: 400 };
  return error;
}
function mayHoldPrompt(document) {
  const isPaid = document.definitions.some(
    (definition) => definition.kind === Kind5.OPERATION_DEFINITION && definition.operation !== OperationTypeNode.QUERY,
  );
  if (!isPaid) return false;
  let hasText = false;
  visit(document, {
    ObjectField: ({ name, value }) => (name.value === "model" && value.kind === Kind5.STRING ? false : void 0),
    StringValue: () => {
      hasText = true;
    },
  });
  return hasText;
}

// ../w-streams/src/openai/client/events/event-form.ts
var MAX_FORMS = 4;
var MAX_TRIES = 8;
var MAX_TEXT_LENGTH = 1024;
var PROBE = "0-probe-0";
var PADDING = '"obfuscation":"';
var QUOTE2 = 34;
var BACKSLASH2 = 92;
var BLANK = 32;
var Repeat = class {
  form;
  text;
  /** The text as JSON.stringify writes it, without its quotes. */
  json;
  /** Of its lines, their ends included. */
  length;
  constructor(form, text, json, length) {
    this.form = form;
    this.text = text;
    this.json = json;
    this.length = length;
  }
  /** What has been made of the event, as if it had been parsed. */
  toValue() {
    return this.form.make(this.text);
  }
};
var EventForm = class {
  /** The lines of an event before its text, after it up to its padding, and after that. */
  #head;
  #tail;
  #end;
  /** What is made of an event of this form after it was parsed, once it is asked for. Set by those who make it. */
  change = (event) => event;
  constructor(head, tail, end) {
    this.#head = head;
    this.#tail = tail;
    this.#end = end;
  }
  /** The event that begins at `from`, if it is of this form and has come whole. */
  read(lines, from) {
    if (!lines.startsWith(this.#head, from)) return void 0;
    const start = from + this.#head.length;
    const to = endOfString(lines, start);
    if (to < 0 || to - start > MAX_TEXT_LENGTH || !lines.startsWith(this.#tail, to)) return void 0;
    let place = to + this.#tail.length;
    if (this.#end !== void 0) {
      const padded = endOfString(lines, place);
      if (padded < 0 || !lines.startsWith(this.#end, padded)) return void 0;
      if (readString(lines.slice(place, padded)) === void 0) return void 0;
      place = padded + this.#end.length;
    }
    const json = lines.slice(start, to);
    const text = readString(json);
    if (text === void 0) return void 0;
    return new Repeat(this, text, text === json ? json : JSON.stringify(text).slice(1, -1), place - from);
  }
  /** What would have been made of an event with this text. A probe leaves no trace in what is made of others. */
  make(text, isProbe = false) {
    const head = this.#head.slice(this.#head.indexOf("{"));
    const json = `${head}${JSON.stringify(text).slice(1, -1)}${this.#tail}${this.#end ?? ""}`;
    return this.change(JSON.parse(json), isProbe);
  }
};
var EventForms = class {
  #readText;
  #forms = [];
  #triesLeft = MAX_TRIES;
  constructor(readText3) {
    this.#readText = readText3;
  }
  /** Whether it is worth while to look at each event. */
  get areOfUse() {
    return this.#forms.length > 0 || this.#triesLeft > 0;
  }
  /** The event that begins at `from`, if it is of a known form and has come whole. */
  read(lines, from) {
    for (const form of this.#forms) {
      const repeat = form.read(lines, from);
      if (repeat) return repeat;
    }
    return void 0;
  }
  /** Takes note of an event that was parsed, and of its lines. */
  learn(lines, event) {
    if (this.#triesLeft === 0 || this.#forms.length === MAX_FORMS) return;
    const text = this.#readText(event);
    if (!text) return;
    this.#triesLeft--;
    const form = findForm(lines, text, this.#readText);
    if (form) this.#forms.push(form);
  }
};
function findForm(lines, text, readText3) {
  const [, start, data] = /^(data: ?)(\{[^\n]*\})\n\n$/.exec(lines) ?? [];
  if (start === void 0 || data === void 0) return void 0;
  const quoted = JSON.stringify(text);
  for (
    let at = data.indexOf(quoted), tries = 0;
    at >= 0 && tries < MAX_TRIES;
    at = data.indexOf(quoted, at + 1), tries++
  ) {
    const head = data.slice(0, at + 1);
    const rest = data.slice(at + quoted.length - 1);
    if (readText3(readObject(`${head}${PROBE}${rest}`)) !== PROBE) continue;
    const paddingAt = rest.indexOf(PADDING);
    const from = paddingAt + PADDING.length;
    const to = paddingAt < 0 ? -1 : endOfString(rest, from);
    const [tail, end] = to < 0 ? [rest] : [rest.slice(0, from), rest.slice(to)];
    const isPadded = end !== void 0 && readObject(`${head}${PROBE}${tail}${PROBE}${end}`)?.obfuscation === PROBE;
    return isPadded
      ? new EventForm(
          `${start}${head}`,
          tail,
          `${end}

`,
        )
      : new EventForm(
          `${start}${head}`,
          `${rest}

`,
          void 0,
        );
  }
  return void 0;
}
function endOfString(text, from) {
  for (let place = from; place < text.length; place++) {
    const code = text.charCodeAt(place);
    if (code === QUOTE2) return place;
    if (code === BACKSLASH2) place++;
    else if (code < BLANK) return -1;
  }
  return -1;
}
function readString(json) {
  if (!json.includes("\\")) return json;
  try {
    return JSON.parse(`"${json}"`);
  } catch {
    return void 0;
  }
}
function readObject(json) {
  try {
    return JSON.parse(json);
  } catch {
    return void 0;
  }
}

// ../w-streams/src/openai/pull.ts
var Pull = class {
  #source;
  #values = [];
  #place = 0;
  #hasBegun = false;
  #end;
  /** Whoever waits for something to read, and the source that waits until all is read. */
  #wake = () => {};
  #ask = () => {};
  constructor(source) {
    this.#source = source;
  }
  /** Has the source begin before the first value is asked for. */
  begin() {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const end = (failure) => {
      this.#end ??= failure;
      this.#wake();
    };
    const take = (values) => {
      if (this.#end) return void 0;
      this.#values = values;
      this.#place = 0;
      this.#wake();
      return new Promise((resolve) => {
        this.#ask = resolve;
      });
    };
    this.#source.run(take).then(
      () => end({}),
      (error) => end({ error }),
    );
  }
  /** The next value; waits for it. Rejects, after the values before and once, with what the source rejects with. */
  async next() {
    this.begin();
    while (this.#place === this.#values.length) {
      if (this.#end) {
        const { error } = this.#end;
        this.#end = {};
        if (error !== void 0) throw error;
        return { value: void 0, done: true };
      }
      this.#ask();
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
    return { value: this.#values[this.#place++], done: false };
  }
  /** Ends the source; what has not been read is dropped. */
  leave() {
    this.#hasBegun = true;
    this.#end = {};
    this.#values = [];
    this.#place = 0;
    this.#source.leave();
    this.#ask();
    this.#wake();
  }
};

// ../w-streams/src/execution/result-templates.ts
var PROBES = ["0-first-probe-0", "1-SECOND-PROBE"];
var MAX_LENGTH2 = 4096;
var MAX_PLACES = 8;
var LENGTHS = { value: 8, character: 1 };
var ResultTemplates = class {
  #toResult;
  #parts = /* @__PURE__ */ new Map();
  #form;
  #last;
  /** `toResult` makes the result of an event that was parsed. */
  constructor(toResult) {
    this.#toResult = toResult;
  }
  /** The result's JSON. Undefined if it has to be made for itself. */
  fill({ form, json }) {
    if (form !== this.#form) this.#find(form);
    const parts = this.#last;
    if (!parts) return void 0;
    return parts.length === 2 ? `${parts[0]}${json}${parts[1]}` : parts.join(json);
  }
  #find(form) {
    if (!this.#parts.has(form)) this.#parts.set(form, this.#cut(form));
    this.#form = form;
    this.#last = this.#parts.get(form);
  }
  /** Undefined if a result depends on more than its own event, or its text is changed on the way. */
  #cut(form) {
    const [one2, other] = PROBES.map((probe) => {
      const result = this.#toResult(form.make(probe, true));
      if (result instanceof Promise || result.errors || roomAfter(result, MAX_LENGTH2, LENGTHS) < 0) return void 0;
      return JSON.stringify(result).split(probe);
    });
    const isSame = one2 && other && one2.length === other.length && one2.every((part, place) => part === other[place]);
    return isSame && one2.length <= MAX_PLACES + 1 ? one2 : void 0;
  }
};

// ../w-streams/src/execution/result-stream.ts
var ResultStream = class _ResultStream {
  #source;
  #options;
  #pull;
  #templates = new ResultTemplates((event) => this.#options.toResult(event));
  constructor(source, options) {
    this.#source = source;
    this.#options = options;
    this.#pull = new Pull(source);
  }
  /** The same results, each as `change` makes it. To be used in place of this stream. */
  map(change) {
    const { toResult, toFailure } = this.#options;
    return new _ResultStream(this.#source, {
      toResult(value) {
        const result = toResult(value);
        return result instanceof Promise ? result.then(change) : change(result);
      },
      toFailure: (error) => change(toFailure(error)),
    });
  }
  /** Hands out what the results are made of, each by `toResult`; resolves with the last one if it is made of a failure. */
  async run(take) {
    try {
      await this.#source.run(take);
      return void 0;
    } catch (error) {
      return this.#options.toFailure(error);
    }
  }
  /** To be called when the result is to be sent: it may be far larger than what it is made of. */
  toResult(value) {
    return this.#options.toResult(value instanceof Repeat ? value.toValue() : value);
  }
  /** The result as JSON, if that takes no more than to fill a text in. */
  toText(value) {
    return value instanceof Repeat ? this.#templates.fill(value) : void 0;
  }
  /** Ends the stream, and the upstream call with it. */
  leave() {
    this.#source.leave();
  }
  /** Has the source begin before the first result is asked for. */
  begin() {
    this.#pull.begin();
  }
  async next() {
    try {
      const { value, done } = await this.#pull.next();
      return done ? { value: void 0, done } : { value: await this.toResult(value), done: false };
    } catch (error) {
      return { value: this.#options.toFailure(error), done: false };
    }
  }
  async return() {
    this.#pull.leave();
    return { value: void 0, done: true };
  }
  [Symbol.asyncIterator]() {
    return this;
  }
};
function sourceOf(values) {
  const iterator = values[Symbol.asyncIterator]();
  return {
    async run(take) {
      for (;;) {
        const { value, done } = await iterator.next();
        if (done) return;
        const ready = take([value]);
        if (ready) await ready;
      }
    },
    leave() {
      iterator.return?.().catch(() => {});
    },
  };
}

// ../w-streams/src/execution/root-fields.ts
// ../w-streams/src/execution/answer-size.ts
import { GraphQLObjectType, GraphQLSchema, Kind as Kind6, OperationTypeNode as OperationTypeNode2 } from "graphql";

var VALUES_ALONE = { value: 1, character: 0 };
var VALUE_BYTES = 64;
var FEW_VALUES = 1e3;
function createCount({ prepared, context: { held } }) {
  const isFree = prepared.operation.operation === OperationTypeNode2.QUERY;
  let counted = 0;
  return (values) => {
    if (!isFree || values - counted < FEW_VALUES) return void 0;
    try {
      held?.take((values - counted) * VALUE_BYTES);
      counted = values;
      return void 0;
    } catch (error) {
      return error;
    }
  };
}
function countValues(value) {
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  if (Array.isArray(value)) for (const entry of value) count += countValues(entry);
  else for (const key in value) count += countValues(value[key]);
  return count;
}
function createExcess(maxValues) {
  return codedError("OPERATION_TOO_COMPLEX", `The answer has more than ${maxValues} values; select less of it.`);
}
function mayHaveMoreValues(value, { selectionSet }, fragments, maxValues) {
  const times = 1 + countAliases(selectionSet, fragments, /* @__PURE__ */ new Map());
  return roomAfter(value, maxValues / times, VALUES_ALONE) < 0;
}
function countAliases({ selections }, fragments, known4) {
  let aliases = 0;
  for (const selection of selections) {
    if (selection.kind === Kind6.FRAGMENT_SPREAD) {
      const name = selection.name.value;
      const fragment = fragments.get(name);
      if (fragment && !known4.has(name)) known4.set(name, countAliases(fragment.selectionSet, fragments, known4));
      aliases += known4.get(name) ?? 0;
      continue;
    }
    if (selection.kind === Kind6.FIELD && selection.alias) aliases++;
    if (selection.selectionSet) aliases += countAliases(selection.selectionSet, fragments, known4);
  }
  return aliases;
}

// ../w-streams/src/execution/root-fields.ts
var RootValue = class {
  outcomes = /* @__PURE__ */ new Map();
};
function resolveRootField(resolve, source, parameters, context, info) {
  const field = context.operation?.beginField(String(info.path.key), info.fieldName);
  if (!field) return resolve(source, parameters, context, info);
  let result;
  try {
    result = resolve(source, parameters, { ...context, openai: field.openai ?? context.openai }, info);
  } catch (error) {
    field.end();
    throw error;
  }
  if (result instanceof Promise) result.then(field.end, field.end);
  else if (!isStream(result)) field.end();
  return result;
}
function createExecutableSchema(schema2, maxValues) {
  const config = schema2.toConfig();
  const roots = { query: "resolve", mutation: "resolve", subscription: "subscribe" };
  const executable = { ...config, types: config.types.filter((type) => !isRoot(schema2, type)) };
  for (const [root, role] of Object.entries(roots)) {
    executable[root] = config[root] && wrapFields(config[root], role, maxValues);
  }
  return new GraphQLSchema(executable);
}
function isRoot(schema2, type) {
  return [schema2.getQueryType(), schema2.getMutationType(), schema2.getSubscriptionType()].includes(type);
}
function wrapFields(type, role, maxValues) {
  const config = type.toConfig();
  const fields = Object.entries(config.fields).map(([name, field]) => {
    const resolve = field[role];
    if (!resolve) return [name, field];
    return [name, { ...field, [role]: role === "resolve" ? limit(wrap(resolve), maxValues) : wrap(resolve) }];
  });
  return new GraphQLObjectType({ ...config, fields: Object.fromEntries(fields) });
}
function wrap(resolve) {
  return (source, parameters, context, info) => {
    const outcome = source instanceof RootValue ? source.outcomes.get(String(info.path.key)) : void 0;
    return outcome ?? resolveRootField(resolve, void 0, parameters, context, info);
  };
}
function limit(resolve, maxValues) {
  return (source, parameters, context, info) => {
    const value = resolve(source, parameters, context, info);
    if (!(source instanceof RootValue)) return value;
    const check = (settled) => {
      const fragments = new Map(Object.entries(info.fragments));
      if (mayHaveMoreValues(settled, info.operation, fragments, maxValues)) throw createExcess(maxValues);
      return settled;
    };
    return value instanceof Promise ? value.then(check) : check(value);
  };
}
function isStream(value) {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

// ../w-streams/src/execution/run.ts
import { createSourceEventStream, execute, locatedError } from "graphql";

// ../w-streams/src/openai/chunk-stream.ts
var ChunkStream = class {
  #callerSignal;
  #start;
  #controller = new AbortController();
  #pull = new Pull(this);
  #isLeft = false;
  constructor(callerSignal, start) {
    this.#callerSignal = callerSignal;
    this.#start = start;
  }
  /** Throws what the call throws, after the chunks so far; nothing once the stream is left. */
  async run(take) {
    if (this.#isLeft) return;
    const signal = this.#callerSignal;
    const follow = () => this.#controller.abort(signal.reason);
    if (signal.aborted) follow();
    signal.addEventListener("abort", follow, { once: true });
    try {
      await this.#start((chunks2) => {
        if (this.#isLeft) throw new CallerGone();
        return take(chunks2);
      }, this.#controller.signal);
    } catch (error) {
      if (!this.#isLeft) throw error;
    } finally {
      signal.removeEventListener("abort", follow);
    }
  }
  /** Ends the upstream call, at any moment: a generator could only be left between two steps. */
  leave() {
    this.#isLeft = true;
    this.#controller.abort(new CallerGone());
  }
  async next() {
    const { value, done } = await this.#pull.next();
    if (done) return { value: void 0, done };
    return { value: value instanceof Repeat ? value.toValue() : value, done: false };
  }
  async return() {
    this.#pull.leave();
    return { value: void 0, done: true };
  }
  [Symbol.asyncIterator]() {
    return this;
  }
};

// ../w-streams/src/openai/client/turns.ts
var MAX_WORK_MS = 3;
function createLine(perTurn) {
  const waiting2 = [];
  let isScheduled = false;
  const schedule = () => {
    if (isScheduled || waiting2.length === 0) return;
    isScheduled = true;
    setImmediate(letSome);
  };
  function letSome() {
    isScheduled = false;
    for (const go of waiting2.splice(0, perTurn)) go();
    schedule();
  }
  return (go) => {
    waiting2.push(go);
    schedule();
  };
}
var enter = createLine(1);
function untilNextTurn() {
  return new Promise(enter);
}
var workedMs = 0;
var Turns = class {
  #begunAt = performance.now();
  /** To be called before a piece that comes after a wait. */
  begin() {
    this.#begunAt = performance.now();
  }
  /** To be called before the first piece and after each: whether it is time to let others have their turn. */
  isOver() {
    const now = performance.now();
    if (workedMs === 0) setImmediate(forgetWork);
    workedMs += now - this.#begunAt;
    this.#begunAt = now;
    return workedMs > MAX_WORK_MS;
  }
  /** Lets others have their turn. */
  async next() {
    await untilNextTurn();
    workedMs = 0;
    this.begin();
  }
};
function forgetWork() {
  workedMs = 0;
}

// ../w-streams/src/execution/run.ts
async function runOperation(run) {
  const { plan, operation } = run.prepared;
  const rootValue = new RootValue();
  if (!plan || !run.variables) return runByExecutor(run, rootValue);
  return operation.operation === "subscription"
    ? subscribeByPlan(plan, run, rootValue)
    : runByPlan(plan, run, rootValue);
}
async function runByPlan(plan, run, rootValue) {
  const { outcomes } = rootValue;
  const execution = createExecution(run.context, run.variables ?? {}, rootValue, run.maxValues);
  const begin = (field) => {
    const outcome = resolvePlanned(field, field.definition.resolve, execution);
    outcomes.set(field.key, outcome);
    return outcome;
  };
  try {
    const count = createCount(run);
    if (run.prepared.operation.operation === "query") for (const field of plan.fields) begin(field).catch(() => {});
    const data = {};
    const turns = plan.fields.length > 1 ? new Turns() : void 0;
    if (turns?.isOver()) await turns.next();
    for (const field of plan.fields) {
      const value = await (outcomes.get(field.key) ?? begin(field));
      turns?.begin();
      data[field.key] = completePlanned(plan, field, value, execution);
      const problem = count(run.maxValues - execution.room);
      if (problem) return refuse(run, problem);
      if (turns?.isOver()) await turns.next();
    }
    if (execution.pending || execution.hasFailed) await settle(execution);
    return { data };
  } catch (error) {
    return error === tooManyValues ? refuse(run, createExcess(run.maxValues)) : runByExecutor(run, rootValue);
  }
}
async function subscribeByPlan(plan, run, rootValue) {
  const [field] = plan.fields;
  if (!field?.definition.subscribe) return runByExecutor(run, rootValue);
  const execution = createExecution(run.context, run.variables ?? {}, rootValue, run.maxValues);
  const outcome = resolvePlanned(field, field.definition.subscribe, execution);
  const source = await outcome.catch(() => void 0);
  if (source instanceof ChunkStream) return createStream(source, plan, field, run);
  rootValue.outcomes.set(field.key, outcome);
  return runByExecutor(run, rootValue);
}
function createStream(source, plan, field, run) {
  const { context, variables = {}, prepared, maxValues } = run;
  const { key, info, path, readArguments, complete } = field;
  const { resolve = (event) => event } = field.definition;
  const parameters = readArguments(variables);
  const needsInfo = resolve.length > 3;
  const sameInfo = createInfo(info, createExecution(context, variables, void 0, 0), path);
  const place = plan.compilation.needsPaths ? path : void 0;
  function toData(execution) {
    const given2 = needsInfo ? createInfo(info, execution, path) : sameInfo;
    const value = resolve(execution.rootValue, parameters, context, given2);
    const data = {};
    data[key] = isPromise(value)
      ? fillLater(data, key, value, complete, execution, place)
      : complete(value, execution, place);
    return { data };
  }
  return new ResultStream(source, {
    toResult(event) {
      const execution = createExecution(context, variables, event, maxValues);
      try {
        const result = toData(execution);
        if (!execution.pending) return result;
        return settle(execution).then(
          () => result,
          () => executeEvent(run, event),
        );
      } catch (error) {
        return error === tooManyValues ? refuse(run, createExcess(maxValues)) : executeEvent(run, event);
      }
    },
    toFailure: (error) => locate(error, prepared),
  });
}
async function resolvePlanned({ readArguments, info, path }, resolve, execution) {
  const { context, variables } = execution;
  if (!resolve) return void 0;
  const whole = createInfo(info, execution, path);
  return resolveRootField(resolve, void 0, readArguments(variables), context, whole);
}
async function runByExecutor(run, rootValue) {
  const { operation } = run.prepared.operation;
  try {
    if (operation !== "subscription") {
      const result = await execute(argumentsOf(run, rootValue));
      const problem = operation === "query" ? createCount(run)(countValues(result.data)) : void 0;
      return problem ? refuse(run, problem) : result;
    }
    const source = await createSourceEventStream(argumentsOf(run, rootValue));
    if (!(Symbol.asyncIterator in source)) return source;
    const events2 = source instanceof ChunkStream ? source : sourceOf(source);
    return new ResultStream(events2, {
      toResult: (event) => executeEvent(run, event),
      toFailure: (error) => locate(error, run.prepared),
    });
  } catch (error) {
    return { errors: [error] };
  }
}
function executeEvent(run, event) {
  const { operation, fragments } = run.prepared;
  return mayHaveMoreValues(event, operation, fragments, run.maxValues)
    ? refuse(run, createExcess(run.maxValues))
    : execute(argumentsOf(run, event));
}
function refuse({ prepared: { operation } }, problem) {
  return { errors: [locatedError(problem, operation)], data: null };
}
function locate(error, { operation }) {
  return { errors: [locatedError(error, operation)] };
}
function completePlanned(plan, field, value, execution) {
  return field.complete(value, execution, plan.compilation.needsPaths ? field.path : void 0);
}
function argumentsOf({ schema: schema2, prepared: { document, operation }, given: given2, context }, rootValue) {
  const variableValues = given2;
  return {
    schema: schema2,
    document,
    operationName: operation.name?.value,
    variableValues,
    contextValue: context,
    rootValue,
  };
}

// ../w-streams/src/execution/engine.ts
var VALUE_BYTES2 = 64;
function createEngine(engineOptions) {
  const { introspection, maxPaidFields, maxResponseBytes, maskError, ...options } = engineOptions;
  const maxValues = Math.ceil(maxResponseBytes / VALUE_BYTES2);
  const { messages } = options;
  const schema2 = createExecutableSchema(options.schema, maxValues);
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const documents = createDocuments({ ...options, schema: schema2, rules });
  function findRefusals(prepared, { variables, given: given2, caller: caller2 }) {
    const errors = variables ? [] : findVariableErrors(schema2, prepared.operation, given2, messages);
    if (errors.length > 0) return errors;
    const excess = findExcess2(schema2, prepared, { caller: caller2, given: given2 }, maxPaidFields);
    return excess ? [excess] : [];
  }
  async function attempt(prepared, given2, context) {
    const variables = prepared.readVariables(given2);
    const errors = findRefusals(prepared, { variables, given: given2, caller: context.caller });
    return errors.length > 0
      ? { errors }
      : runOperation({ schema: schema2, prepared, given: given2, variables, context, maxValues });
  }
  function show2(results, record) {
    const showOne = (result) => {
      if (!result.errors) return result;
      const masked = maskErrors(result, maskError);
      record?.readResult(masked);
      return masked;
    };
    if (!(results instanceof ResultStream)) return showOne(results);
    record?.beginStream();
    return results.map(showOne);
  }
  return {
    schema: schema2,
    prepare({ query: query2 = "", operationName }, record) {
      record?.nameAs(operationName);
      const refuse3 = (errors) => show2({ errors }, record);
      let known4 = documents.find(query2);
      try {
        if (!known4) {
          const document = documents.parse(query2);
          if (!getOperationAST(document, operationName)) return refuse3([unknownOperation(operationName)]);
          const errors = documents.validate(document);
          if (errors.length > 0) return refuse3(errors);
          known4 = documents.know(document);
        }
      } catch (error) {
        return refuse3([error]);
      }
      const prepared = known4.operationOf(operationName);
      if (!prepared) return refuse3([unknownOperation(operationName)]);
      if (record) describeOperation(prepared, record);
      return prepared;
    },
    run: async (prepared, given2, context) => show2(await attempt(prepared, given2, context), context.operation),
    parse: documents.parse,
    validate: (document, rules2 = []) =>
      documents.validate(
        document,
        rules2.filter((rule) => !specifiedRules.includes(rule)),
      ),
    describe({ document, operationName, contextValue }) {
      const { operation: record } = contextValue;
      const prepared = record && documents.know(document).operationOf(operationName);
      if (prepared) describeOperation(prepared, record);
    },
    async execute({ document, operationName, variableValues, contextValue }) {
      const prepared = documents.know(document).operationOf(operationName);
      if (!prepared) return { errors: [unknownOperation(operationName)] };
      return attempt(prepared, variableValues, contextValue);
    },
  };
}
function describeOperation({ operation, rootFields }, record) {
  record.type = operation.operation;
  record.nameAs(operation.name?.value);
  record.fields = rootFields.map(({ key, name }) => new RootField(record, key, name));
}
function unknownOperation(name) {
  const length = name?.length ?? 0;
  const problem =
    length > MAX_NAME_LENGTH2
      ? `operationName has ${length} characters; at most ${MAX_NAME_LENGTH2} are allowed.`
      : "Could not determine what operation to execute.";
  return requestError("BAD_REQUEST", 400, problem);
}

// ../w-streams/src/schema/shared/builder.ts
import SchemaBuilder from "@pothos/core";

var builder = new SchemaBuilder({});
builder.queryType({ description: "Free of charge: no field here spends tokens." });
builder.subscriptionType({
  description:
    "Each field costs what the mutation of the same name costs. The answers arrive in chunks, over SSE or WebSocket.",
});
builder.mutationType({
  description: "Each field makes upstream calls that spend tokens or money.",
});

// ../w-streams/src/schema/scalars.ts
import { GraphQLError as GraphQLError5, Kind as Kind7, print } from "graphql";

builder.scalarType("DateTime", {
  description: "A point in time as an ISO 8601 string in UTC, such as `2026-01-31T12:00:00.000Z`.",
  // Output only: no argument or input field has this type.
  serialize: (value) => value,
});
builder.scalarType("Date", {
  description: "A day in the form `YYYY-MM-DD`.",
  serialize: (value) => value,
});
builder.scalarType("SafeInt", {
  description: "A whole number between -(2^53 - 1) and 2^53 - 1.",
  specifiedByURL: "https://www.ecma-international.org/ecma-262/#sec-number.issafeinteger",
  serialize: (value) => checkSafeInt(value, value),
  parseValue: (value) => checkSafeInt(value, value),
  parseLiteral: (node) => checkSafeInt(node.kind === Kind7.INT ? Number(node.value) : void 0, print(node), node),
});
function checkSafeInt(value, given2, node) {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  const fault = typeof value === "number" && Number.isInteger(value) ? "unsafe integer" : "non-integer";
  throw new GraphQLError5(`SafeInt cannot represent ${fault} value: ${given2}`, { nodes: node ?? null });
}

// ../w-streams/src/schema/json-object.ts
import { GraphQLScalarType, Kind as Kind8, print as print2 } from "graphql";

var MAX_JSON_DEPTH = 200;
builder.addScalarType(
  "JSONObject",
  new GraphQLScalarType({
    name: "JSONObject",
    specifiedByURL: "https://www.rfc-editor.org/rfc/rfc8259#section-4",
    parseValue: (value) => expectObject(checkJson(value, 0)),
    parseLiteral: (node, variables) => expectObject(readLiteral(node, variables ?? {}, 0)),
  }),
  {
    description:
      "Any JSON object, up to 200 levels deep. Nothing in it is renamed, dropped or checked: its names are in the upstream's spelling.",
  },
);
function expectObject(value) {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw refusal("must be an object");
}
function checkJson(value, depth) {
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_JSON_DEPTH) throw refusal(`must be at most ${MAX_JSON_DEPTH} levels deep`);
  const prototype = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null)
    throw refusal("must not hold a file");
  for (const name in value) {
    const child = value[name];
    if (typeof child === "object") checkJson(child, depth + 1);
  }
  return value;
}
function readLiteral(node, variables, depth) {
  if (depth > MAX_JSON_DEPTH) throw refusal(`must be at most ${MAX_JSON_DEPTH} levels deep`);
  switch (node.kind) {
    case Kind8.STRING:
    case Kind8.BOOLEAN:
      return node.value;
    case Kind8.NULL:
      return null;
    case Kind8.INT:
    case Kind8.FLOAT:
      return readNumber(node.value);
    case Kind8.VARIABLE:
      return checkJson(variables[node.name.value], depth);
    case Kind8.LIST:
      return node.values.map((entry) => readLiteral(entry, variables, depth + 1));
    case Kind8.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, readLiteral(value, variables, depth + 1)]),
      );
    case Kind8.ENUM:
      throw refusal(`must not hold the bare word ${print2(node)}; put it in quotes`);
  }
}
function readNumber(text) {
  const number = Number(text);
  const isExact = !/^-?\d+$/.test(text) || BigInt(text) === BigInt(number);
  if (!isExact || !Number.isFinite(number))
    throw refusal(`must not hold ${text}, which is no double; send it as a string`);
  return number;
}
function refusal(problem) {
  return codedError("BAD_USER_INPUT", `A JSONObject ${problem}.`);
}

// ../w-streams/src/schema/upload.ts
import { GraphQLScalarType as GraphQLScalarType2, Kind as Kind9 } from "graphql";

// ../w-streams/src/schema/shared/data-url.ts
var MAX_HEAD_LENGTH = 1024;
var TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;
var TURN_LENGTH = 2 ** 20;
function isDataUrl(text) {
  return /^data:/i.test(text);
}
async function readDataUrl(url) {
  const comma = url.slice(0, MAX_HEAD_LENGTH).indexOf(",");
  if (comma < 0 || !isDataUrl(url)) return void 0;
  const [type = "", ...parameters] = url
    .slice("data:".length, comma)
    .split(";")
    .map((part) => part.trim());
  const isBase64 = parameters.length > 0 && parameters.at(-1)?.toLowerCase() === "base64";
  const text = withoutFragment(url.slice(comma + 1));
  const whole = isBase64 ? decodeBase64(text) : void 0;
  const contentType = TYPE.test(type) ? type.toLowerCase() : "text/plain";
  if (whole) return { contentType, bytes: whole };
  const bytes2 = await decodePercent(Buffer.from(text));
  const content = isBase64 ? decodeBase64((await withoutBlanks(bytes2)).toString("latin1")) : bytes2;
  return content && { contentType, bytes: content };
}
function withoutFragment(text) {
  const end = text.indexOf("#");
  return end < 0 ? text : text.slice(0, end);
}
var PERCENT = 37;
async function decodePercent(bytes2) {
  let end = bytes2.indexOf(PERCENT);
  if (end < 0) return bytes2;
  for (let place = end, next = end + TURN_LENGTH; place < bytes2.length; place++) {
    const byte = bytes2[place];
    const value = byte === PERCENT ? readHex(bytes2[place + 1]) * 16 + readHex(bytes2[place + 2]) : -1;
    bytes2[end++] = value >= 0 ? value : byte;
    if (value >= 0) place += 2;
    if (place < next) continue;
    next = place + TURN_LENGTH;
    await untilNextTurn();
  }
  return bytes2.subarray(0, end);
}
function readHex(code = 0) {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : Number.NEGATIVE_INFINITY;
}
async function withoutBlanks(bytes2) {
  let end = 0;
  for (let place = 0, next = TURN_LENGTH; place < bytes2.length; place++) {
    const byte = bytes2[place];
    if (byte !== 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13) bytes2[end++] = byte;
    if (place < next) continue;
    next = place + TURN_LENGTH;
    await untilNextTurn();
  }
  return bytes2.subarray(0, end);
}
function decodeBase64(text) {
  const padding = text.length % 4 === 0 ? Number(text.endsWith("=")) + Number(text.endsWith("==")) : 0;
  const length = text.length - padding;
  if (length % 4 === 1) return void 0;
  const content = Buffer.from(text, "base64");
  const isWhole = content.length === Math.floor((length * 3) / 4) && !text.includes("-") && !text.includes("_");
  return isWhole ? content : void 0;
}

// ../w-streams/src/schema/upload.ts
var EXPECTED = 'Upload must be a file part of a multipart request or a base64 "data:" URL.';
builder.addScalarType(
  "Upload",
  new GraphQLScalarType2({
    name: "Upload",
    specifiedByURL: "https://github.com/jaydenseric/graphql-multipart-request-spec",
    parseValue: readUpload,
    parseLiteral: (node) => readUpload(node.kind === Kind9.STRING ? node.value : void 0),
  }),
  {
    description:
      'A file: a part of a GraphQL multipart request, or a string with a `data:` URL, such as `"data:image/png;base64,iVBORw0\u2026"`.',
  },
);
function readUpload(value) {
  if (typeof value === "string" && isDataUrl(value)) return { open: () => openDataUrl(value), discard() {} };
  if (typeof value === "object" && value !== null && "open" in value && typeof value.open === "function") {
    return value;
  }
  throw codedError("BAD_USER_INPUT", EXPECTED);
}
async function openDataUrl(url) {
  const read2 = await readDataUrl(url);
  if (!read2) throw codedError("BAD_USER_INPUT", EXPECTED);
  const { contentType, bytes: bytes2 } = read2;
  return {
    filename: `image.${contentType.split(/[/+;]/)[1] ?? ""}`,
    contentType,
    sizeBytes: bytes2.length,
    async *stream() {
      yield bytes2;
    },
  };
}

// ../w-streams/src/schema/error-code.ts
builder.enumType("ErrorCode", {
  description: "Every value that `extensions.code` of an entry in `errors` can have. The list is closed.",
  values: Object.fromEntries(
    Object.entries(errorCodes).map(([code, { cause, remedy }]) => [code, { description: `${cause} ${remedy}` }]),
  ),
});

// ../w-streams/src/schema/viewer.ts
var ViewerLimitsRef = builder.objectRef("ViewerLimits").implement({
  description: "What the operator lets the caller use. Null: no limit; `extraBody` is then as the server allows it.",
  fields: (t) =>
    Object.fromEntries(
      Object.entries(callerLimits).map(([name, { kind, description }]) => [
        name,
        kind === "count"
          ? t.field({ type: "SafeInt", description, resolve: (limits2) => limits2[name] })
          : t.stringList({ description, resolve: (limits2) => limits2[name] }),
      ]),
    ),
});
var ViewerUsageRef = builder.objectRef("ViewerUsage").implement({
  description: "What the caller has used up of its limits.",
  fields: (t) => ({
    requests: t.field({
      type: "SafeInt",
      nullable: false,
      description: "Upstream calls in the current minute.",
      resolve: ({ requests }) => requests,
    }),
    requestsResetAt: t.field({
      type: "DateTime",
      nullable: false,
      description: "When that minute ends.",
      resolve: ({ requestsResetMs }) => new Date(Date.now() + requestsResetMs),
    }),
    tokens: t.field({
      type: "SafeInt",
      nullable: false,
      description: "Tokens today, including those reserved by calls in progress.",
      resolve: ({ tokens }) => tokens,
    }),
    tokensResetAt: t.field({
      type: "DateTime",
      nullable: false,
      description: "When the day ends: the next midnight UTC.",
      resolve: ({ tokensResetMs }) => new Date(Date.now() + tokensResetMs),
    }),
  }),
});
var Viewer = builder.objectRef("Viewer").implement({
  description: "The caller, as the server knows it.",
  fields: (t) => ({
    id: t.exposeID("id", {
      nullable: false,
      description:
        "The caller's id: a client key's, or a JWT's `sub`. `anonymous` if the server does not tell callers apart.",
    }),
    limits: t.field({
      type: ViewerLimitsRef,
      nullable: false,
      description: "What the caller may use.",
      resolve: ({ limits: limits2 }) => limits2,
    }),
    used: t.field({
      type: ViewerUsageRef,
      description: "What the caller has used. Null, with an error, if the counters cannot be read at the moment.",
      resolve: (viewer) => viewer.readUsage(),
    }),
  }),
});
builder.queryField("viewer", (t) =>
  t.field({
    type: Viewer,
    description: "The caller, its limits, and what it has used of them. Calls no upstream and costs nothing.",
    resolve: (_, _arguments, { viewer }) => viewer,
  }),
);

// ../w-streams/src/openai/client/endpoint.ts
function defineEndpoint(parts) {
  return Object.freeze({ ...parts, name: `${parts.method} ${parts.path}` });
}
function pathOf({ endpoint, pathParameters }) {
  if (!endpoint.path.includes("{")) return endpoint.path;
  return endpoint.path.replace(/\{(\w+)\}/g, (_, name) => {
    const value = pathParameters?.[name];
    if (value === void 0) throw new TypeError(`A request to ${endpoint.name} needs the path parameter ${name}.`);
    return encodeURIComponent(value);
  });
}
function modelOf({ endpoint, pathParameters, json, multipart }) {
  switch (endpoint.modelIn) {
    case "path":
      return pathParameters?.model;
    case "body": {
      const model = multipart ? multipart.model : isRecord(json) ? json.model : void 0;
      return typeof model === "string" ? model : void 0;
    }
    case "nowhere":
      return void 0;
  }
}

// ../w-streams/src/openai/models.ts
var MODELS = defineEndpoint({
  method: "GET",
  path: "/models",
  modelIn: "nowhere",
  isPaid: false,
  isShared: true,
});
var MODEL = defineEndpoint({
  method: "GET",
  path: "/models/{model}",
  modelIn: "path",
  isPaid: false,
  isShared: true,
});
async function listModels(client2, signal) {
  const body = await client2.request({ endpoint: MODELS }, signal);
  const models = Array.isArray(body) && body.length > 0 ? body : isRecord(body) ? body.data : void 0;
  if (!Array.isArray(models))
    throw new OpenAIError("invalid_response", `The upstream's answer to ${MODELS.name} holds no data.`);
  return models.filter(isModel);
}
async function retrieveModel(client2, id, signal) {
  try {
    const body = await client2.request({ endpoint: MODEL, pathParameters: { model: id } }, signal);
    if (isModel(body)) return body;
  } catch (error) {
    if (error instanceof OpenAIError && error.details.status === 404 && !error.details.isForeign) return null;
    throw error;
  }
  throw new OpenAIError("invalid_response", `The upstream's answer to ${MODEL.name} holds no model.`);
}
function isModel(value) {
  return isRecord(value) && typeof value.id === "string" && value.id !== "";
}

// ../w-streams/src/schema/shared/checks.ts
function refuse2(field, problem) {
  throw codedError("BAD_USER_INPUT", `${field} ${problem}`, { field });
}
function checkRanges(input, ranges) {
  for (const field in ranges) checkRange(field, input[field], ranges[field]);
}
function checkRange(field, value, [minimum, maximum]) {
  if (typeof value !== "number" || (value >= minimum && value <= maximum)) return;
  const limit2 = maximum === Number.POSITIVE_INFINITY ? `at least ${minimum}` : `between ${minimum} and ${maximum}`;
  refuse2(`input.${field}`, `must be ${limit2}; got ${value}.`);
}
function checkOutputCap({ maxOutputTokens }, input, fields) {
  const range = [1, maxOutputTokens ?? Number.POSITIVE_INFINITY];
  for (const field of fields) checkRange(field, input[field], range);
  if (maxOutputTokens === void 0 || fields.some((field) => typeof input[field] === "number")) return;
  refuse2(`input.${fields[0]}`, `must be given, between 1 and ${maxOutputTokens}; got none.`);
}
function checkLength(field, list, [minimum, maximum]) {
  if (!list || (list.length >= minimum && list.length <= maximum)) return;
  const [word, limit2] = list.length < minimum ? ["least", minimum] : ["most", maximum];
  refuse2(field, `must hold at ${word} ${limit2} ${limit2 === 1 ? "entry" : "entries"}; got ${list.length}.`);
}
var MODEL_NAME = "The model's name, 1 to 256 printable characters without blanks, commas, semicolons and bars.";
function checkModelName(field, name) {
  if (name.length < 1 || name.length > 256) refuse2(field, `must be 1 to 256 characters long; got ${name.length}.`);
  const folded = name.normalize("NFKC");
  if (/\p{C}/u.test(folded) || folded.trim() === "") refuse2(field, "must be printable characters.");
  if (/[\s,;|]/.test(folded)) refuse2(field, "must name one model, without a blank, comma, semicolon or bar.");
  if (folded.split(/[/\\]/).some((segment) => segment === "." || segment === ".."))
    refuse2(field, "must name a model; got a segment of dots.");
}

// ../w-streams/src/schema/shared/lenient.ts
function readString2(value) {
  return typeof value === "string" ? value : null;
}
function readContent(value) {
  const texts2 = readObjects(value)?.flatMap(({ text }) => readString2(text) ?? []);
  return texts2 && texts2.length > 0 ? texts2.join("") : readString2(value);
}
function readInt(value) {
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? value : null;
}
function readFloat(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
function readBoolean(value) {
  return typeof value === "boolean" ? value : null;
}
function readObject2(value) {
  return isRecord(value) ? value : null;
}
function readObjects(value) {
  return Array.isArray(value) ? value.filter(isRecord) : null;
}
function readList(value, read2) {
  return Array.isArray(value) ? value.map(read2).filter((entry) => entry !== null) : null;
}
function readEnum(value, known4) {
  return known4.has(value) ? value : null;
}
function readTime(value) {
  const number = typeof value === "string" && /^\d{9,}$/.test(value) ? Number(value) : value;
  const time = new Date(readMilliseconds(number));
  return time.getTime() >= 0 && time.getUTCFullYear() <= 9999 ? time : null;
}
function readMilliseconds(value) {
  if (typeof value === "number") return value > 1e11 ? value : value * 1e3;
  return typeof value === "string" && /^\d{4}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
}
function readDay(value) {
  return readTime(value)?.toISOString().slice(0, 10) ?? null;
}

// ../w-streams/src/schema/models.ts
var ModelPermission = builder.objectRef("ModelPermission").implement({
  description:
    "What a model may be used for, as reported by older and compatible servers (vLLM). A field is null if the upstream does not report it.",
  fields: (t) => ({
    id: t.id({ description: "The permission's own id.", resolve: (permission) => readString2(permission.id) }),
    object: t.string({
      description: "Always `model_permission`.",
      resolve: (permission) => readString2(permission.object),
    }),
    created: t.field({
      type: "DateTime",
      description: "When the permission was granted.",
      resolve: (permission) => readTime(permission.created),
    }),
    allowCreateEngine: t.boolean({
      description: "Whether engines may be created from the model.",
      resolve: (permission) => readBoolean(permission.allow_create_engine),
    }),
    allowSampling: t.boolean({
      description: "Whether the model may generate output.",
      resolve: (permission) => readBoolean(permission.allow_sampling),
    }),
    allowLogprobs: t.boolean({
      description: "Whether requests may ask for log probabilities.",
      resolve: (permission) => readBoolean(permission.allow_logprobs),
    }),
    allowSearchIndices: t.boolean({
      description: "Whether search indices may be used.",
      resolve: (permission) => readBoolean(permission.allow_search_indices),
    }),
    allowView: t.boolean({
      description: "Whether the model may be viewed.",
      resolve: (permission) => readBoolean(permission.allow_view),
    }),
    allowFineTuning: t.boolean({
      description: "Whether the model may be fine-tuned.",
      resolve: (permission) => readBoolean(permission.allow_fine_tuning),
    }),
    organization: t.string({
      description: "The organization that it is granted to; `*` means all.",
      resolve: (permission) => readString2(permission.organization),
    }),
    group: t.string({
      description: "The group that it is granted to.",
      resolve: (permission) => readString2(permission.group),
    }),
    isBlocking: t.boolean({
      description: "Whether the permission is blocking.",
      resolve: (permission) => readBoolean(permission.is_blocking),
    }),
  }),
});
var Model = builder.objectRef("Model").implement({
  description: "A model that the upstream serves.",
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: "The model's name, for `model` in requests.",
      resolve: (model) => model.id,
    }),
    object: t.string({ description: "Always `model`.", resolve: (model) => readString2(model.object) }),
    created: t.field({
      type: "DateTime",
      description: "When the model was created. Null if the upstream does not report it.",
      resolve: (model) => readTime(model.created),
    }),
    ownedBy: t.string({
      description: "The organization that owns the model.",
      resolve: (model) => readString2(model.owned_by),
    }),
    permission: t.field({
      type: [ModelPermission],
      description: "The model's permissions. Null if the upstream sends none; OpenAI no longer does.",
      resolve: (model) => readObjects(model.permission),
    }),
    shutdownDate: t.field({
      type: "Date",
      description: "The day on which the model is shut down. Null if none is announced.",
      resolve: (model) => readDay(model.shutdown_date),
    }),
  }),
});
var ModelFilter = builder.inputType("ModelFilter", {
  description: "Which models to list. A model must meet all conditions that are given.",
  fields: (t) => ({
    ownedBy: t.string({ description: "Only models with exactly this `ownedBy`." }),
    idContains: t.string({ description: "Only models whose id contains this text, ignoring case." }),
  }),
});
builder.queryField("models", (t) =>
  t.field({
    type: [Model],
    description:
      "Lists the models that the upstream serves and the caller may use, in the upstream's order.\n\nREST: `GET /models`",
    args: { filter: t.arg({ type: ModelFilter, description: "Which models to list. Null lists all." }) },
    resolve: async (_, { filter }, { openai: openai2, signal, viewer }) => {
      const idPart = filter?.idContains?.toLowerCase() ?? "";
      const models = await listModels(openai2, signal);
      return models.filter(
        ({ id, owned_by }) =>
          id.toLowerCase().includes(idPart) && (filter?.ownedBy ?? owned_by) === owned_by && viewer.mayUseModel(id),
      );
    },
  }),
);
builder.queryField("model", (t) =>
  t.field({
    type: Model,
    description:
      "One model by its name. Null, without an error, if the upstream has no such model.\n\nREST: `GET /models/{model}`",
    args: {
      id: t.arg.id({
        required: true,
        description: `${MODEL_NAME} For example \`gpt-4o-mini\`, \`ft:\u2026\` or \`org/model\`.`,
      }),
    },
    resolve: (_, { id }, { openai: openai2, signal }) => {
      checkModelName("id", id);
      return retrieveModel(openai2, id, signal);
    },
  }),
);

// ../w-streams/src/openai/choice-progress.ts
var APOSTROPHE = 39;
var UNDERSCORE = 95;
var MAX_CHOICES = 1024;
var ChoiceEnds = class {
  #begun = /* @__PURE__ */ new Set();
  #finished = /* @__PURE__ */ new Set();
  /** Takes note of an event, and yields how many choices are in it. Never throws. */
  add(event) {
    const choices = isRecord(event) && Array.isArray(event.choices) ? event.choices : [];
    let place = 0;
    for (const choice of choices) {
      if (!isRecord(choice)) continue;
      const { index, finish_reason } = choice;
      const number = typeof index === "number" ? index : place;
      place++;
      if (this.areTooMany) continue;
      this.#begun.add(number);
      const isEnd = Boolean(finish_reason) && !this.#finished.has(number);
      if (isEnd) this.#finished.add(number);
      this.addChoice(choice, isEnd);
    }
    return place;
  }
  /** Whether any choice has come. */
  get haveBegun() {
    return this.#begun.size > 0;
  }
  /** Whether there are more than MAX_CHOICES; those after that are not noted. */
  get areTooMany() {
    return this.#begun.size > MAX_CHOICES;
  }
  /** Whether every choice that has begun has given its finish_reason. */
  get areFinished() {
    return this.haveBegun && this.#begun.size === this.#finished.size;
  }
  /** `isEnd`: the choice gives its finish_reason for the first time. */
  addChoice(_choice, _isEnd) {}
};
var ChoiceProgress = class extends ChoiceEnds {
  /**
   * By a measure that errs on the low side: one in each event with any text, or in each word of it. What comes with a
   * choice's end is not counted.
   */
  leastTokens = 0;
  #isUsageLast = false;
  #endsInWord = false;
  add(event) {
    const choices = super.add(event);
    this.#isUsageLast = choices === 0 && this.haveBegun && isRecord(event) && isRecord(event.usage);
    return choices;
  }
  /** Takes note of an event of a choice that has begun, which adds this text alone. */
  addText(text) {
    this.#isUsageLast = false;
    this.#countWords(text);
  }
  get isComplete() {
    return this.areFinished || this.#isUsageLast;
  }
  addChoice({ delta, text }, isEnd) {
    if (isEnd) return;
    if (typeof text === "string") this.#countWords(text);
    if (!isRecord(delta)) return;
    let longest = "";
    for (const name in delta) {
      const said = delta[name];
      if (typeof said === "string" && name !== "role" && said.length > longest.length) longest = said;
    }
    if (longest !== "") this.#countWords(longest);
    else if (Array.isArray(delta.tool_calls) && delta.tool_calls.some(hasArguments)) this.leastTokens++;
  }
  #countWords(text) {
    if (text === "") return;
    let words = 0;
    let isInWord = this.#endsInWord;
    for (let place = 0; place < text.length; place++) {
      const code = text.charCodeAt(place);
      const isLetter =
        (code >= 97 && code <= 122) ||
        (code >= 65 && code <= 90) ||
        code > 127 ||
        code === APOSTROPHE || // Special tokens have several words: `<|start_of_turn|>`.
        code === UNDERSCORE;
      if (isLetter && !isInWord) words++;
      isInWord = isLetter;
    }
    this.#endsInWord = isInWord;
    this.leastTokens += Math.max(1, words);
  }
};
function hasArguments(call) {
  if (!isRecord(call)) return false;
  const { input } = isRecord(call.custom) ? call.custom : {};
  const { arguments: given2 = input } = isRecord(call.function) ? call.function : {};
  return typeof given2 === "string" && given2 !== "";
}

// ../w-streams/src/openai/output-cap.ts
var CAP_FIELDS = ["max_tokens", "max_completion_tokens"];
var ALL_CAPS = new Set(CAP_FIELDS);
var COMPLETION_CAPS = /* @__PURE__ */ new Set(["max_tokens"]);
function completionCapsOf(obeyedCaps) {
  return obeyedCaps.size > 0 ? COMPLETION_CAPS : obeyedCaps;
}

// ../w-streams/src/openai/token-count.ts
var BYTES_PER_TOKEN = 3;
var MAX_DEPTH = 64;
var MAX_LOOKED_AT = 2 ** 20;
function countText(value) {
  const count = new TokenCount(true);
  count.addValue(value, 0);
  return count.tokens;
}
function countFields(body, except) {
  const count = new TokenCount(true);
  for (const name in body) {
    if (except.has(name)) continue;
    count.addWords(name);
    count.addValue(body[name], 1);
  }
  return count.tokens;
}
function countSaid(said) {
  const count = new TokenCount(false);
  if (isRecord(said)) {
    for (const name in said) if (name !== "role") count.addValue(said[name], 1);
  } else count.addValue(said, 1);
  return count.tokens;
}
var TokenCount = class {
  tokens = 0;
  #lookedAt = 0;
  #signs = 0;
  #withNames;
  constructor(withNames) {
    this.#withNames = withNames;
  }
  addValue(value, depth) {
    if (typeof value === "string") this.addWords(value);
    else if (Array.isArray(value)) {
      if (depth <= MAX_DEPTH) for (const entry of value) this.addValue(entry, depth + 1);
    } else if (isRecord(value) && depth <= MAX_DEPTH) {
      for (const name in value) {
        if (this.#withNames) this.addWords(name);
        this.addValue(value[name], depth + 1);
      }
    }
  }
  /** Digits and signs are tokens of their own at worst; letters and blanks come together. */
  addWords(text) {
    const end = Math.min(text.length, MAX_LOOKED_AT - this.#lookedAt);
    let signs = 0;
    for (let index = 0; index < end; index++) {
      const code = text.charCodeAt(index);
      const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 32 || code > 127;
      if (!isLetter) signs++;
    }
    this.#lookedAt += end;
    this.#signs += signs;
    if (end < text.length) signs += Math.round(((text.length - end) * this.#signs) / this.#lookedAt);
    this.tokens += signs + Math.ceil((Buffer.byteLength(text) - signs) / BYTES_PER_TOKEN);
  }
};

// ../w-streams/src/openai/choices.ts
var UNCAPPED_OUTPUT_TOKENS = 16384;
var CHOICE_FIELDS = ["n", "best_of", ...CAP_FIELDS];
function estimateChoices(body, prompts, obeyedCaps = ALL_CAPS) {
  const { n, best_of } = body;
  const choices = Math.max(1, Number(n ?? 1), Number(best_of ?? 1)) * prompts;
  let given2 = 0;
  let cap = 0;
  let isCapped = false;
  for (const field of CAP_FIELDS) {
    const value = body[field];
    if (typeof value !== "number") continue;
    given2++;
    cap = Math.max(cap, value);
    isCapped ||= obeyedCaps.has(field);
  }
  isCapped ||= given2 === CAP_FIELDS.length;
  const output = choices * (isCapped ? cap : Math.max(cap, UNCAPPED_OUTPUT_TOKENS));
  const isLimited = given2 > 0 && body.echo !== true;
  return { output, choices, isCapped, cap: isLimited ? choices * cap : void 0 };
}
function countOutput(answer) {
  const choices = isRecord(answer) && Array.isArray(answer.choices) ? answer.choices.filter(isRecord) : [];
  let tokens = 0;
  for (const { message, delta, text } of choices) tokens += countSaid(message ?? delta ?? text);
  return tokens;
}
function readAddedText(event) {
  if (!isRecord(event) || !Array.isArray(event.choices) || event.choices.length !== 1) return void 0;
  const [choice] = event.choices;
  if (isRecord(event.usage) || !isRecord(choice) || choice.finish_reason) return void 0;
  const { message, delta, text } = choice;
  if (!isEmpty(message)) return void 0;
  if (!isRecord(delta)) return isEmpty(delta) && typeof text === "string" ? text : void 0;
  if (!isEmpty(text) || typeof delta.content !== "string") return void 0;
  for (const name in delta) if (name !== "content" && name !== "role" && !isEmpty(delta[name])) return void 0;
  return delta.content;
}
function hasOutput(event) {
  if (!isRecord(event) || !Array.isArray(event.choices)) return false;
  return event.choices.some((choice) => {
    if (!isRecord(choice)) return false;
    if (typeof choice.text === "string" && choice.text !== "") return true;
    if (!isRecord(choice.delta)) return false;
    for (const name in choice.delta) if (name !== "role" && !isEmpty(choice.delta[name])) return true;
    return false;
  });
}
function isEmpty(value) {
  return value === null || value === void 0 || value === "" || (Array.isArray(value) && value.length === 0);
}

// ../w-streams/src/openai/client/secrets/redact.ts
var MAX_LENGTH3 = 2e3;
var PAGE = /<(?:!doctype|!--|\?xml|html|head|body|script|style|title|center|h[1-6])(?=[\s>/-]).*/is;
var STACKS = [
  // Node, Java, .NET
  /(?:^|\n)[ \t]+at [^\n]*[:(].*/s,
  /(?<!\s)(?:\\n\s*|\s+)at (?:async |new )?(?:\S{1,200} )?\(?(?:file:\/\/|node:|\/|[A-Z]:\\)\S*:\d+.*/s,
  /(?:\s|\\[nt])at [\w$.<>/]{1,200}\((?:[\w$]+\.(?:java|kt|scala|groovy)\b|Native Method|Unknown Source).*/s,
  /(?:^|\s|\\n)Caused by: [\w.$]+.*/s,
  // Python, Go, Rust
  /Traceback \(most recent.*/s,
  /\bFile \\?"[^"\n]+", line \d+.*/s,
  /\bgoroutine \d+ \[.*/s,
  /\bpanicked at .*/s,
];
var KEYS = [
  /\bBearer\s+(?!(?:auth\w*|tokens?|schemes?|keys?|credentials?|headers?)\b)[^\s"',;<>]+/gi,
  /\bBasic\s+(?=\S*(?:[\d=]|[a-z][A-Z]))[\w+/=-]{8,}/g,
  /\b(?:sk|pk|rk|sess)[-_][\w*-]{6,}(?:\.[\w*-]+)*/gi,
  /\b(?:gsk|csk|xai|hf|r8|pplx|nvapi)[-_]\w{16,}/gi,
  /(?<![\w-])(?:org|proj)[-_](?=[\w*-]*[\dA-Z*]|[a-z]{12})[\w*-]{6,}/g,
  /\b(?:AIza|AKIA)[\w-]{12,}/g,
  // A JWT, in a run that a dot and more follow.
  /(?<![\w-])(?=[\w-]+\.[\w-])[\w-]*?\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g,
  /\b(?:api[_-]?key|access[_-]?token|key|token|secret|password|pwd|sig(?:nature)?)=[^\s&"',;)]{4,}/gi,
  /\b(?:api[_ -]?key|access[_ -]?token|secret|password|authorization)["']?\s*:\s*["']?(?=[^\s"']{0,99}\d)[^\s"',;)}]{8,}/gi,
  // Shown in part, as in `abcd****wxyz`.
  /(?<![\w*-])(?=[\w*-]*?(?:[\w-]\*{3}|\*{3}[\w-]{2}))[\w*-]+/g,
];
var RANDOM = /\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{28,}\b/g;
var URLS = /(\b[a-z][a-z\d+.-]{0,31}:\/\/[^\s"'`<>(){}]+)/gi;
var AUTHORITY = /^(?:https?|wss?):\/\/([^:/?#@[]*)(?::\d*[.,;:!]*)?(?:[/?#]|$)/i;
var INTERNAL_HOST =
  /^(?:[^.]*|.*\.(?:internal|local|localdomain|localhost|lan|intra|intranet|corp|svc|cluster)|[\d.]+)$/i;
var ADDRESSES = [
  /(?<![\w.-])[\w.-]*[\w-]\.(?:internal|local|localdomain|localhost|lan|intra|intranet|corp|svc|cluster)(?::\d+)?\b(?!\.?[\w(])/gi,
  /\blocalhost(?::\d+)?\b/gi,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g,
  /\[[\da-f]*:[\da-f:.]+(?:%\w+)?\](?::\d+)?/gi,
  /(?<![\w:./-])(?:(?=[\da-f:]*::)(?=:*[\da-f])[\da-f:]+|(?:[\da-f]{1,4}:){7}[\da-f]{1,4})(?:%\w+)?(?![\w:])/gi,
  /(?<=\b(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ETIMEDOUT) )[\w.-]+(?::\d+)?/g,
  /\bhost=\S+(?: port=\d+)?/gi,
  // File paths: below a directory of a server, of source code, of Windows.
  /(?<![\w.])\/(?:usr|home|opt|root|var|app|etc|srv|tmp|mnt|workspace|vllm-workspace|proc|Users|private|nix)\/[^\s"'`<>)]+/g,
  /(?<![\w.:/@-])(?:[\w.@-]*\/)+[\w.-]+\.(?:py|js|cjs|mjs|ts|go|java|rs|cpp|cc|rb|php|so)(?::\d+)*\b/g,
  /\b[A-Z]:\\[^\s"'`<>)]+/g,
];
function redact(text, secrets) {
  if (/[\0\uFFFD]/.test(text.slice(0, MAX_LENGTH3))) return "";
  return mask(secrets.mask(cutOff(text, MAX_LENGTH3 * 2)), [PAGE, ...STACKS], "")
    .split(URLS)
    .map((part, place) => (place % 2 === 1 ? redactUrl(part) : redactWords(part)))
    .join("")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, MAX_LENGTH3);
}
function cutOff(text, length) {
  return text.length <= length ? text : text.slice(0, Math.max(0, text.lastIndexOf(" ", length)));
}
function redactUrl(url) {
  const [, host] = AUTHORITY.exec(url) ?? [];
  const isPublic = host && !INTERNAL_HOST.test(host.replace(/(?<![.,;!])[.,;!]+$/, ""));
  return isPublic ? mask(url, KEYS, "[masked]") : "[address]";
}
function redactWords(text) {
  return mask(mask(text, [...KEYS, RANDOM], "[masked]"), ADDRESSES, "[address]");
}
function mask(text, patterns, by) {
  return patterns.reduce((masked, pattern) => masked.replace(pattern, by), text);
}

// ../w-streams/src/openai/client/error-answer.ts
var MAX_ENTRIES = 16;
function readErrorAnswer(httpStatus, headers, text, secrets) {
  const json = readJson(text);
  const body = Array.isArray(json) ? json[0] : json;
  const envelope = (isRecord(body) && body.error) || body;
  const error = isRecord(envelope) ? envelope : {};
  const status = httpStatus >= 400 ? httpStatus : impliedStatus(error);
  const words = status < 500 ? redact(json === void 0 ? text : readWords(envelope), secrets) : "";
  return new OpenAIError(
    "status",
    words || `The upstream ${status < 500 ? "refused" : "failed"} with status ${status}.`,
    compact({
      status,
      type: token(error.type, secrets),
      code: token(error.code, secrets),
      param: token(error.param, secrets),
      requestId: readRequestId(headers, secrets),
      retryAfterMs: readRetryAfterMs(headers),
      isForeign: (json === void 0 && text.trim() !== "") || void 0,
      shouldRetry: readShouldRetry(httpStatus, headers),
      isUnpaid: isRefusal(httpStatus) || void 0,
    }),
  );
}
function readRequestId(headers, secrets) {
  const id = headers["x-request-id"];
  const isUsual = typeof id === "string" && USUAL_REQUEST_ID.test(id) && !secrets.isInHexadecimal(id);
  return isUsual ? id : token(id, secrets);
}
var USUAL_REQUEST_ID = /^(?:req_[\da-f]{1,64}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/;
function readRetryAfterMs(headers) {
  const milliseconds = Number.parseFloat(String(headers["retry-after-ms"]));
  if (milliseconds >= 0 && Number.isFinite(milliseconds)) return Math.ceil(milliseconds);
  const value = String(headers["retry-after"] ?? "");
  const seconds = Number.parseFloat(value);
  const waitMs = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1e3;
  return Number.isFinite(waitMs) ? Math.max(0, Math.ceil(waitMs)) : void 0;
}
function readShouldRetry(httpStatus, headers) {
  const header = headers["x-should-retry"];
  const asked = header === "true" || (header === "false" ? false : void 0);
  return httpStatus < 400 ? (asked ?? false) : asked;
}
function impliedStatus({ code, type }) {
  const number = isPlain2(code) ? Number(code) : Number.NaN;
  if (Number.isInteger(number) && number >= 400 && number <= 599) return number;
  const words = [type, code].filter(isPlain2).join(" ");
  if (/quota|rate_?limit|credit_balance/i.test(words)) return 429;
  if (/authentication|invalid_api_key/i.test(words)) return 401;
  if (/permission/i.test(words)) return 403;
  if (/not_?found/i.test(words)) return 404;
  return /invalid|bad_?request|context_length|content_policy|content_filter/i.test(words) ? 400 : 500;
}
function readWords(value, depth = 0) {
  if (typeof value === "string") return value;
  if (depth > 4) return "";
  if (Array.isArray(value)) {
    const entries = value.slice(0, MAX_ENTRIES);
    return entries.map((entry) => readWords(entry, depth + 1)).join("; ");
  }
  const { loc, msg, message, detail, error } = isRecord(value) ? value : {};
  const words = readWords(msg ?? message ?? detail ?? error ?? "", depth + 1);
  return Array.isArray(loc) ? `${loc.slice(0, MAX_ENTRIES).filter(isPlain2).join(".")}: ${words}` : words;
}
function isPlain2(value) {
  return typeof value === "string" || typeof value === "number";
}
function token(value, secrets) {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^[\w.[\]:/-]{1,128}$/.test(text) ? redact(text, secrets) : void 0;
}
function compact(details) {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== void 0));
}

// ../w-streams/src/openai/client/answer.ts
var MAX_ERROR_LENGTH = 256 * 1024;
var SCAN_LENGTH = 2 ** 19;
function tooMuch(what, excess) {
  return new OpenAIError("invalid_response", `The upstream's ${what} ${excess}`);
}
function boundError(text) {
  return text.length > MAX_ERROR_LENGTH || findExcess(text, Number.POSITIVE_INFINITY) ? "" : text;
}
function expectAnswer(body, list, endpoint) {
  if (isRecord(body) && Array.isArray(body[list]) && body[list].some(isRecord)) return body;
  throw new OpenAIError("invalid_response", `The upstream's answer to ${endpoint.name} holds no ${list}.`);
}
function withId(answer, prefix) {
  const id = typeof answer.id === "string" && answer.id !== "" ? answer.id : `${prefix}-${crypto.randomUUID()}`;
  return { ...answer, id };
}

// ../w-streams/src/openai/transcript.ts
var Transcript = class {
  /** The chunk added last: a field selected twice must not count twice. */
  #chunk;
  #text = "";
  /** Adds a chunk's text, once, and yields the whole text so far. */
  add(chunk, text) {
    if (this.#chunk !== chunk) {
      this.#chunk = chunk;
      this.#text += text ?? "";
    }
    return this.#text;
  }
};
function transcriptOf({ transcript }) {
  return transcript instanceof Transcript ? transcript : void 0;
}

// ../w-streams/src/openai/chunks.ts
async function readChunks(stream, idPrefix, take) {
  const transcript = new Transcript();
  const probes = new Transcript();
  const ends = new ChoiceEnds();
  let id;
  function readRepeat(repeat) {
    repeat.form.change = changeRepeat;
    return repeat;
  }
  function changeRepeat(event, isProbe) {
    return Object.assign(event, { id, transcript: isProbe ? probes : transcript });
  }
  function readChunk(event) {
    ends.add(event);
    if (ends.areTooMany)
      throw new OpenAIError("invalid_response", `The upstream's answer has more than ${MAX_CHOICES} choices.`);
    if (!id && !event.id && !ends.haveBegun && !event.usage) return void 0;
    if (id !== void 0) event.id = id;
    const chunk = id === void 0 ? withId(event, idPrefix) : event;
    id = chunk.id;
    chunk.transcript = transcript;
    return chunk;
  }
  const end = await stream((events2) => {
    const chunks2 = [];
    for (const event of events2) {
      const chunk = event instanceof Repeat ? readRepeat(event) : readChunk(event);
      if (chunk) chunks2.push(chunk);
    }
    return chunks2.length > 0 ? take(chunks2) : void 0;
  });
  if (end !== "done" && !ends.areFinished)
    throw new OpenAIError("interrupted", "The upstream's answer broke off before its end.");
}

// ../w-streams/src/openai/usage.ts
function readUsage(answer) {
  if (!isRecord(answer) || !isRecord(answer.usage)) return void 0;
  const { prompt_tokens, completion_tokens, input_tokens, output_tokens, total_tokens } = answer.usage;
  const input = readCount(prompt_tokens) ?? readCount(input_tokens);
  const output = readCount(completion_tokens) ?? readCount(output_tokens);
  const total = readCount(total_tokens);
  const isKnown = total !== void 0 || (input !== void 0 && output !== void 0);
  return { input, output, total: isKnown ? Math.max(total ?? 0, (input ?? 0) + (output ?? 0)) : 0 };
}
function readCount(value) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : void 0;
}

// ../w-streams/src/openai/chat.ts
var TOKENS_PER_MEDIUM = 3e3;
var BASE64_PER_TOKEN = 4;
var COUNTED_ELSEWHERE = /* @__PURE__ */ new Set(["messages", ...CHOICE_FIELDS]);
var CONTENT = /* @__PURE__ */ new Set(["content"]);
var CHAT_COMPLETIONS = defineEndpoint({
  method: "POST",
  path: "/chat/completions",
  modelIn: "body",
  isPaid: true,
  operationName: "chat",
  estimate({ json }, obeyedCaps) {
    const body = isRecord(json) ? json : {};
    const prompt = countMessages(body.messages) + countFields(body, COUNTED_ELSEWHERE);
    return { prompt, ...estimateChoices(body, 1, obeyedCaps) };
  },
  readUsage,
  countOutput,
  hasOutput,
  readAddedText,
  followStream: () => new ChoiceProgress(),
});
async function createChatCompletion(client2, request, signal) {
  const body = await client2.request({ endpoint: CHAT_COMPLETIONS, json: request }, signal);
  return withId(expectAnswer(body, "choices", CHAT_COMPLETIONS), "chatcmpl");
}
function streamChatCompletion(client2, request, callerSignal) {
  const json = { ...request, stream: true, stream_options: { include_usage: true } };
  return new ChunkStream(callerSignal, (take, signal) =>
    readChunks((events2) => client2.stream({ endpoint: CHAT_COMPLETIONS, json }, signal, events2), "chatcmpl", take),
  );
}
function countMessages(messages) {
  if (!Array.isArray(messages)) return 0;
  let tokens = 0;
  for (const message of messages.filter(isRecord)) {
    const { content } = message;
    tokens += countFields(message, CONTENT);
    if (!Array.isArray(content)) tokens += countText(content);
    else
      for (const part of content.filter(isRecord))
        tokens += "text" in part || "refusal" in part ? countText(part) : countMedium(part);
  }
  return tokens;
}
function countMedium({ input_audio, file }) {
  const { data } = isRecord(input_audio) ? input_audio : {};
  const { file_data } = isRecord(file) ? file : {};
  const base64 = [data, file_data].find((text) => typeof text === "string") ?? "";
  return Math.max(TOKENS_PER_MEDIUM, Math.ceil(String(base64).length / BASE64_PER_TOKEN));
}

// ../w-streams/src/schema/shared/choices.ts
function readNumbered(value) {
  return (readObjects(value) ?? []).map((choice, position) => {
    const index = readInt(choice.index) ?? position;
    return choice.index === index ? choice : { ...choice, index };
  });
}
function firstChoice(value) {
  return readNumbered(value).find(({ index }) => index === 0);
}

// ../w-streams/src/schema/shared/finish-reason.ts
var FinishReason = builder.enumType("FinishReason", {
  description: "Why a choice ended.",
  values: {
    STOP: { value: "stop", description: "At a natural end, or at one of the `stop` sequences." },
    LENGTH: {
      value: "length",
      description: "At the token limit of the request or of the model: the answer is cut off.",
    },
    TOOL_CALLS: { value: "tool_calls", description: "The model calls tools." },
    CONTENT_FILTER: { value: "content_filter", description: "The upstream's content filter left something out." },
    FUNCTION_CALL: {
      value: "function_call",
      description: "The model calls a function in the deprecated `function_call` format.",
    },
    UNKNOWN: { value: "unknown", description: "For a reason that this schema does not know." },
  },
});
var known2 = /* @__PURE__ */ new Set(["stop", "length", "tool_calls", "content_filter", "function_call", "unknown"]);
function readFinishReason(value) {
  return typeof value === "string" && value !== "" ? (readEnum(value, known2) ?? "unknown") : null;
}

// ../w-streams/src/schema/shared/logprobs.ts
var VERY_UNLIKELY = -9999;
var TopLogprob = builder.objectRef("TopLogprob").implement({
  description: "A token that the model considered for this position.",
  fields: (t) => ({
    token: t.string({
      nullable: false,
      description: "The token's text.",
      resolve: (top) => readString2(top.token) ?? "",
    }),
    logprob: t.float({
      nullable: false,
      description: "Natural logarithm of its probability; -9999 means very unlikely.",
      resolve: (top) => readFloat(top.logprob) ?? VERY_UNLIKELY,
    }),
    bytes: t.intList({
      description: "The token's UTF-8 bytes, 0 to 255; a character can span several tokens. Null if it has no bytes.",
      resolve: (top) => readList(top.bytes, readInt),
    }),
  }),
});
var TokenLogprob = builder.objectRef("TokenLogprob").implement({
  description: "A token of the answer and how likely it was.",
  fields: (t) => ({
    token: t.string({
      nullable: false,
      description: "The token's text.",
      resolve: (token2) => readString2(token2.token) ?? "",
    }),
    logprob: t.float({
      nullable: false,
      description: "Natural logarithm of its probability; -9999 means very unlikely.",
      resolve: (token2) => readFloat(token2.logprob) ?? VERY_UNLIKELY,
    }),
    bytes: t.intList({
      description: "The token's UTF-8 bytes, 0 to 255; a character can span several tokens. Null if it has no bytes.",
      resolve: (token2) => readList(token2.bytes, readInt),
    }),
    topLogprobs: t.field({
      type: [TopLogprob],
      description: "The likeliest tokens at this position, as many as `topLogprobs` of the request asks for.",
      resolve: (token2) => readObjects(token2.top_logprobs),
    }),
  }),
});
var ChoiceLogprobs = builder.objectRef("ChoiceLogprobs").implement({
  description: "Log probabilities of a choice's tokens.",
  fields: (t) => ({
    content: t.field({
      type: [TokenLogprob],
      description: "Those of the content's tokens. Null if there are none.",
      resolve: (logprobs) => readObjects(logprobs.content),
    }),
    refusal: t.field({
      type: [TokenLogprob],
      description: "Those of the refusal's tokens. Null if there are none.",
      resolve: (logprobs) => readObjects(logprobs.refusal),
    }),
  }),
});

// ../w-streams/src/schema/shared/usage.ts
var PromptTokensDetails = builder.objectRef("PromptTokensDetails").implement({
  description: "Tokens of the prompt by kind. A field is null if the upstream does not report it.",
  fields: (t) => ({
    cachedTokens: t.int({
      description: "Tokens read from the prompt cache.",
      resolve: (details) => readInt(details.cached_tokens),
    }),
    cacheWriteTokens: t.int({
      description: "Tokens written to the prompt cache.",
      resolve: (details) => readInt(details.cache_write_tokens),
    }),
    textTokens: t.int({ description: "Tokens of text.", resolve: (details) => readInt(details.text_tokens) }),
    imageTokens: t.int({ description: "Tokens of images.", resolve: (details) => readInt(details.image_tokens) }),
    audioTokens: t.int({ description: "Tokens of audio input.", resolve: (details) => readInt(details.audio_tokens) }),
  }),
});
var CompletionTokensDetails = builder.objectRef("CompletionTokensDetails").implement({
  description: "Tokens of the output by kind. A field is null if the upstream does not report it.",
  fields: (t) => ({
    reasoningTokens: t.int({
      description: "Tokens of reasoning that the answer does not show.",
      resolve: (details) => readInt(details.reasoning_tokens),
    }),
    textTokens: t.int({ description: "Tokens of text.", resolve: (details) => readInt(details.text_tokens) }),
    audioTokens: t.int({ description: "Tokens of audio output.", resolve: (details) => readInt(details.audio_tokens) }),
    acceptedPredictionTokens: t.int({
      description: "Tokens of the prediction that appeared in the output.",
      resolve: (details) => readInt(details.accepted_prediction_tokens),
    }),
    rejectedPredictionTokens: t.int({
      description: "Tokens of the prediction that did not appear in the output. They are billed, too.",
      resolve: (details) => readInt(details.rejected_prediction_tokens),
    }),
  }),
});
var Usage = builder.objectRef("Usage").implement({
  description:
    "The tokens that a request used, for all its choices together. A field is null if the upstream does not report it.",
  fields: (t) => ({
    promptTokens: t.int({ description: "Tokens of the prompt.", resolve: (usage) => readInt(usage.prompt_tokens) }),
    completionTokens: t.int({
      description: "Tokens of the output.",
      resolve: (usage) => readInt(usage.completion_tokens),
    }),
    totalTokens: t.int({
      description: "Tokens of prompt and output together.",
      resolve: (usage) => readInt(usage.total_tokens),
    }),
    promptTokensDetails: t.field({
      type: PromptTokensDetails,
      description: "The prompt's tokens by kind.",
      resolve: (usage) => readObject2(usage.prompt_tokens_details),
    }),
    completionTokensDetails: t.field({
      type: CompletionTokensDetails,
      description: "The output's tokens by kind.",
      resolve: (usage) => readObject2(usage.completion_tokens_details),
    }),
  }),
});

// ../w-streams/src/schema/shared/wire-body.ts
function given(fields) {
  const wire = {};
  for (const key in fields) {
    const value = fields[key];
    if (value !== null && value !== void 0) wire[key] = value;
  }
  return wire;
}
var MAX_EXTRA_FIELDS = 256;
var NAME = /^[A-Za-z0-9_.-]{1,64}$/;
var RESERVED = [
  // This server decides whether an answer is streamed.
  /^stream/,
  // Other names for fields with limits: how much is generated, and by which model.
  /^(n|ncmpl|bestof|numreturnsequences|usebeamsearch|candidatecount|(num)?retries|(num)?predict|npredict)$/,
  /^max(new|completion|output|gen)?(tokens|length)/,
  /^(models?|modellist|modelid|engine|preset|deployment.*|.*fallback.*)$/,
  // Bodies inside the body.
  /^(extra(body|query|headers)|headers|.*config)$/,
  // Names by which a body, copied by a server in JavaScript, could set its own prototype, and so inherit other fields.
  /^(proto|constructor|prototype)$/,
  // Fields that tell proxies where to send the request, and with which credentials.
  /^(api|base|aws|azure|vertex|custom)(base|key|token|type|version|url|region|endpoint|llmprovider|.*endpoint)/,
];
function fold(name) {
  return name.toLowerCase().replace(/[_.-]/g, "");
}
function createRequest(fields, extraBody, limits2) {
  const names = Object.keys(extraBody ?? {});
  if (names.length > MAX_EXTRA_FIELDS)
    refuse2("input.extraBody", `must hold at most ${MAX_EXTRA_FIELDS} fields; got ${names.length}.`);
  const known4 = names.length > 0 ? new Set(Object.keys(fields).map(fold)) : void 0;
  for (const name of names) {
    if (!NAME.test(name))
      refuse2("input.extraBody", "must hold names of at most 64 letters, digits, _, . and - alone.");
    if (known4?.has(fold(name)) || RESERVED.some((pattern) => pattern.test(fold(name)))) {
      refuse2("input.extraBody", `must not hold "${name}", which has its own place in this API.`);
    }
    if (!limits2.isExtraFieldAllowed(name)) {
      const problem = `input.extraBody must not hold "${name}": neither EXTRA_BODY nor the caller's own limits allow it.`;
      throw codedError(callerLimits.extraBody.code, problem, { field: "input.extraBody" });
    }
  }
  const wire = given(fields);
  return names.length > 0 ? { ...wire, ...extraBody } : wire;
}

// ../w-streams/src/schema/chat/role.ts
var ChatRole = builder.enumType("ChatRole", {
  description: "Who wrote a message.",
  values: {
    DEVELOPER: {
      value: "developer",
      description: "The application's instructions; reasoning models use it instead of SYSTEM.",
    },
    SYSTEM: { value: "system", description: "The application's instructions." },
    USER: { value: "user", description: "The end user." },
    ASSISTANT: { value: "assistant", description: "The model." },
    TOOL: { value: "tool", description: "The result of a tool call. Needs `toolCallId`." },
    FUNCTION: {
      value: "function",
      description: "The result of a call in the deprecated `function_call` format. Needs `name`.",
    },
  },
});
var known3 = /* @__PURE__ */ new Set(["developer", "system", "user", "assistant", "tool", "function"]);
function readChatRole(value) {
  return readEnum(value, known3);
}

// ../w-streams/src/schema/chat/message-input.ts
var ImageDetail = builder.enumType("ImageDetail", {
  description: "How closely the model looks at an image.",
  values: {
    AUTO: { value: "auto", description: "The model decides." },
    LOW: { value: "low", description: "Coarse and cheap." },
    HIGH: { value: "high", description: "In detail." },
    ORIGINAL: { value: "original", description: "At the image's own resolution." },
  },
});
var ImageUrlInput = builder.inputType("ImageUrlInput", {
  description: "An image for the model to look at.",
  fields: (t) => ({
    url: t.string({
      required: true,
      description: "An `https:` URL that the upstream fetches, or a `data:` URL. This server never fetches it.",
    }),
    detail: t.field({ type: ImageDetail, description: "How closely to look. Null means the upstream's default." }),
  }),
});
var InputAudioInput = builder.inputType("InputAudioInput", {
  description: "Audio for the model to listen to.",
  fields: (t) => ({
    data: t.string({ required: true, description: "The audio in base64." }),
    format: t.string({ required: true, description: "Its format, such as `wav` or `mp3`." }),
  }),
});
var FilePartInput = builder.inputType("FilePartInput", {
  description: "A document for the model to read: the id of an uploaded file, or the file itself.",
  fields: (t) => ({
    fileId: t.id({ description: "The id of a file that was uploaded to the upstream." }),
    fileData: t.string({ description: "The file as a base64 `data:` URL." }),
    filename: t.string({ description: "The file's name, given with `fileData`." }),
  }),
});
var ContentPartInput = builder.inputType("ContentPartInput", {
  description: "One part of a message. Give exactly one field.",
  isOneOf: true,
  fields: (t) => ({
    text: t.string({ description: "Text." }),
    refusal: t.string({ description: "The model's refusal, in an ASSISTANT message." }),
    imageUrl: t.field({ type: ImageUrlInput, description: "An image." }),
    inputAudio: t.field({ type: InputAudioInput, description: "Audio." }),
    file: t.field({ type: FilePartInput, description: "A document." }),
  }),
});
var FunctionCallInput = builder.inputType("FunctionCallInput", {
  description: "A function call that the model made earlier.",
  fields: (t) => ({
    name: t.string({ required: true, description: "The function's name." }),
    arguments: t.string({
      required: true,
      description: "Its arguments: the JSON text that the model wrote, unchanged.",
    }),
  }),
});
var ToolCallInput = builder.inputType("ToolCallInput", {
  description: "A call of a function tool that the model made earlier.",
  fields: (t) => ({
    id: t.id({
      required: true,
      description: "The call's id. The TOOL message with the result repeats it in `toolCallId`.",
    }),
    function: t.field({ type: FunctionCallInput, required: true, description: "What was called." }),
  }),
});
var CustomToolCallInput = builder.inputType("CustomToolCallInput", {
  description: "A call of a custom tool that the model made earlier.",
  fields: (t) => ({
    id: t.id({
      required: true,
      description: "The call's id. The TOOL message with the result repeats it in `toolCallId`.",
    }),
    name: t.string({ required: true, description: "The custom tool's name." }),
    input: t.string({ required: true, description: "The text that the model passed to it, unchanged." }),
  }),
});
var ChatMessageInput = builder.inputType("ChatMessageInput", {
  description: "One message of the conversation. Give either `content` or `parts`.",
  fields: (t) => ({
    role: t.field({ type: ChatRole, required: true, description: "Who wrote the message." }),
    content: t.string({
      description: "The whole text. Null if `parts` is given, or in an ASSISTANT message that only calls tools.",
    }),
    parts: t.field({
      type: [ContentPartInput],
      description: "Text, images, audio and documents, at least one part, instead of `content`.",
    }),
    name: t.string({ description: "The participant's name, to distinguish participants with the same role." }),
    refusal: t.string({ description: "The model's refusal, in an ASSISTANT message." }),
    toolCalls: t.field({ type: [ToolCallInput], description: "The function calls that an ASSISTANT message made." }),
    customToolCalls: t.field({
      type: [CustomToolCallInput],
      description: "The custom tool calls that an ASSISTANT message made.",
    }),
    toolCallId: t.id({ description: "In a TOOL message: the id of the call that it answers." }),
    audioId: t.id({ description: "In an ASSISTANT message: the id of the model's audio answer." }),
  }),
});
function checkChatMessages(messages, maxMessages) {
  checkLength("input.messages", messages, [1, maxMessages]);
  for (const [index, { role, content, parts }] of messages.entries()) {
    const hasContent = typeof content === "string";
    if (hasContent && parts) refuse2(`input.messages[${index}]`, "must have content or parts; got both.");
    if (!hasContent && !parts && role !== "assistant" && role !== "function") {
      refuse2(`input.messages[${index}]`, "must have content or parts; got neither.");
    }
    if (parts) checkLength(`input.messages[${index}].parts`, parts, [1, Number.POSITIVE_INFINITY]);
  }
}
function createWireMessage(message) {
  const functionCalls = message.toolCalls?.map(({ id, function: { name, arguments: text } }) => ({
    id,
    type: "function",
    function: { name, arguments: text },
  }));
  const customCalls = message.customToolCalls?.map(({ id, name, input }) => ({
    id,
    type: "custom",
    custom: { name, input },
  }));
  return given({
    role: message.role,
    content: message.content ?? message.parts?.map(createWirePart),
    name: message.name,
    refusal: message.refusal,
    tool_calls: functionCalls || customCalls ? [...(functionCalls ?? []), ...(customCalls ?? [])] : null,
    tool_call_id: message.toolCallId,
    audio: typeof message.audioId === "string" ? { id: message.audioId } : null,
  });
}
function createWirePart({ text, refusal: refusal2, imageUrl, inputAudio, file }) {
  if (imageUrl) return { type: "image_url", image_url: given({ url: imageUrl.url, detail: imageUrl.detail }) };
  if (inputAudio)
    return {
      type: "input_audio",
      input_audio: given({ data: inputAudio.data, format: inputAudio.format }),
    };
  if (file) {
    const { fileId, fileData, filename } = file;
    return { type: "file", file: given({ file_id: fileId, file_data: fileData, filename }) };
  }
  return typeof refusal2 === "string" ? { type: "refusal", refusal: refusal2 } : { type: "text", text };
}

// ../w-streams/src/schema/chat/options-input.ts
var ReasoningEffort = builder.enumType("ReasoningEffort", {
  description: "How much a reasoning model thinks before it answers. Models support different values.",
  values: {
    NONE: { value: "none", description: "Not at all." },
    MINIMAL: { value: "minimal", description: "Almost nothing." },
    LOW: { value: "low", description: "A little." },
    MEDIUM: { value: "medium", description: "OpenAI's default for most models." },
    HIGH: { value: "high", description: "A lot." },
    XHIGH: { value: "xhigh", description: "Even more." },
    MAX: { value: "max", description: "As much as the model can." },
  },
});
var Verbosity = builder.enumType("Verbosity", {
  description: "How wordy the answer is.",
  values: {
    LOW: { value: "low", description: "Short." },
    MEDIUM: { value: "medium", description: "OpenAI's default." },
    HIGH: { value: "high", description: "Long." },
  },
});
var Modality = builder.enumType("Modality", {
  description: "A kind of output.",
  values: {
    TEXT: { value: "text", description: "Text." },
    AUDIO: { value: "audio", description: "Audio. Needs `audio` and a model that can speak." },
  },
});
var ServiceTier = builder.enumType("ServiceTier", {
  description: "How the upstream prices and schedules the request.",
  values: {
    AUTO: { value: "auto", description: "The tier in the project's settings." },
    DEFAULT: { value: "default", description: "Standard price and speed." },
    FLEX: { value: "flex", description: "Cheaper and slower." },
    SCALE: { value: "scale", description: "Uses the project's scale tier credits." },
    PRIORITY: { value: "priority", description: "More expensive and faster." },
    FAST: { value: "fast", description: "More expensive and fastest, if the model supports it." },
  },
});
var ChatAudioInput = builder.inputType("ChatAudioInput", {
  description: "How the model speaks, if `modalities` contains AUDIO.",
  fields: (t) => ({
    format: t.string({ required: true, description: "The audio format, such as `mp3`, `wav`, `opus` or `pcm16`." }),
    voice: t.string({ required: true, description: "The voice, such as `alloy`." }),
  }),
});

// ../w-streams/src/schema/chat/tools-input.ts
var FunctionToolInput = builder.inputType("FunctionToolInput", {
  description: "A function that the model may call. The caller runs it.",
  fields: (t) => ({
    name: t.string({ required: true, description: "Its name: letters, digits, `_` and `-`, up to 64." }),
    description: t.string({ description: "What it does. The model decides by it when to call the tool." }),
    parameters: t.field({
      type: "JSONObject",
      description: "Its parameters as a JSON Schema, passed on unchanged. Null if it has none.",
    }),
    strict: t.boolean({
      description: "Whether the arguments must follow the schema exactly. Null means the upstream's default.",
    }),
  }),
});
var CustomToolInput = builder.inputType("CustomToolInput", {
  description: "A tool that takes free text instead of JSON arguments.",
  fields: (t) => ({
    name: t.string({ required: true, description: "Its name." }),
    description: t.string({ description: "What it does. The model decides by it when to call the tool." }),
    format: t.field({
      type: "JSONObject",
      description:
        "The format of the text, such as a grammar, in OpenAI's spelling. Passed on unchanged. Null means any text.",
    }),
  }),
});
var ChatToolInput = builder.inputType("ChatToolInput", {
  description: "A tool that the model may call. Give exactly one field.",
  isOneOf: true,
  fields: (t) => ({
    function: t.field({ type: FunctionToolInput, description: "A function with JSON arguments." }),
    custom: t.field({ type: CustomToolInput, description: "A custom tool with free text." }),
  }),
});
var ToolChoiceMode = builder.enumType("ToolChoiceMode", {
  description: "Whether the model calls tools.",
  values: {
    NONE: { value: "none", description: "The model calls no tools." },
    AUTO: { value: "auto", description: "The model decides." },
    REQUIRED: { value: "required", description: "The model calls at least one tool." },
  },
});
var AllowedToolsInput = builder.inputType("AllowedToolsInput", {
  description: "Limits the model to some of the request's tools.",
  fields: (t) => ({
    mode: t.field({ type: ToolChoiceMode, required: true, description: "AUTO or REQUIRED." }),
    tools: t.field({
      type: ["JSONObject"],
      required: true,
      description:
        'The allowed tools as OpenAI spells them, such as `{ type: "function", function: { name: "get_weather" } }`.',
    }),
  }),
});
var ChatToolChoiceInput = builder.inputType("ChatToolChoiceInput", {
  description: "Which tools the model may or must call. Give exactly one field.",
  isOneOf: true,
  fields: (t) => ({
    mode: t.field({ type: ToolChoiceMode, description: "A mode for all tools of the request." }),
    function: t.string({ description: "The name of the function that the model must call." }),
    custom: t.string({ description: "The name of the custom tool that the model must call." }),
    allowedTools: t.field({
      type: AllowedToolsInput,
      description: "Some of the request's tools, and a mode for them.",
    }),
  }),
});
var ResponseFormatType = builder.enumType("ResponseFormatType", {
  description: "A response format without a schema.",
  values: {
    TEXT: { value: "text", description: "Plain text." },
    JSON_OBJECT: { value: "json_object", description: "Any JSON object. A message must ask for JSON as well." },
  },
});
var JsonSchemaFormatInput = builder.inputType("JsonSchemaFormatInput", {
  description: "A JSON Schema for the answer.",
  fields: (t) => ({
    name: t.string({ required: true, description: "The format's name: letters, digits, `_` and `-`, up to 64." }),
    description: t.string({ description: "What the format is for." }),
    schema: t.field({ type: "JSONObject", description: "The JSON Schema, passed on unchanged." }),
    strict: t.boolean({
      description: "Whether the answer must follow the schema exactly. Null means the upstream's default.",
    }),
  }),
});
var ResponseFormatInput = builder.inputType("ResponseFormatInput", {
  description: "The format of the answer. Give exactly one field.",
  isOneOf: true,
  fields: (t) => ({
    type: t.field({ type: ResponseFormatType, description: "A format without a schema." }),
    jsonSchema: t.field({ type: JsonSchemaFormatInput, description: "JSON that follows a schema." }),
  }),
});
function createWireTool({ function: tool, custom }) {
  if (tool) {
    const { name, description, parameters, strict } = tool;
    return { type: "function", function: given({ name, description, parameters, strict }) };
  }
  return {
    type: "custom",
    custom: given({ name: custom?.name, description: custom?.description, format: custom?.format }),
  };
}
function createWireToolChoice(choice) {
  const { mode, function: functionName, custom, allowedTools } = choice;
  if (allowedTools)
    return { type: "allowed_tools", allowed_tools: { mode: allowedTools.mode, tools: allowedTools.tools } };
  if (typeof functionName === "string") return { type: "function", function: { name: functionName } };
  if (typeof custom === "string") return { type: "custom", custom: { name: custom } };
  return mode;
}
function createWireResponseFormat({ type, jsonSchema }) {
  if (!jsonSchema) return { type };
  const { name, description, schema: schema2, strict } = jsonSchema;
  return { type: "json_schema", json_schema: given({ name, description, schema: schema2, strict }) };
}

// ../w-streams/src/schema/chat/input.ts
var ChatInput = builder.inputType("ChatInput", {
  description:
    "A chat request. Only `model` and `messages` are needed. Fields that are null or absent are not sent, so the upstream's own defaults apply. Models differ in what they accept: the upstream decides.",
  fields: (t) => ({
    model: t.string({ required: true, description: MODEL_NAME }),
    messages: t.field({
      type: [ChatMessageInput],
      required: true,
      description: "The conversation so far, at least one message.",
    }),
    temperature: t.float({ description: "Sampling temperature, 0 to 2: higher is more random." }),
    topP: t.float({
      description:
        "Nucleus sampling, 0 to 1: the model considers only the likeliest tokens that together have this probability.",
    }),
    n: t.int({ description: "How many choices to generate, at least 1. Each one is billed." }),
    stop: t.stringList({ description: "Up to 4 texts at which the model stops. They do not appear in the answer." }),
    maxCompletionTokens: t.int({ description: "Most tokens to generate, including reasoning, at least 1." }),
    maxTokens: t.int({
      description:
        "Most tokens to generate, at least 1. The older name of `maxCompletionTokens`, for models and servers that know no other.",
    }),
    presencePenalty: t.float({ description: "-2 to 2. Values above 0 make new topics likelier." }),
    frequencyPenalty: t.float({ description: "-2 to 2. Values above 0 make repetition less likely." }),
    logitBias: t.field({
      type: "JSONObject",
      description: "Maps token ids to a bias from -100 to 100. Passed on unchanged.",
    }),
    logprobs: t.boolean({ description: "Whether to return the log probabilities of the answer's tokens." }),
    topLogprobs: t.int({
      description: "How many of the likeliest tokens to return for each position, 0 to 20. Needs `logprobs`.",
    }),
    responseFormat: t.field({ type: ResponseFormatInput, description: "The format of the answer. Null means text." }),
    tools: t.field({ type: [ChatToolInput], description: "The tools that the model may call." }),
    toolChoice: t.field({ type: ChatToolChoiceInput, description: "Which tools the model may or must call." }),
    parallelToolCalls: t.boolean({ description: "Whether the model may call several tools at once." }),
    reasoningEffort: t.field({ type: ReasoningEffort, description: "How much a reasoning model thinks." }),
    verbosity: t.field({ type: Verbosity, description: "How wordy the answer is." }),
    modalities: t.field({ type: [Modality], description: "The kinds of output. Null means text." }),
    audio: t.field({
      type: ChatAudioInput,
      description: "The voice and format of spoken answers. Required if `modalities` contains AUDIO.",
    }),
    prediction: t.string({
      description: "Text that the answer will mostly repeat, such as a file to be edited. Makes the answer faster.",
    }),
    webSearchOptions: t.field({
      type: "JSONObject",
      description: "Options of the web search, in OpenAI's spelling. Passed on unchanged.",
    }),
    seed: t.field({
      type: "SafeInt",
      description:
        "Asks the upstream to answer the same request in the same way, as far as it can. Deprecated by OpenAI.",
    }),
    serviceTier: t.field({ type: ServiceTier, description: "The service tier, which decides price and speed." }),
    store: t.boolean({ description: "Whether the upstream keeps the answer for its evals and dashboards." }),
    metadata: t.field({
      type: "JSONObject",
      description: "Up to 16 pairs of texts that are kept with a stored answer. Passed on unchanged.",
    }),
    moderation: t.field({
      type: "JSONObject",
      description: "Options for the moderation of input and output, in OpenAI's spelling. Passed on unchanged.",
    }),
    promptCacheKey: t.string({ description: "A key that groups requests with a common prefix for the prompt cache." }),
    promptCacheOptions: t.field({
      type: "JSONObject",
      description: "Options of the prompt cache, in OpenAI's spelling. Passed on unchanged.",
    }),
    safetyIdentifier: t.string({
      description: "A stable, hashed id of the end user, for the upstream's abuse detection.",
    }),
    user: t.string({
      description: "An id of the end user. OpenAI has replaced it by `safetyIdentifier` and `promptCacheKey`.",
    }),
    extraBody: t.field({
      type: "JSONObject",
      description:
        "Further fields of the request, for what the upstream supports and this schema does not, in the upstream's spelling, at most 256. Fields that this schema has are refused. In production the operator allows it, or some names, by `EXTRA_BODY` or for a caller.",
    }),
  }),
});
function createChatRequest(input, limits2) {
  checkModelName("input.model", input.model);
  checkChatMessages(input.messages, limits2.maxMessages);
  checkOutputCap(limits2, input, ["maxCompletionTokens", "maxTokens"]);
  checkLength("input.stop", input.stop, [0, 4]);
  checkRanges(input, {
    temperature: [0, 2],
    topP: [0, 1],
    n: [1, limits2.maxN],
    presencePenalty: [-2, 2],
    frequencyPenalty: [-2, 2],
    topLogprobs: [0, 20],
  });
  const either = limits2.sendsBothCaps ? (input.maxCompletionTokens ?? input.maxTokens) : void 0;
  return createRequest(
    {
      model: input.model,
      messages: input.messages.map(createWireMessage),
      temperature: input.temperature,
      top_p: input.topP,
      n: input.n,
      stop: input.stop,
      max_completion_tokens: input.maxCompletionTokens ?? either,
      max_tokens: input.maxTokens ?? either,
      presence_penalty: input.presencePenalty,
      frequency_penalty: input.frequencyPenalty,
      logit_bias: input.logitBias,
      logprobs: input.logprobs,
      top_logprobs: input.topLogprobs,
      response_format: input.responseFormat && createWireResponseFormat(input.responseFormat),
      tools: input.tools?.map(createWireTool),
      tool_choice: input.toolChoice && createWireToolChoice(input.toolChoice),
      parallel_tool_calls: input.parallelToolCalls,
      reasoning_effort: input.reasoningEffort,
      verbosity: input.verbosity,
      modalities: input.modalities,
      audio: input.audio && { format: input.audio.format, voice: input.audio.voice },
      prediction: typeof input.prediction === "string" ? { type: "content", content: input.prediction } : null,
      web_search_options: input.webSearchOptions,
      seed: input.seed,
      service_tier: input.serviceTier,
      store: input.store,
      metadata: input.metadata,
      moderation: input.moderation,
      prompt_cache_key: input.promptCacheKey,
      prompt_cache_options: input.promptCacheOptions,
      safety_identifier: input.safetyIdentifier,
      user: input.user,
    },
    input.extraBody,
    limits2,
  );
}

// ../w-streams/src/schema/chat/message.ts
var FunctionCall = builder.objectRef("FunctionCall").implement({
  description: "The function that the model calls.",
  fields: (t) => ({
    name: t.string({ description: "The function's name.", resolve: (call) => readString2(call.name) }),
    arguments: t.string({
      description: "Its arguments: JSON text as the model wrote it. It may be invalid, so parse it with care.",
      resolve: (call) => readString2(call.arguments),
    }),
  }),
});
var CustomToolCall = builder.objectRef("CustomToolCall").implement({
  description: "The custom tool that the model calls.",
  fields: (t) => ({
    name: t.string({ description: "The tool's name.", resolve: (call) => readString2(call.name) }),
    input: t.string({
      description: "The text that the model passes to it.",
      resolve: (call) => readString2(call.input),
    }),
  }),
});
var ToolCall = builder.objectRef("ToolCall").implement({
  description: "A tool that the model calls. Run it and send the result in a TOOL message.",
  fields: (t) => ({
    id: t.id({
      description: "The call's id, to be repeated in `toolCallId`.",
      resolve: (call) => readString2(call.id),
    }),
    type: t.string({ description: "`function` or `custom`.", resolve: (call) => readString2(call.type) }),
    function: t.field({
      type: FunctionCall,
      description: "The function. Null if the tool is not a function.",
      resolve: (call) => readObject2(call.function),
    }),
    custom: t.field({
      type: CustomToolCall,
      description: "The custom tool. Null if the tool is a function.",
      resolve: (call) => readObject2(call.custom),
    }),
  }),
});
var UrlCitation = builder.objectRef("UrlCitation").implement({
  description: "A web page that the answer cites.",
  fields: (t) => ({
    url: t.string({ nullable: false, description: "The page's URL.", resolve: (citation) => citation.url }),
    title: t.string({ description: "The page's title.", resolve: (citation) => readString2(citation.title) }),
    startIndex: t.int({
      description: "Index of the first character in `content` of the text that cites the page.",
      resolve: (citation) => readInt(citation.start_index),
    }),
    endIndex: t.int({
      description: "Index of the last character in `content` of the text that cites the page.",
      resolve: (citation) => readInt(citation.end_index),
    }),
  }),
});
var ChatAudio = builder.objectRef("ChatAudio").implement({
  description: "The answer as audio.",
  fields: (t) => ({
    id: t.id({
      description: "The id of the audio, for `audioId` of a later message.",
      resolve: (audio) => readString2(audio.id),
    }),
    data: t.string({
      description: "The audio in base64, in the requested format.",
      resolve: (audio) => readString2(audio.data),
    }),
    transcript: t.string({ description: "The spoken text.", resolve: (audio) => readString2(audio.transcript) }),
    expiresAt: t.field({
      type: "DateTime",
      description: "Until when the upstream accepts the id.",
      resolve: (audio) => readTime(audio.expires_at),
    }),
  }),
});
var ChatMessage = builder.objectRef("ChatMessage").implement({
  description: "What the model answered.",
  fields: (t) => ({
    role: t.field({
      type: ChatRole,
      description: "ASSISTANT. Null if the upstream sends no role, or one that this schema does not know.",
      resolve: (message) => readChatRole(message.role),
    }),
    content: t.string({
      description: "The text. Null if the model refuses or calls tools.",
      resolve: (message) => readContent(message.content),
    }),
    refusal: t.string({
      description: "Why the model refuses. Null if it does not.",
      resolve: (message) => readString2(message.refusal),
    }),
    reasoning: t.string({
      description: "The model's reasoning, if a compatible server sends it (as `reasoning_content` or `reasoning`).",
      resolve: (message) => readString2(message.reasoning_content) ?? readString2(message.reasoning),
    }),
    toolCalls: t.field({
      type: [ToolCall],
      description: "The tools that the model calls. Null if it calls none.",
      resolve: (message) => readObjects(message.tool_calls),
    }),
    functionCall: t.field({
      type: FunctionCall,
      description:
        "The function that the model calls in the deprecated `function_call` format, which a request uses by `functions` in `extraBody`. Null if there is none.",
      resolve: (message) => readObject2(message.function_call),
    }),
    annotations: t.field({
      type: [UrlCitation],
      description: "The web pages that the answer cites, after a web search. Null if the upstream reports none.",
      resolve: (message) =>
        readObjects(message.annotations)?.flatMap(({ url_citation }) => {
          const citation = readObject2(url_citation);
          const url = readString2(citation?.url);
          return citation && url !== null ? [{ ...citation, url }] : [];
        }),
    }),
    audio: t.field({
      type: ChatAudio,
      description: "The answer as audio. Null unless the request asks for it.",
      resolve: (message) => readObject2(message.audio),
    }),
  }),
});

// ../w-streams/src/schema/chat/chat.ts
var ChatChoice = builder.objectRef("ChatChoice").implement({
  description: "One of the answers that the request asks for.",
  fields: (t) => ({
    index: t.exposeInt("index", { nullable: false, description: "Its number among the choices, from 0." }),
    message: t.field({
      type: ChatMessage,
      nullable: false,
      description: "What the model answered.",
      resolve: (choice) => readObject2(choice.message) ?? {},
    }),
    finishReason: t.field({
      type: FinishReason,
      description: "Why it ended. Null if the upstream does not report it.",
      resolve: (choice) => readFinishReason(choice.finish_reason),
    }),
    logprobs: t.field({
      type: ChoiceLogprobs,
      description: "Log probabilities of its tokens. Null unless the request asks for them.",
      resolve: (choice) => readObject2(choice.logprobs),
    }),
  }),
});
var ChatCompletion = builder.objectRef("ChatCompletion").implement({
  description: "The whole answer to a chat request. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    id: t.exposeID("id", {
      nullable: false,
      description: "The upstream's id of the answer. This server makes one up if the upstream sends none.",
    }),
    object: t.string({
      description: "Always `chat.completion`.",
      resolve: (completion) => readString2(completion.object),
    }),
    created: t.field({
      type: "DateTime",
      description: "When the answer was created.",
      resolve: (completion) => readTime(completion.created),
    }),
    model: t.string({
      description: "The full name of the model that answered.",
      resolve: (completion) => readString2(completion.model),
    }),
    choices: t.field({
      type: [ChatChoice],
      nullable: false,
      description: "The answers, `n` of them.",
      resolve: (completion) => readNumbered(completion.choices),
    }),
    text: t.string({
      description:
        "The content of the first choice, which is all that most clients show. Null if the model refuses or calls tools.",
      resolve: (completion) => {
        const choice = firstChoice(completion.choices);
        return readContent(readObject2(choice?.message)?.content);
      },
    }),
    usage: t.field({
      type: Usage,
      description: "The tokens used.",
      resolve: (completion) => readObject2(completion.usage),
    }),
    serviceTier: t.string({
      description: "The tier that served the request, in the upstream's spelling.",
      resolve: (completion) => readString2(completion.service_tier),
    }),
    systemFingerprint: t.string({
      description: "Changes when the upstream's backend changes; see `seed`.",
      resolve: (completion) => readString2(completion.system_fingerprint),
    }),
    metadata: t.field({
      type: "JSONObject",
      description: "The request's metadata, if the answer is stored.",
      resolve: (completion) => readObject2(completion.metadata),
    }),
    moderation: t.field({
      type: "JSONObject",
      description: "The results of the moderation, in the upstream's spelling. Null unless the request asks for them.",
      resolve: (completion) => readObject2(completion.moderation),
    }),
  }),
});
builder.mutationField("chat", (t) =>
  t.field({
    type: ChatCompletion,
    description:
      "Asks a model for the next message of a conversation and waits for the whole answer.\n\nREST: `POST /chat/completions`",
    args: { input: t.arg({ type: ChatInput, required: true, description: "The request." }) },
    resolve: (_, { input }, { openai: openai2, signal, requestLimits }) =>
      createChatCompletion(openai2, createChatRequest(input, requestLimits), signal),
  }),
);

// ../w-streams/src/schema/shared/text-so-far.ts
function readTextSoFar(chunk, text) {
  return transcriptOf(chunk)?.add(chunk, text) ?? text ?? "";
}

// ../w-streams/src/schema/chat/chunk.ts
var ToolCallDelta = builder.objectRef("ToolCallDelta").implement({
  description: "A piece of a tool call. Pieces with the same `index` belong together: join their texts in order.",
  fields: (t) => ({
    index: t.exposeInt("index", { nullable: false, description: "The call's number in its choice, from 0." }),
    id: t.id({ description: "The call's id, on its first piece.", resolve: (call) => readString2(call.id) }),
    type: t.string({
      description: "`function` or `custom`, on its first piece.",
      resolve: (call) => readString2(call.type),
    }),
    function: t.field({
      type: FunctionCall,
      description: "A piece of the function call: the name is on the first piece, the arguments are spread over all.",
      resolve: (call) => readObject2(call.function),
    }),
    custom: t.field({
      type: CustomToolCall,
      description: "A piece of the custom tool call.",
      resolve: (call) => readObject2(call.custom),
    }),
  }),
});
var ChatDelta = builder.objectRef("ChatDelta").implement({
  description: "What a chunk adds to a choice's message. A field is null if the chunk adds nothing to it.",
  fields: (t) => ({
    role: t.field({
      type: ChatRole,
      description: "ASSISTANT, on the first chunk.",
      resolve: (delta) => readChatRole(delta.role),
    }),
    content: t.string({ description: "More of the text.", resolve: (delta) => readContent(delta.content) }),
    refusal: t.string({ description: "More of the refusal.", resolve: (delta) => readString2(delta.refusal) }),
    reasoning: t.string({
      description: "More of the reasoning, if a compatible server sends it (as `reasoning_content` or `reasoning`).",
      resolve: (delta) => readString2(delta.reasoning_content) ?? readString2(delta.reasoning),
    }),
    toolCalls: t.field({
      type: [ToolCallDelta],
      description: "More of the tool calls.",
      resolve: (delta) => (delta.tool_calls ? readNumbered(delta.tool_calls) : null),
    }),
    functionCall: t.field({
      type: FunctionCall,
      description: "More of a call in the deprecated `function_call` format.",
      resolve: (delta) => readObject2(delta.function_call),
    }),
    audio: t.field({
      type: ChatAudio,
      description: "More of the audio.",
      resolve: (delta) => readObject2(delta.audio),
    }),
  }),
});
var ChatChunkChoice = builder.objectRef("ChatChunkChoice").implement({
  description: "What a chunk adds to one of the choices.",
  fields: (t) => ({
    index: t.exposeInt("index", { nullable: false, description: "The choice's number, from 0." }),
    delta: t.field({
      type: ChatDelta,
      nullable: false,
      description: "What the chunk adds to the message.",
      resolve: (choice) => readObject2(choice.delta) ?? {},
    }),
    finishReason: t.field({
      type: FinishReason,
      description: "Why the choice ended, on its last chunk. Null while it continues.",
      resolve: (choice) => readFinishReason(choice.finish_reason),
    }),
    logprobs: t.field({
      type: ChoiceLogprobs,
      description: "Log probabilities of the tokens that the chunk adds. Null unless the request asks for them.",
      resolve: (choice) => readObject2(choice.logprobs),
    }),
  }),
});
var ChatCompletionChunk = builder.objectRef("ChatCompletionChunk").implement({
  description: "A piece of an answer to a chat request. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    id: t.exposeID("id", { nullable: false, description: "The answer's id, the same on all its chunks." }),
    object: t.string({
      description: "Always `chat.completion.chunk`.",
      resolve: (chunk) => readString2(chunk.object),
    }),
    created: t.field({
      type: "DateTime",
      description: "When the answer began.",
      resolve: (chunk) => readTime(chunk.created),
    }),
    model: t.string({
      description: "The full name of the model that answers.",
      resolve: (chunk) => readString2(chunk.model),
    }),
    choices: t.field({
      type: [ChatChunkChoice],
      nullable: false,
      description: "What the chunk adds to the choices. Empty on the chunk that carries the usage.",
      resolve: (chunk) => readNumbered(chunk.choices),
    }),
    text: t.string({
      description: "What the chunk adds to the first choice's content. Null if it adds nothing.",
      resolve: readText,
    }),
    textSoFar: t.string({
      nullable: false,
      description:
        "The first choice's content up to and including this chunk. Useful if a client shows only the latest event.",
      resolve: (chunk) => readTextSoFar(chunk, readText(chunk)),
    }),
    usage: t.field({
      type: Usage,
      description: "The tokens used, on the last chunk; null on the others. This server always asks for them.",
      resolve: (chunk) => readObject2(chunk.usage),
    }),
    moderation: t.field({
      type: "JSONObject",
      description: "The results of the moderation, in the upstream's spelling. Null unless the request asks for them.",
      resolve: (chunk) => readObject2(chunk.moderation),
    }),
    serviceTier: t.string({
      description: "The tier that serves the request, in the upstream's spelling.",
      resolve: (chunk) => readString2(chunk.service_tier),
    }),
    systemFingerprint: t.string({
      description: "Changes when the upstream's backend changes; see `seed`.",
      resolve: (chunk) => readString2(chunk.system_fingerprint),
    }),
  }),
});
function readText(chunk) {
  const choice = firstChoice(chunk.choices);
  return readContent(readObject2(choice?.delta)?.content);
}
builder.subscriptionField("chat", (t) =>
  t.field({
    type: ChatCompletionChunk,
    nullable: false,
    description:
      "Asks a model for the next message of a conversation and returns the answer in chunks as they arrive. The stream completes only if the answer is complete; otherwise it ends with an error.\n\nREST: `POST /chat/completions` with `stream: true`",
    args: { input: t.arg({ type: ChatInput, required: true, description: "The request." }) },
    subscribe: (_, { input }, { openai: openai2, signal, requestLimits }) =>
      streamChatCompletion(openai2, createChatRequest(input, requestLimits), signal),
    resolve: (chunk) => chunk,
  }),
);

// ../w-streams/src/openai/completions.ts
var COUNTED_ELSEWHERE2 = /* @__PURE__ */ new Set(["prompt", ...CHOICE_FIELDS]);
var COMPLETIONS = defineEndpoint({
  method: "POST",
  path: "/completions",
  modelIn: "body",
  isPaid: true,
  operationName: "text_completion",
  estimate({ json }, obeyedCaps = ALL_CAPS) {
    const body = isRecord(json) ? json : {};
    const prompt = countText(body.prompt) + countFields(body, COUNTED_ELSEWHERE2);
    const prompts = Array.isArray(body.prompt) ? body.prompt.length : 1;
    return { prompt, ...estimateChoices(body, prompts, completionCapsOf(obeyedCaps)) };
  },
  readUsage,
  countOutput,
  hasOutput,
  readAddedText,
  followStream: () => new ChoiceProgress(),
});
async function createCompletion(client2, request, signal) {
  const body = await client2.request({ endpoint: COMPLETIONS, json: request }, signal);
  return withId(expectAnswer(body, "choices", COMPLETIONS), "cmpl");
}
function streamCompletion(client2, request, callerSignal) {
  const json = { ...request, stream: true, stream_options: { include_usage: true } };
  return new ChunkStream(callerSignal, (take, signal) =>
    readChunks((events2) => client2.stream({ endpoint: COMPLETIONS, json }, signal, events2), "cmpl", take),
  );
}

// ../w-streams/src/schema/completions/input.ts
var CompleteInput = builder.inputType("CompleteInput", {
  description:
    "A request to continue a text. Fields that are null or absent are not sent, so the upstream's own defaults apply.",
  fields: (t) => ({
    model: t.string({ required: true, description: MODEL_NAME }),
    prompt: t.stringList({ required: true, description: "The text to continue, or a list of at least one text." }),
    suffix: t.string({ description: "Text that comes after the continuation." }),
    maxTokens: t.int({ description: "Most tokens to generate, at least 1." }),
    temperature: t.float({ description: "Sampling temperature, 0 to 2: higher is more random." }),
    topP: t.float({
      description:
        "Nucleus sampling, 0 to 1: the model considers only the likeliest tokens that together have this probability.",
    }),
    n: t.int({ description: "How many continuations for each prompt, at least 1. Each one is billed." }),
    bestOf: t.int({
      description:
        "How many continuations to generate, of which the best `n` are returned; at least `n`. Each one is billed.",
    }),
    echo: t.boolean({ description: "Whether the text repeats the prompt before the continuation." }),
    logprobs: t.int({ description: "How many of the likeliest tokens to return for each position, 0 to 5." }),
    stop: t.stringList({ description: "Up to 4 texts at which the model stops. They do not appear in the answer." }),
    presencePenalty: t.float({ description: "-2 to 2. Values above 0 make new topics likelier." }),
    frequencyPenalty: t.float({ description: "-2 to 2. Values above 0 make repetition less likely." }),
    logitBias: t.field({
      type: "JSONObject",
      description: "Maps token ids to a bias from -100 to 100. Passed on unchanged.",
    }),
    seed: t.field({
      type: "SafeInt",
      description: "Asks the upstream to answer the same request in the same way, as far as it can.",
    }),
    user: t.string({ description: "An id of the end user, for the upstream's abuse detection." }),
    extraBody: t.field({
      type: "JSONObject",
      description:
        "Further fields of the request, for what the upstream supports and this schema does not, in the upstream's spelling, at most 256. Fields that this schema has are refused. In production the operator allows it, or some names, by `EXTRA_BODY` or for a caller.",
    }),
  }),
});
function createCompletionRequest(input, limits2) {
  const { prompt, n, bestOf } = input;
  checkModelName("input.model", input.model);
  checkOutputCap(limits2, input, ["maxTokens"]);
  checkLength("input.prompt", prompt, [1, Number.POSITIVE_INFINITY]);
  checkLength("input.stop", input.stop, [0, 4]);
  checkRanges(input, {
    temperature: [0, 2],
    topP: [0, 1],
    n: [1, limits2.maxN],
    bestOf: [1, limits2.maxN],
    logprobs: [0, 5],
    presencePenalty: [-2, 2],
    frequencyPenalty: [-2, 2],
  });
  if (typeof bestOf === "number" && bestOf < (n ?? 1))
    refuse2("input.bestOf", `must be at least n (${n ?? 1}); got ${bestOf}.`);
  const choices = prompt.length * Math.max(n ?? 1, bestOf ?? 1);
  if (choices > limits2.maxN)
    refuse2("input.prompt", `must ask for at most ${limits2.maxN} choices, all prompts together; got ${choices}.`);
  return createRequest(
    {
      model: input.model,
      prompt: prompt.length === 1 ? (prompt[0] ?? "") : prompt,
      suffix: input.suffix,
      max_tokens: input.maxTokens,
      temperature: input.temperature,
      top_p: input.topP,
      n,
      best_of: bestOf,
      echo: input.echo,
      logprobs: input.logprobs,
      stop: input.stop,
      presence_penalty: input.presencePenalty,
      frequency_penalty: input.frequencyPenalty,
      logit_bias: input.logitBias,
      seed: input.seed,
      user: input.user,
    },
    input.extraBody,
    limits2,
  );
}

// ../w-streams/src/schema/completions/completions.ts
var CompletionLogprobs = builder.objectRef("CompletionLogprobs").implement({
  description: "Log probabilities of a choice's tokens: four lists with one entry for each token.",
  fields: (t) => ({
    tokens: t.stringList({
      description: "The text of each token.",
      resolve: (logprobs) => readList(logprobs.tokens, (token2) => readString2(token2) ?? ""),
    }),
    tokenLogprobs: t.field({
      type: ["Float"],
      nullable: { list: true, items: true },
      description: "Natural logarithm of each token's probability; null for the first token of an echoed prompt.",
      resolve: (logprobs) => (Array.isArray(logprobs.token_logprobs) ? logprobs.token_logprobs.map(readFloat) : null),
    }),
    textOffset: t.intList({
      description: "Where each token begins in the text, in characters.",
      resolve: (logprobs) => readList(logprobs.text_offset, readInt),
    }),
    topLogprobs: t.field({
      type: ["JSONObject"],
      nullable: { list: true, items: true },
      description: "The likeliest tokens at each position: an object from the token's text to its log probability.",
      resolve: (logprobs) =>
        Array.isArray(logprobs.top_logprobs) ? logprobs.top_logprobs.map((top) => readObject2(top)) : null,
    }),
  }),
});
var CompletionChoice = builder.objectRef("CompletionChoice").implement({
  description: "One of the continuations that the request asks for.",
  fields: (t) => ({
    index: t.exposeInt("index", {
      nullable: false,
      description: "Its number among the choices, from 0, in the order of the prompts.",
    }),
    text: t.string({
      description: "The continuation; in a stream, what this piece adds to it.",
      resolve: (choice) => readString2(choice.text),
    }),
    finishReason: t.field({
      type: FinishReason,
      description: "Why it ended. Null if the upstream does not report it.",
      resolve: (choice) => readFinishReason(choice.finish_reason),
    }),
    logprobs: t.field({
      type: CompletionLogprobs,
      description: "Log probabilities of its tokens. Null unless the request asks for them.",
      resolve: (choice) => readObject2(choice.logprobs),
    }),
  }),
});
var Completion = builder.objectRef("Completion").implement({
  description:
    "The continuation of one or more prompts; in a stream, a piece of it. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    id: t.exposeID("id", {
      nullable: false,
      description: "The upstream's id of the answer. This server makes one up if the upstream sends none.",
    }),
    object: t.string({
      description: "Always `text_completion`.",
      resolve: (completion) => readString2(completion.object),
    }),
    created: t.field({
      type: "DateTime",
      description: "When the answer was created.",
      resolve: (completion) => readTime(completion.created),
    }),
    model: t.string({
      description: "The full name of the model that answered.",
      resolve: (completion) => readString2(completion.model),
    }),
    choices: t.field({
      type: [CompletionChoice],
      nullable: false,
      description: "The continuations, `n` for each prompt.",
      resolve: (completion) => readNumbered(completion.choices),
    }),
    text: t.string({
      description: "The first choice's text; in a stream, what this piece adds to it.",
      resolve: readText2,
    }),
    textSoFar: t.string({
      nullable: false,
      description: "The first choice's text; in a stream, up to and including this piece.",
      resolve: (completion) => readTextSoFar(completion, readText2(completion)),
    }),
    usage: t.field({
      type: Usage,
      description: "The tokens used; in a stream, on the last piece.",
      resolve: (completion) => readObject2(completion.usage),
    }),
    systemFingerprint: t.string({
      description: "Changes when the upstream's backend changes; see `seed`.",
      resolve: (completion) => readString2(completion.system_fingerprint),
    }),
  }),
});
function readText2(completion) {
  return readString2(firstChoice(completion.choices)?.text);
}
builder.mutationField("complete", (t) =>
  t.field({
    type: Completion,
    description: "Continues one or more prompts and waits for the whole answer.\n\nREST: `POST /completions`",
    args: { input: t.arg({ type: CompleteInput, required: true, description: "The request." }) },
    resolve: (_, { input }, { openai: openai2, signal, requestLimits }) =>
      createCompletion(openai2, createCompletionRequest(input, requestLimits), signal),
  }),
);
builder.subscriptionField("complete", (t) =>
  t.field({
    type: Completion,
    nullable: false,
    description:
      "Continues one or more prompts and returns the texts in pieces as they arrive. The stream completes only if the answer is complete; otherwise it ends with an error.\n\nREST: `POST /completions` with `stream: true`",
    args: { input: t.arg({ type: CompleteInput, required: true, description: "The request." }) },
    subscribe: (_, { input }, { openai: openai2, signal, requestLimits }) =>
      streamCompletion(openai2, createCompletionRequest(input, requestLimits), signal),
    resolve: (completion) => completion,
  }),
);

// ../w-streams/src/openai/client/multipart.ts
import { setImmediate as eventLoopTurn } from "node:timers/promises";

var StreamedFile = class {
  #source;
  #file;
  /** Whether the first byte was asked for: from then on the call is not repeated. */
  started = false;
  /** Called when the upstream has taken no byte for the time that `limitTaking` sets. */
  #onUntaken;
  #takeWithinMs = 0;
  /** What the file's own stream threw, as opposed to the upstream's socket. */
  failure;
  constructor(source) {
    this.#source = source;
  }
  /** To be called before the request is sent. Throws what the file's own `open` throws. */
  async open() {
    this.#file ??= await this.#source.open();
  }
  get filename() {
    return harmlessFilename(this.#opened.filename);
  }
  get contentType() {
    return harmlessType(this.#opened.contentType);
  }
  get sizeBytes() {
    return this.#opened.sizeBytes;
  }
  get #opened() {
    if (!this.#file) throw new TypeError("A file is opened before it is sent.");
    return this.#file;
  }
  /** Calls `onUntaken` once the upstream has not taken a chunk for `takeWithinMs`: the client waits behind it meanwhile. */
  limitTaking(takeWithinMs, onUntaken) {
    this.#takeWithinMs = takeWithinMs;
    this.#onUntaken = onUntaken;
  }
  async *stream() {
    this.started = true;
    try {
      for await (const chunk of this.#opened.stream()) {
        await letAnswerIn();
        const timer = setTimeout(() => this.#onUntaken?.(), this.#takeWithinMs);
        try {
          yield chunk;
        } finally {
          clearTimeout(timer);
        }
      }
      await letAnswerIn();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
};
async function letAnswerIn() {
  await eventLoopTurn();
  await eventLoopTurn();
}
async function openFiles(fields) {
  for (const value of Object.values(fields)) if (value instanceof StreamedFile) await value.open();
}
function harmlessFilename(filename) {
  const segment = filename.split(/[/\\]/).at(-1) ?? "";
  const name = segment
    .replace(/["'`;:*?<>|%\p{C}]/gu, "")
    .replace(/^[\s.]+/, "")
    .trim();
  const [, stem = "", extension = ""] = /^(.*?)(\.[^.]{1,10})?$/u.exec(name) ?? [];
  return [...stem].slice(0, 100 - extension.length).join("") + extension || "image";
}
function harmlessType(type) {
  const essence = type.split(";")[0]?.trim() ?? "";
  return /^[\w.+-]+\/[\w.+-]+$/.test(essence) ? essence : "application/octet-stream";
}

// ../w-streams/src/openai/images.ts
var TOKENS_PER_IMAGE = 8e3;
var IMAGE_VARIATIONS = defineEndpoint({
  method: "POST",
  path: "/images/variations",
  modelIn: "body",
  isPaid: true,
  operationName: "image_variation",
  estimate: (request) => estimateImages(request, 0),
  readUsage,
  countOutput: () => void 0,
  hasOutput: () => false,
});
var IMAGE_EDITS = defineEndpoint({
  method: "POST",
  path: "/images/edits",
  modelIn: "body",
  isPaid: true,
  operationName: "image_variation",
  estimate: (request) => estimateImages(request, TOKENS_PER_IMAGE),
  readUsage,
  countOutput: () => void 0,
  hasOutput: () => false,
});
var RETIRED =
  "OpenAI retired POST /images/variations (dall-e-2) on 2026-05-12. Set IMAGE_VARIATIONS_VIA=edits on this server to serve imageVariations by POST /images/edits with a GPT image model, or point OPENAI_BASE_URL at a server that has the endpoint.";
async function createImageVariation(client2, request, route, signal) {
  const { image, model, n, size, response_format, user } = request;
  const common = { n: n?.toString(), size, user };
  const file = new StreamedFile(image);
  if (route.via === "edits") {
    const multipart2 = { model: model ?? route.model, prompt: route.prompt, ...common, image: file };
    const body = await client2.request({ endpoint: IMAGE_EDITS, multipart: multipart2 }, signal);
    return expectAnswer(body, "data", IMAGE_EDITS);
  }
  const multipart = {
    model,
    ...common,
    response_format: response_format ?? void 0,
    image: file,
  };
  try {
    const body = await client2.request({ endpoint: IMAGE_VARIATIONS, multipart }, signal);
    return expectAnswer(body, "data", IMAGE_VARIATIONS);
  } catch (error) {
    if (!(error instanceof OpenAIError) || error.details.status !== 404) throw error;
    throw new OpenAIError("status", `${error.message} ${RETIRED}`, error.details, error);
  }
}
function estimateImages({ multipart }, tokensPerImage) {
  const images = Number(multipart?.n ?? 1);
  return { prompt: 0, output: images * tokensPerImage, choices: images, isCapped: true };
}

// ../w-streams/src/schema/images.ts
var Image = builder.objectRef("Image").implement({
  description: "One image.",
  fields: (t) => ({
    url: t.string({
      description:
        "The image's URL. OpenAI's URLs expire after an hour. If variations are made by `POST /images/edits` and the upstream sends only base64, it is a `data:` URL. Null if the upstream sends no URL, as for B64_JSON.",
      resolve: (image, _, { imageVariations }) => {
        const base64 = readString2(image.b64_json);
        if (base64 === null || imageVariations.via === "variations") return readString2(image.url);
        return readString2(image.url) ?? `data:image/${readString2(image.output_format) ?? "png"};base64,${base64}`;
      },
    }),
    b64Json: t.string({
      description: "The image itself in base64. Null if the upstream sends a URL.",
      resolve: (image) => readString2(image.b64_json),
    }),
    revisedPrompt: t.string({
      description: "The prompt as the model rewrote it. Null if it did not.",
      resolve: (image) => readString2(image.revised_prompt),
    }),
  }),
});
var ImageTokensDetails = builder.objectRef("ImageTokensDetails").implement({
  description: "Tokens by kind. A field is null if the upstream does not report it.",
  fields: (t) => ({
    imageTokens: t.int({ description: "Tokens of images.", resolve: (details) => readInt(details.image_tokens) }),
    textTokens: t.int({ description: "Tokens of text.", resolve: (details) => readInt(details.text_tokens) }),
  }),
});
var ImagesUsage = builder.objectRef("ImagesUsage").implement({
  description: "The tokens that GPT image models used.",
  fields: (t) => ({
    inputTokens: t.int({ description: "Tokens of the input.", resolve: (usage) => readInt(usage.input_tokens) }),
    outputTokens: t.int({ description: "Tokens of the images.", resolve: (usage) => readInt(usage.output_tokens) }),
    totalTokens: t.int({
      description: "Tokens of input and images together.",
      resolve: (usage) => readInt(usage.total_tokens),
    }),
    inputTokensDetails: t.field({
      type: ImageTokensDetails,
      description: "The input's tokens by kind.",
      resolve: (usage) => readObject2(usage.input_tokens_details),
    }),
    outputTokensDetails: t.field({
      type: ImageTokensDetails,
      description: "The images' tokens by kind.",
      resolve: (usage) => readObject2(usage.output_tokens_details),
    }),
  }),
});
var ImagesResponse = builder.objectRef("ImagesResponse").implement({
  description: "Images made by the upstream. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    created: t.field({
      type: "DateTime",
      description: "When the images were created.",
      resolve: (images) => readTime(images.created),
    }),
    data: t.field({
      type: [Image],
      nullable: false,
      description: "The images, `n` of them.",
      resolve: ({ data, output_format }) => (readObjects(data) ?? []).map((image) => ({ ...image, output_format })),
    }),
    usage: t.field({
      type: ImagesUsage,
      description: "The tokens used. Null if the model is not billed by tokens.",
      resolve: (images) => readObject2(images.usage),
    }),
    size: t.string({
      description: "The images' size in pixels, such as `1024x1024`.",
      resolve: (images) => readString2(images.size),
    }),
    quality: t.string({
      description: "The images' quality, in the upstream's words.",
      resolve: (images) => readString2(images.quality),
    }),
    background: t.string({
      description: "The images' background: `transparent` or `opaque`.",
      resolve: (images) => readString2(images.background),
    }),
    outputFormat: t.string({
      description: "The images' file format: `png`, `webp` or `jpeg`.",
      resolve: (images) => readString2(images.output_format),
    }),
  }),
});
var ImageResponseFormat = builder.enumType("ImageResponseFormat", {
  description: "How the images are returned.",
  values: {
    URL: { value: "url", description: "As URLs." },
    B64_JSON: { value: "b64_json", description: "As base64." },
  },
});
var ImageVariationsInput = builder.inputType("ImageVariationsInput", {
  description:
    "A request for variations of an image. Fields that are null or absent are not sent, so the upstream's own defaults apply.",
  fields: (t) => ({
    image: t.field({
      type: "Upload",
      required: true,
      description:
        "The image. OpenAI's dall-e-2 takes square PNGs of less than 4 MB. The upstream checks format and shape.",
    }),
    model: t.string({
      description: `${MODEL_NAME} Null leaves the choice to the operator or the upstream.`,
    }),
    n: t.int({ description: "How many variations, 1 to 10. Each one is billed." }),
    size: t.string({ description: "The images' size in pixels, such as `256x256`, `512x512` or `1024x1024`." }),
    responseFormat: t.field({
      type: ImageResponseFormat,
      description: "How the images are returned. Null leaves the choice to the upstream.",
    }),
    user: t.string({ description: "An id of the end user, for the upstream's abuse detection." }),
  }),
});
builder.mutationField("imageVariations", (t) =>
  t.field({
    type: ImagesResponse,
    description:
      "Uploads an image and makes variations of it.\n\nREST: `POST /images/variations`, or `POST /images/edits` if the operator configures it.",
    args: { input: t.arg({ type: ImageVariationsInput, required: true, description: "The request." }) },
    resolve: async (_, { input }, { openai: openai2, signal, imageVariations, maxUploadBytes, requestLimits }) => {
      try {
        const request = createVariationRequest(input, maxUploadBytes, requestLimits);
        return await createImageVariation(openai2, request, imageVariations, signal);
      } finally {
        input.image.discard();
      }
    },
  }),
);
function createVariationRequest({ image: received, model, n, size, responseFormat, user }, maxUploadBytes, { maxN }) {
  if (typeof model === "string") checkModelName("input.model", model);
  checkRanges({ n }, { n: [1, Math.min(10, maxN)] });
  const image = { open: () => openImage(received, maxUploadBytes) };
  return given({ image, model, n, size, response_format: responseFormat, user });
}
async function openImage(received, maxUploadBytes) {
  const image = await received.open();
  if (image.sizeBytes === 0) refuse2("input.image", "must not be empty; got 0 bytes.");
  if (image.sizeBytes !== void 0 && image.sizeBytes > maxUploadBytes) {
    const problem = `must be at most ${maxUploadBytes} bytes; got ${image.sizeBytes}.`;
    throw codedError("PAYLOAD_TOO_LARGE", `input.image ${problem}`);
  }
  return image;
}

// ../w-streams/src/schema/index.ts
var schema = builder.toSchema();

// ../w-streams/src/errors/mask.ts
import { GraphQLError as GraphQLError6 } from "graphql";

// ../w-streams/src/openai/client/retry.ts
var QUOTA = /* @__PURE__ */ new Set(["insufficient_quota", "credit_balance_exhausted"]);
function isQuotaExceeded(error) {
  return QUOTA.has(error.details.code ?? "") || QUOTA.has(error.details.type ?? "");
}

// ../w-streams/src/errors/mask.ts
var RENAMED = {
  OPERATION_RESOLUTION_FAILURE: "BAD_REQUEST",
  REQUEST_ENTITY_TOO_LARGE: "PAYLOAD_TOO_LARGE",
};
var FALLBACKS = {
  GRAPHQL_PARSE_FAILED: "The document is not GraphQL.",
  GRAPHQL_VALIDATION_FAILED: "The document does not fit the schema.",
  BAD_USER_INPUT: "A value does not fit its type.",
};
function createMaskError(report, options = { hideSuggestions: true }) {
  return function maskError(error) {
    const located = error instanceof GraphQLError6 ? error : void 0;
    const thrown = findCause(error);
    const { message, extensions } = describe(thrown, located, report, options);
    return new GraphQLError6(message, {
      nodes: located?.nodes ?? null,
      source: located?.source ?? null,
      positions: located?.positions ?? null,
      path: located?.path ?? null,
      extensions,
    });
  };
}
function findCause(error) {
  return error instanceof GraphQLError6 && error.originalError ? findCause(error.originalError) : error;
}
function describe(thrown, located, report, options) {
  if (thrown instanceof OpenAIError) return describeUpstream(thrown);
  if (thrown instanceof CallerGone) return { message: thrown.message, extensions: { code: "BAD_REQUEST" } };
  if (thrown instanceof GraphQLError6) {
    const { originalError: _, unexpected: __, ...extensions } = thrown.extensions;
    const code = RENAMED[String(extensions.code)] ?? String(extensions.code);
    const isVariableError = code === "BAD_USER_INPUT" && !located?.path && located !== thrown;
    if (Object.hasOwn(errorCodes, code) && !isVariableError)
      return { message: readMessage(thrown.message, code, options), extensions: { ...extensions, code } };
    if (!located?.path) {
      const message = safeMessage((located ?? thrown).message, FALLBACKS.BAD_USER_INPUT, options);
      return { message, extensions: { code: "BAD_USER_INPUT", http: { spec: true, status: 400 } } };
    }
    if (thrown.nodes) {
      const message = safeMessage(thrown.message, FALLBACKS.BAD_USER_INPUT, options);
      return { message, extensions: { code: "BAD_USER_INPUT" } };
    }
  }
  if (thrown instanceof RangeError && !located) {
    const message = "The document is nested too deeply.";
    return { message, extensions: { code: "GRAPHQL_PARSE_FAILED", http: { spec: true, status: 400 } } };
  }
  report(thrown);
  return { message: "Internal server error.", extensions: { code: "INTERNAL_SERVER_ERROR" } };
}
function readMessage(message, code, options) {
  switch (code) {
    case "GRAPHQL_PARSE_FAILED":
    case "GRAPHQL_VALIDATION_FAILED":
      return safeMessage(message, FALLBACKS[code], options);
    case "BAD_REQUEST":
      return safeMessage(message, message, options);
    default:
      return message;
  }
}
function describeUpstream(error) {
  const { retryAfterMs, shouldRetry: _, isForeign: __, isUnpaid: ___, ...upstream } = error.details;
  return {
    message: error.message,
    extensions: {
      code: upstreamCode(error),
      ...(upstream.status !== void 0 && { upstream }),
      ...(retryAfterMs !== void 0 && { retryAfterMs }),
    },
  };
}
function upstreamCode(error) {
  switch (error.reason) {
    case "timeout":
      return "UPSTREAM_TIMEOUT";
    case "unavailable":
      return "UPSTREAM_UNAVAILABLE";
    case "interrupted":
      return "UPSTREAM_INTERRUPTED";
    case "invalid_response":
      return "UPSTREAM_INVALID_RESPONSE";
    case "status":
      return isQuotaExceeded(error) ? "UPSTREAM_QUOTA_EXCEEDED" : statusCode(error.details.status ?? 500);
  }
}
function statusCode(status) {
  if (status >= 500) return "UPSTREAM_ERROR";
  const codes = {
    401: "UPSTREAM_UNAUTHENTICATED",
    403: "UPSTREAM_FORBIDDEN",
    404: "UPSTREAM_NOT_FOUND",
    409: "UPSTREAM_CONFLICT",
    429: "UPSTREAM_RATE_LIMITED",
  };
  return codes[status] ?? "UPSTREAM_BAD_REQUEST";
}

// ../w-streams/src/limits/spending.ts
var TOKENS_PER_MS = 0.25;
var CAP_TOLERANCE = 1.1;
var CAP_TOLERANCE_TOKENS = 1;
var NO_SPENDING = {
  addAttempt() {},
  ofAnswer: () => 0,
  addEvent() {},
  addText() {},
  ofStream: () => 0,
  ofRefusal: () => 0,
  soFar: () => 0,
  isComplete: () => false,
  excess: () => void 0,
};
function createSpending(endpoint, { prompt, output, choices, cap }) {
  let startedAt = performance.now();
  let earlier = 0;
  let reported = 0;
  let written = 0;
  let firstWordAt;
  let progress;
  let isOverCap = false;
  const seen = () => (reported || prompt) + written;
  function checkCap(reportedOutput = 0) {
    if (cap === void 0 || isOverCap || !progress) return;
    const most = Math.max(cap * CAP_TOLERANCE, cap + CAP_TOLERANCE_TOKENS);
    isOverCap = progress.leastTokens > most || (!progress.isComplete && reportedOutput > most);
  }
  function soFar() {
    if (reported > 0 && progress?.isComplete) return earlier + seen();
    const silentMs = Math.max(0, (firstWordAt ?? performance.now()) - startedAt);
    const unseen = Math.ceil(silentMs * TOKENS_PER_MS * choices);
    return earlier + Math.max(seen(), Math.min(prompt + output, seen() + unseen));
  }
  return {
    addAttempt() {
      earlier = soFar();
      startedAt = performance.now();
    },
    ofAnswer(answer) {
      const usage = endpoint.readUsage(answer);
      const shown = endpoint.countOutput(answer);
      if (!usage?.total) return earlier + prompt + (shown ?? output);
      return earlier + usage.total + (coversOutput(usage) ? 0 : (shown ?? 0));
    },
    addEvent(event) {
      progress ??= endpoint.followStream?.();
      progress?.add(event);
      const usage = endpoint.readUsage(event);
      written += endpoint.countOutput(event) ?? 0;
      if (written > 0) firstWordAt ??= performance.now();
      if (usage?.total && (usage.total !== reported || progress?.isComplete)) {
        reported = usage.total;
        if (coversOutput(usage)) written = 0;
        startedAt = performance.now();
      }
      checkCap(usage?.output);
    },
    addText(text) {
      progress?.addText(text);
      written += countSaid(text);
      if (written > 0) firstWordAt ??= performance.now();
      checkCap();
    },
    ofStream: () => earlier + seen(),
    ofRefusal: () => earlier,
    soFar,
    isComplete: () => progress?.isComplete ?? false,
    excess() {
      if (!isOverCap) return void 0;
      const problem = `The answer was ended: it goes on beyond the ${cap} tokens that the request allows, so the upstream does not obey the cap. What came is paid for.`;
      return new OpenAIError("invalid_response", problem);
    },
  };
}
function coversOutput({ output }) {
  return output !== 0;
}

// ../w-streams/src/limits/admission.ts
var LARGE_PROMPT = 2e5;
function createAdmission(caller2, { slots, limits: limits2, obeyedCaps }) {
  async function admit(request, signal, call) {
    const { endpoint } = request;
    let undo = () => {};
    try {
      checkModel(caller2, request);
      undo = await limits2.takeRequest(caller2);
      const estimate = endpoint.isPaid ? endpoint.estimate(request, obeyedCaps) : void 0;
      if (estimate && estimate.prompt > LARGE_PROMPT) await untilNextTurn();
      const end = await reserve(request, signal, estimate);
      call?.admitted();
      return { spending: endpoint.isPaid && estimate ? createSpending(endpoint, estimate) : NO_SPENDING, end };
    } catch (error) {
      undo();
      call?.refused(error);
      throw error;
    }
  }
  async function reserve(request, signal, estimate) {
    const reservation = estimate && (await limits2.reserveTokens(caller2, boundsOf(estimate)));
    let release = () => {};
    const end = (usedTokens) => {
      release();
      void reservation?.settle(usedTokens);
    };
    try {
      signal.throwIfAborted();
      release = slots.take(caller2, !request.endpoint.isPaid);
      if (request.multipart) await openFiles(request.multipart);
      signal.throwIfAborted();
      return end;
    } catch (error) {
      end(0);
      throw error;
    }
  }
  async function mayRepeat() {
    try {
      await limits2.takeRequest(caller2);
      return true;
    } catch {
      return false;
    }
  }
  return { admit, mayRepeat };
}
function boundsOf({ prompt, output, isCapped, cap = 0 }) {
  const atMost = prompt + output;
  return { atLeast: isCapped ? Math.max(1, atMost) : prompt + Math.max(1, cap), atMost };
}
function checkModel(caller2, request) {
  if (mayAsk(caller2, request)) return;
  const problem = "The caller may not use this model; `viewer { limits { models } }` lists those it may use.";
  throw codedError(callerLimits.models.code, problem);
}
function mayAsk(caller2, request) {
  return request.endpoint.modelIn === "nowhere" || isModelAllowed(caller2, modelOf(request));
}

// ../w-streams/src/limits/guarded-client.ts
function createGuardedClient(openai2, caller2, gate, readCache) {
  const { admit, mayRepeat } = createAdmission(caller2, gate);
  async function send(request, signal, { observer, held }) {
    const call = observer?.beginCall(request.endpoint, modelOf(request));
    const { spending, end } = await admit(request, signal, call);
    let used = 0;
    try {
      const hooks = { mayRepeat: countRepeats(spending), observer: call, held };
      const answer = await openai2.request(request, signal, hooks);
      used = spending.ofAnswer(answer);
      call?.received(answer);
      call?.ended();
      return answer;
    } catch (error) {
      used = isUnpaid(error) ? spending.ofRefusal() : spending.soFar();
      call?.ended(error);
      throw error;
    } finally {
      end(used);
    }
  }
  function read2(request, signal, scope) {
    if (request.endpoint.isPaid || !request.endpoint.isShared || !mayAsk(caller2, request)) {
      return send(request, signal, scope);
    }
    return readCache.read(`${caller2.apiKey === void 0 ? "" : caller2.key} ${pathOf(request)}`, signal, (shared) =>
      sendForAll(request, shared, scope),
    );
  }
  async function sendForAll(request, signal, scope) {
    const held = scope.held?.openShared();
    try {
      return await send(request, signal, { observer: scope.observer, held });
    } finally {
      scope.held?.add(held?.bytes ?? 0);
      held?.release();
    }
  }
  async function stream(request, signal, take, { observer, held }) {
    const call = observer?.beginCall(request.endpoint, modelOf(request));
    const { spending, end } = await admit(request, signal, call);
    const count = (events2) => {
      for (const event of events2) {
        if (event instanceof Repeat) {
          spending.addText(event.text);
          call?.receivedText(event.text);
        } else {
          spending.addEvent(event);
          call?.received(event);
        }
      }
      const ready = take(events2);
      const excess = spending.excess();
      if (excess) throw excess;
      return ready;
    };
    let used = 0;
    try {
      const hooks = { mayRepeat: countRepeats(spending), observer: call, held };
      const how = await openai2.stream(request, signal, count, hooks);
      used = spending.ofStream();
      call?.ended();
      return how;
    } catch (error) {
      used = isUnpaid(error) ? spending.ofRefusal() : spending.soFar();
      call?.ended(error instanceof CallerGone && spending.isComplete() ? void 0 : error);
      throw error;
    } finally {
      end(used);
    }
  }
  function countRepeats(spending) {
    return async (failure) => {
      const isAllowed = await mayRepeat();
      if (isAllowed && !isUnpaid(failure)) spending.addAttempt();
      return isAllowed;
    };
  }
  const within = (scope) => ({
    request: async (request, signal) => read2(request, signal, scope),
    stream: (request, signal, take) => stream(request, signal, take, scope),
    within: ({ held = scope.held, observer = scope.observer }) => within({ held, observer }),
  });
  return within({});
}
function isUnpaid(error) {
  return error instanceof OpenAIError && error.details.isUnpaid === true;
}

// ../w-streams/src/limits/read-cache.ts
import { setMaxListeners } from "node:events";
import { LRUCache as LRUCache3 } from "lru-cache";

var MAX_ANSWERS = 100;
var MAX_SIZE = 4 * 2 ** 20;
var MAX_ANSWER_SIZE = 2 ** 20;
var SIZES = { value: 10, character: 1 };
function createReadCache(ttlMs) {
  if (ttlMs === 0) return { read: (_, signal, load) => load(signal) };
  const answers = new LRUCache3({
    max: MAX_ANSWERS,
    ttl: ttlMs,
    maxSize: MAX_SIZE,
    maxEntrySize: MAX_ANSWER_SIZE,
    sizeCalculation: (answer, key) => key.length + MAX_ANSWER_SIZE - roomAfter(answer, MAX_ANSWER_SIZE, SIZES),
  });
  const flights = /* @__PURE__ */ new Map();
  function begin(key, load) {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const answer = load(controller.signal)
      .then((value) => {
        if (typeof value === "object" && value !== null) answers.set(key, value);
        return value;
      })
      .finally(() => {
        if (flights.get(key) === flight2) flights.delete(key);
      });
    const flight2 = { answer, controller, waiting: 0 };
    flights.set(key, flight2);
    return flight2;
  }
  async function join(flight2, signal) {
    flight2.waiting++;
    try {
      return await untilAborted(flight2.answer, signal);
    } finally {
      if (--flight2.waiting === 0) flight2.controller.abort(new CallerGone());
    }
  }
  return {
    async read(key, signal, load) {
      signal.throwIfAborted();
      const kept = answers.get(key);
      if (kept) return kept;
      const others = flights.get(key);
      if (!others || others.controller.signal.aborted) return join(begin(key, load), signal);
      return join(others, signal).catch(() => {
        signal.throwIfAborted();
        return load(signal);
      });
    },
  };
}
function untilAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    const leave2 = () => reject(signal.reason);
    signal.addEventListener("abort", leave2, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave2));
  });
}

// ../w-streams/src/openai/client/event-stream.ts
import { createParser } from "eventsource-parser";

var MAX_EVENT_LENGTH = 8 * 2 ** 20;
var TURN_LENGTH2 = 16 * 1024;
var MAX_ERROR_LINE = 64 * 1024;
var MAX_FOREIGN_LINES = 1e3;
async function readEventStream(answer, take, { secrets, maxValues, readAddedText: readAddedText2 }) {
  let queue = [];
  let fault;
  let sawEvent = false;
  let foreignLines = 0;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent: (event) => queue.push(event),
    onError({ type, field, value = "", line = "" }) {
      if (type === "max-buffer-size-exceeded") {
        const message = `The upstream sent an event of over ${MAX_EVENT_LENGTH} characters.`;
        fault = new OpenAIError("invalid_response", message);
      }
      if (type !== "unknown-field") return;
      if (field === "error") queue.push({ event: "error", data: value });
      else if (isErrorLine(line)) queue.push({ event: "error", data: line });
      else if (++foreignLines > MAX_FOREIGN_LINES) {
        fault = notAStream();
        throw fault;
      }
    },
  });
  const decode2 = createDecoder();
  const forms = readAddedText2 && new EventForms(readAddedText2);
  let isBetween = true;
  function read2(text, objects) {
    for (let from = 0; from < text.length; ) {
      const repeat = isBetween ? forms?.read(text, from) : void 0;
      if (repeat) {
        objects.push(repeat);
        from += repeat.length;
        continue;
      }
      const end = forms?.areOfUse ? text.indexOf("\n\n", from) + 2 : 0;
      const lines = text.slice(from, end > 1 ? end : void 0);
      const isWhole = isBetween && end > 1;
      isBetween = end > 1;
      from += lines.length;
      feed(lines);
      const before = objects.length;
      if (readInto(objects, false)) return true;
      const event = objects[before];
      if (isWhole && event && !(event instanceof Repeat)) forms?.learn(lines, event);
    }
    return false;
  }
  function feed(text) {
    try {
      parser.feed(text);
    } catch (error) {
      if (error !== fault) throw error;
    }
  }
  function readInto(objects, isCutOff) {
    const events2 = queue;
    queue = [];
    for (const { event, data } of events2) {
      if (isDone(data)) return true;
      sawEvent = true;
      if (event === "error" || data.trim() !== "") objects.push(readEvent(event, data, isCutOff));
    }
    if (fault) throw fault;
    return false;
  }
  function readEvent(event, data, isCutOff) {
    const excess = findExcess(data, maxValues);
    if (excess && event !== "error") throw tooMuch("event", excess);
    const value = excess ? void 0 : readJson(data);
    if (event === "error" || isError(value)) throw readErrorAnswer(200, answer.headers, boundError(data), secrets);
    if (isRecord(value)) return value;
    if (isCutOff) throw new OpenAIError("interrupted", "The upstream's answer broke off in the middle of an event.");
    throw new OpenAIError("invalid_response", "The upstream sent an event that is not a JSON object.");
  }
  for (;;) {
    const chunks2 = await answer.read();
    const text = chunks2
      ? chunks2.map((chunk) => decode2(chunk)).join("")
      : `${decode2()}

`;
    for (let place = 0; place < text.length; place += TURN_LENGTH2) {
      if (place > 0) await untilNextTurn();
      const objects = [];
      let isAtDone = false;
      let failure;
      try {
        const part = text.length > TURN_LENGTH2 ? text.slice(place, place + TURN_LENGTH2) : text;
        if (chunks2) isAtDone = read2(part, objects);
        else {
          feed(part);
          isAtDone = readInto(objects, true);
        }
      } catch (error) {
        failure = error;
      }
      if (objects.length > 0) {
        const ready = take(objects);
        if (ready) await ready;
        answer.forget();
      }
      if (failure !== void 0) throw failure;
      if (isAtDone) return "done";
    }
    if (chunks2) continue;
    if (foreignLines > 0 && !sawEvent) throw notAStream();
    return "body";
  }
}
function notAStream() {
  return new OpenAIError("invalid_response", "The upstream's answer is not an event stream.");
}
function isDone(data) {
  return data === "[DONE]" || data.trim() === "[DONE]";
}
function createDecoder() {
  const decoder = new TextDecoder();
  let endedWithCr = false;
  return function decode2(bytes2) {
    const text = decoder.decode(bytes2, { stream: bytes2 !== void 0 });
    const rest = endedWithCr && text.startsWith("\n") ? text.slice(1) : text;
    if (text !== "") endedWithCr = text.endsWith("\r");
    return rest.includes("\r") ? rest.replace(/\r\n?/g, "\n") : rest;
  };
}
function isErrorLine(line) {
  return (
    /^\s{0,64}[[{]/.test(line) &&
    line.length <= MAX_ERROR_LINE &&
    !findExcess(line, MAX_ERROR_LINE) &&
    isError(readJson(line))
  );
}
function isError(value) {
  const body = Array.isArray(value) ? value[0] : value;
  return isRecord(body) && Boolean(body.error || body.object === "error");
}

// ../w-streams/src/errors/shown-error.ts
function showError(error) {
  const { extensions: { http: _, ...extensions } = {}, ...formatted } = error.toJSON();
  return { ...formatted, extensions };
}

// ../w-streams/src/http/json-pieces.ts
var SMALL_LENGTH = 16 * 1024;
var PIECE_LENGTH = 256 * 1024;
var LENGTHS2 = { value: 8, character: 1 };
var STREAM_FACTOR = 16;
function tooLarge(what, maxBytes) {
  return codedError("OPERATION_TOO_COMPLEX", `${what} has more than ${maxBytes} bytes; select less of it.`);
}
function isSmall(result) {
  return roomAfter(result, SMALL_LENGTH, LENGTHS2) >= 0;
}
function encodeSmall(result) {
  return isSmall(result) ? JSON.stringify(result) : void 0;
}
async function encodeLarge(result, maxBytes, held) {
  const pieces = /* @__PURE__ */ new Set();
  const all = [];
  const turns = new Turns();
  let heldBytes = 0;
  let bytes2 = 0;
  if (turns.isOver()) await turns.next();
  for (const piece of piecesOf(result)) {
    bytes2 += piece.length;
    if (bytes2 > maxBytes) {
      held.giveBack(heldBytes);
      throw tooLarge("The answer", maxBytes);
    }
    all.push(piece);
    if (!pieces.has(piece)) {
      pieces.add(piece);
      heldBytes += piece.length;
      const room = held.takeInTurn(piece.length);
      if (room) await room;
    }
    if (turns.isOver()) await turns.next();
    if (held.isReleased) break;
  }
  return { pieces: all, length: bytes2, heldBytes };
}
function* piecesOf(result) {
  const known4 = /* @__PURE__ */ new Map();
  let text = "";
  function* write(value) {
    if (typeof value === "string" && value.length > SMALL_LENGTH) yield* writeLong(value);
    else if (isOpen(value) && roomAfter(value, SMALL_LENGTH, LENGTHS2) < 0) yield* writeParts(value);
    else text += JSON.stringify(value);
    if (text.length > PIECE_LENGTH) yield takeText();
  }
  function* writeParts(value) {
    const isList = Array.isArray(value);
    let separator = "";
    text += isList ? "[" : "{";
    for (const [key, part] of Object.entries(value)) {
      if (part === void 0) continue;
      text += isList ? separator : `${separator}${JSON.stringify(key)}:`;
      separator = ",";
      yield* write(part);
    }
    text += isList ? "]" : "}";
  }
  function* writeLong(value) {
    if (text !== "") yield takeText();
    let pieces = known4.get(value);
    if (pieces) yield* pieces;
    else {
      const made = [];
      for (const piece of encodeText(value)) {
        made.push(piece);
        yield piece;
      }
      pieces = made;
      known4.set(value, pieces);
    }
  }
  function takeText() {
    const piece = Buffer.from(text);
    text = "";
    return piece;
  }
  yield* write(result);
  if (text !== "") yield takeText();
}
function* encodeText(value) {
  for (let start = 0; start < value.length; ) {
    let end = Math.min(value.length, start + PIECE_LENGTH);
    if (end < value.length && isHighSurrogate(value.charCodeAt(end - 1))) end++;
    const quoted = JSON.stringify(value.slice(start, end));
    const text = quoted.slice(start === 0 ? 0 : 1, end < value.length ? -1 : void 0);
    start = end;
    yield Buffer.from(text);
  }
}
function isHighSurrogate(code) {
  return (code & 64512) === 55296;
}
function isOpen(value) {
  return typeof value === "object" && value !== null && typeof value.toJSON !== "function";
}

// ../w-streams/src/http/line.ts
var TURN = /* @__PURE__ */ Symbol("turn");
var waiting = /* @__PURE__ */ new WeakSet();
function onTurn(res, write) {
  if (res.socket || !waiting.has(res)) write();
  else res.once(TURN, write);
}

// ../w-streams/src/transports/large-answer.ts
var TURN_LENGTH3 = 256 * 1024;
function createWriter(res) {
  let wake = () => {};
  let written = 0;
  res.on("drain", () => wake());
  res.once("close", () => wake());
  return {
    wake: () => wake(),
    write(piece) {
      const hasRoom = res.write(piece) || res.destroyed;
      written += piece.length;
      const isOver = written >= TURN_LENGTH3;
      if (isOver) written = 0;
      if (hasRoom) return isOver ? untilNextTurn() : void 0;
      const room = new Promise((resolve) => {
        wake = resolve;
      });
      return isOver ? room.then(untilNextTurn) : room;
    },
  };
}

// ../w-streams/src/transports/sse.ts
var PING = ":\n\n";
var COMPLETE = "event: complete\ndata:\n\n";
var NEXT = "event: next\ndata: ";
var END = "\n\n";
var MAX_WRITE_LENGTH = 64 * 1024;
async function writeEvents(res, results, { pingMs, maxBytes, signal, held, fail }) {
  const writer = createWriter(res);
  let isDone2 = false;
  let isLeft = false;
  let ping;
  let hasBegun = false;
  let begin = () => {};
  let bytes2 = 0;
  const leave2 = () => {
    if (isLeft) return;
    isLeft = true;
    clearInterval(ping);
    signal.removeEventListener("abort", leaveIfGone);
    begin();
    writer.wake();
    if (!isDone2) results.leave();
  };
  const leaveIfGone = () => {
    if (res.destroyed || signal.reason instanceof CallerGone) leave2();
  };
  const end = (text) => {
    isDone2 = true;
    clearInterval(ping);
    res.end(`${text}${COMPLETE}`);
  };
  async function writeLarge(before, result) {
    const { pieces, length, heldBytes } = await encodeLarge(result, maxBytes, held);
    bytes2 += length;
    for (const piece of [`${before}${NEXT}`, ...pieces]) if (!isLeft) await writer.write(piece);
    held.giveBack(heldBytes);
  }
  async function write(values, make) {
    if (!hasBegun) await turn;
    let text = "";
    for (let place = 0; place < values.length && !isLeft && !isDone2; place++) {
      try {
        const value = values[place];
        let small = make.toText(value);
        if (small === void 0) {
          const made = make.toResult(value);
          const shown = show(made instanceof Promise ? await made : made);
          small = encodeSmall(shown);
          if (small === void 0) await writeLarge(text, shown);
        }
        text = small === void 0 ? END : `${text}${NEXT}${small}${END}`;
        if (bytes2 > maxBytes * STREAM_FACTOR) throw tooLarge("The stream", maxBytes * STREAM_FACTOR);
      } catch (error) {
        const failure = JSON.stringify(show(fail(error)));
        end(`${text}${NEXT}${failure}${END}`);
        return results.leave();
      }
      if (place < values.length - 1 && text.length < MAX_WRITE_LENGTH) continue;
      bytes2 += text.length;
      const written2 = text;
      text = "";
      const room = isLeft ? void 0 : writer.write(written2);
      if (room) await room;
    }
  }
  const turn = new Promise((resolve) => {
    begin = resolve;
  });
  res.once("close", leave2);
  signal.addEventListener("abort", leaveIfGone);
  leaveIfGone();
  if (isLeft) return;
  let written;
  const run = results.run((values) => {
    written = write(values, results);
    return written;
  });
  onTurn(res, () => {
    if (isLeft) return;
    hasBegun = true;
    ping = setInterval(() => res.writableNeedDrain || res.write(PING), pingMs);
    res.write(PING);
    begin();
  });
  const last = await run;
  await written;
  await write(last ? [last] : [], AS_IT_IS);
  if (!isLeft && !isDone2) end("");
}
var AS_IT_IS = { toResult: (result) => result, toText: () => void 0 };
function show(result) {
  return result.errors ? { ...result, errors: result.errors.map(showError) } : result;
}

// ../w-streams/src/http/held-bytes.ts
var HeldBytes = class {
  caller;
  #account;
  #bytes = 0;
  #isBehind = false;
  #isReleased = false;
  /** See BytesInFlight.open. */
  constructor(account, caller2) {
    this.#account = account;
    this.caller = caller2;
  }
  get bytes() {
    return this.#bytes;
  }
  /** Opens an entry for what others wait for as well: it has no share of this one's caller. */
  openShared() {
    return this.#account.open(void 0);
  }
  /** Whether the answer must wait for others. It then takes no more than there is: they may wait for what it holds. */
  get isBehind() {
    return this.#isBehind;
  }
  set isBehind(isBehind) {
    this.#isBehind = isBehind;
    if (!isBehind) this.#account.reconsider();
  }
  get isReleased() {
    return this.#isReleased;
  }
  /** Throws what `take` would; takes nothing. */
  check(bytes2) {
    const problem = this.#isReleased ? void 0 : this.#account.findProblem(this, bytes2);
    if (problem) throw problem;
  }
  /**
   * Counts bytes that a client sends. Throws OVERLOADED if all or the caller's are used up, and PAYLOAD_TOO_LARGE if the
   * request alone needs more than that.
   */
  take(bytes2) {
    this.check(bytes2);
    this.add(bytes2);
  }
  /** Counts bytes of an answer: waits until there is room for them, and never fails. Undefined: there is room. */
  takeInTurn(bytes2) {
    return this.#isReleased ? void 0 : this.#account.takeInTurn(this, bytes2);
  }
  /** Counts bytes that are there already and owed to the client: never fails. */
  add(bytes2) {
    if (this.#isReleased) return;
    this.#bytes += bytes2;
    this.#account.change(this.caller, bytes2);
  }
  /** Gives some of them back, or all if there are no more. */
  giveBack(bytes2) {
    this.add(-Math.min(bytes2, this.#bytes));
  }
  /** Gives all of them back; the entry counts nothing after that. */
  release() {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (this.#bytes > 0) this.#account.change(this.caller, -this.#bytes);
    this.#account.forget(this);
  }
};

// ../w-streams/src/http/bytes-in-flight.ts
var SHARE_OF_CALLER = 1 / 4;
var LEAST_OF_CALLER = 1 / 1024;
var RETRY_AFTER_MS = 1e3;
var BytesInFlight = class {
  #most;
  #mostOfCaller;
  #leastOfCaller;
  #byCaller = /* @__PURE__ */ new Map();
  #total = 0;
  #waiting = [];
  /** Who may take more than there is, so that what is half made can end: one of each caller, and one of all (undefined). */
  #overdrawing = /* @__PURE__ */ new Map();
  /** At most `most` bytes are held, but for what is owed to callers: see HeldBytes. */
  constructor(most) {
    this.#most = most;
    this.#mostOfCaller = Math.floor(most * SHARE_OF_CALLER);
    this.#leastOfCaller = Math.floor(most * LEAST_OF_CALLER);
  }
  /** The bytes that are held now. */
  get total() {
    return this.#total;
  }
  /** Opens an empty entry for one request or operation. Callers that are not told apart (undefined) have no share. */
  open(caller2) {
    return new HeldBytes(this, caller2);
  }
  findProblem(held, bytes2) {
    const { caller: caller2 } = held;
    const most = caller2 === void 0 ? this.#most : this.#mostOfCaller;
    if (held.bytes + bytes2 > most) {
      return requestError(
        "PAYLOAD_TOO_LARGE",
        413,
        `One request may hold at most ${most} bytes in the server at once.`,
      );
    }
    const ofCaller = caller2 === void 0 ? Number.POSITIVE_INFINITY : this.#heldBy(caller2) + bytes2;
    if (caller2 !== void 0 && ofCaller > most) return overloaded("This caller's requests", most);
    if (ofCaller <= this.#leastOfCaller) return void 0;
    return this.#total + bytes2 > this.#most ? overloaded("All requests", this.#most) : void 0;
  }
  change(caller2, bytes2) {
    this.#total += bytes2;
    if (caller2 !== void 0) {
      const left = this.#heldBy(caller2) + bytes2;
      if (left > 0) this.#byCaller.set(caller2, left);
      else this.#byCaller.delete(caller2);
    }
    if (bytes2 < 0 && this.#waiting.length > 0) this.#grant();
  }
  takeInTurn(held, bytes2) {
    if (this.#mayTake(held, bytes2)) {
      held.add(bytes2);
      return void 0;
    }
    return new Promise((resolve) => {
      this.#waiting.push({ held, bytes: bytes2, grant: resolve });
    });
  }
  reconsider() {
    if (this.#waiting.length > 0) this.#grant();
  }
  forget(held) {
    for (const whose of [held.caller, void 0]) {
      if (this.#overdrawing.get(whose) === held) this.#overdrawing.delete(whose);
    }
    if (this.#waiting.length === 0) return;
    const own = this.#waiting.filter((waiting2) => waiting2.held === held);
    this.#waiting = this.#waiting.filter((waiting2) => waiting2.held !== held);
    for (const { grant } of own) grant();
    this.#grant();
  }
  #heldBy(caller2) {
    return this.#byCaller.get(caller2) ?? 0;
  }
  #grant() {
    const waiting2 = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting2) {
      if (!this.#mayTake(entry.held, entry.bytes)) this.#waiting.push(entry);
      else {
        entry.held.add(entry.bytes);
        entry.grant();
      }
    }
  }
  /** Whether the bytes fit. One entry at a time gets what does not: nothing else may be about to be given back. */
  #mayTake(held, bytes2) {
    const { caller: caller2 } = held;
    const ofCaller = caller2 === void 0 ? void 0 : this.#heldBy(caller2) + bytes2;
    if (ofCaller !== void 0 && ofCaller <= this.#leastOfCaller) return true;
    const fitsShare = ofCaller === void 0 || ofCaller <= this.#mostOfCaller;
    if (!fitsShare && !this.#mayOverdraw(caller2, held)) return false;
    return this.#total + bytes2 <= this.#most || this.#mayOverdraw(void 0, held);
  }
  #mayOverdraw(whose, held) {
    if (!held.isBehind && !this.#overdrawing.has(whose)) this.#overdrawing.set(whose, held);
    return this.#overdrawing.get(whose) === held;
  }
};
function overloaded(whose, most) {
  const problem = `${whose} hold ${most} bytes in the server, as many as it allows at once.`;
  const http = { status: 503, headers: { "retry-after": String(RETRY_AFTER_MS / 1e3) } };
  return codedError("OVERLOADED", problem, { retryAfterMs: RETRY_AFTER_MS, http });
}

// ../w-streams/bench/answers.mjs
var CREATED = 179e7;
var USAGE = {
  prompt_tokens: 19,
  completion_tokens: 78,
  total_tokens: 97,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
};
var TEXT =
  'A bridge holds when what it carries and what carries it are equal.\n\n1. Span: 120 m \u2013 measured "bank to bank".\n2. Load: people, wind, its own weight, and each of them at its worst on the same day.\n3. Caf\xE9 tables do not count \u{1F642}.\n';
var MODELS_ANSWER = {
  object: "list",
  data: Array.from({ length: 60 }, (_, index) => ({
    id: `gpt-${index}-mini-2026-01-${(index % 28) + 1}`,
    object: "model",
    created: CREATED + index,
    owned_by: index % 3 ? "system" : "openai",
  })),
};
var WORDS = TEXT.split(/(?= )/);
var DELTAS = [{ role: "assistant", content: "" }, ...Array.from({ length: 197 }, (_, i) => WORDS[i % WORDS.length])];
function chatEvents(nonce) {
  const head = { id: `chatcmpl-${nonce}`, object: "chat.completion.chunk", created: CREATED, model: "gpt-4o-mini" };
  const choice = (delta, finish_reason) => [{ index: 0, delta, logprobs: null, finish_reason }];
  return [
    ...DELTAS.map((delta) => ({
      ...head,
      choices: choice(typeof delta === "string" ? { content: delta } : delta, null),
      usage: null,
    })),
    { ...head, choices: choice({}, "stop"), usage: null },
    { ...head, choices: [], usage: USAGE },
  ];
}

// ../w-streams/src/openai/client/secrets/reading.ts
var MAX_LAYERS = 3;
var ESCAPE =
  /(?<bytes>(?:%[\da-f]{2}){1,512})|%u(?<percent>[\da-f]{4})|\\{1,8}(?:u(?<json>[\da-f]{4})|u\{(?<code>[\da-f]{1,6})\}|x(?<hex>[\da-f]{2})|[bfnrt])|&#(?:x(?<html>[\da-f]{1,6})|(?<decimal>\d{1,7}));|&[a-z]{2,31};|<\/?[a-z]{1,16} ?\/?>/gi;
var NOT_PRINTABLE_ASCII = /[^\x20-\x7e]/;
var INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{M}]/u;
var SPACE = /\s/;
var LETTER = /[\p{L}\p{N}]/u;
var Reading = class _Reading {
  text = "";
  starts = [];
  ends = [];
  /** Adds characters that all stand for the same part of the original. */
  add(characters, start, end) {
    this.text += characters;
    for (let unit = 0; unit < characters.length; unit++) {
      this.starts.push(start);
      this.ends.push(end);
    }
  }
  /** Adds a part of another reading of the same original. */
  copy(from, start, end) {
    this.text += from.text.slice(start, end);
    for (let place = start; place < end; place++) {
      this.starts.push(from.starts[place] ?? 0);
      this.ends.push(from.ends[place] ?? 0);
    }
  }
  /** The same without anything but letters and digits. */
  onlyLetters() {
    const letters = new _Reading();
    for (let place = 0; place < this.text.length; place++) {
      if (LETTER.test(this.text.charAt(place))) letters.copy(this, place, place + 1);
    }
    return letters;
  }
};
function read(text) {
  let reading = new Reading();
  for (let place = 0; place < text.length; place++) reading.add(text.charAt(place), place, place + 1);
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const decoded = undoEscapes(reading);
    if (decoded === reading) break;
    reading = decoded;
  }
  return normalize(reading);
}
function undoEscapes(reading) {
  let decoded;
  let copied = 0;
  for (const { index, 0: escaped, groups } of reading.text.matchAll(ESCAPE)) {
    decoded ??= new Reading();
    decoded.copy(reading, copied, index);
    copied = index + escaped.length;
    decoded.add(decode(groups ?? {}), reading.starts[index] ?? 0, reading.ends[copied - 1] ?? 0);
  }
  decoded?.copy(reading, copied, reading.text.length);
  return decoded ?? reading;
}
function decode({ bytes: bytes2, percent, json, code, hex, html, decimal }) {
  if (bytes2 !== void 0) return Buffer.from(bytes2.replaceAll("%", ""), "hex").toString();
  const sixteen = percent ?? json ?? code ?? hex ?? html;
  const point = sixteen === void 0 ? Number(decimal) : Number.parseInt(sixteen, 16);
  return point <= 1114111 ? String.fromCodePoint(point) : "";
}
function normalize(reading) {
  if (!NOT_PRINTABLE_ASCII.test(reading.text)) {
    reading.text = reading.text.toLowerCase();
    return reading;
  }
  const normal = new Reading();
  let place = 0;
  for (const character of reading.text) {
    const start = reading.starts[place] ?? 0;
    place += character.length;
    for (const plain of SPACE.test(character) ? [" "] : character.normalize("NFKD")) {
      if (!INVISIBLE.test(plain)) normal.add(plain.toLowerCase(), start, reading.ends[place - 1] ?? 0);
    }
  }
  return normal;
}

// ../w-streams/src/openai/client/secrets/secrets.ts
var PART_LENGTH = 10;
var MIN_PART_LENGTH = 8;
var MAX_WORDS_LENGTH = 20;
var TAIL_LENGTH = 12;
var HEAD_LENGTH = 4;
var SHOWN_IN_PART = /(?<![^\s"'`(),;<>])[^\s"'`(),;<>]*?(?:[*•]{2}|\.{3}|…)[^\s"'`(),;<>]*/g;
var MASK = "[masked]";
var Secrets = class {
  #words;
  /** Derived when the first text is to be masked: most callers' keys never meet one. */
  #forms;
  #hexadecimal;
  constructor({ keys, addresses }) {
    const isLongEnough = (word) => word.length > 3;
    this.#words = { keys: keys.filter(isLongEnough), addresses: addresses.filter(isLongEnough) };
  }
  /**
   * The text with `[masked]` in place of each secret: as it is, percent-encoded or escaped, in part or whole, in hex, in
   * base64, in any case, with spaces or invisible characters inside. The time depends on the text's length alone.
   */
  mask(text) {
    this.#forms ??= deriveForms(this.#words);
    const { parts, wholes, heads } = this.#forms;
    const reading = read(text);
    const letters = reading.onlyLetters();
    const ranges = [...findParts(letters, parts), ...findWholes(reading, wholes)];
    return replaceRanges(text, ranges).replace(SHOWN_IN_PART, (word) => {
      const lower = word.toLowerCase();
      return heads.some((head) => hasWordWith(lower, head)) ? MASK : word;
    });
  }
  /** Whether an id made of hexadecimal digits has a part of a secret in it. Takes little time. */
  isInHexadecimal(id) {
    this.#hexadecimal ??= this.#words.keys.map((key) => `${lettersOf(key)} ${toHex(key)}`).join(" ");
    const digits = lettersOf(id);
    for (let place = 0; place + PART_LENGTH <= digits.length; place += PART_LENGTH / 2) {
      if (this.#hexadecimal.includes(digits.slice(place, place + PART_LENGTH))) return true;
    }
    return false;
  }
};
function deriveForms({ keys, addresses }) {
  const parts = /* @__PURE__ */ new Map();
  const wholes = addresses.map((address) => read(address).text);
  for (const key of keys) {
    for (const form of [key, encodeURIComponent(key), key.slice(-TAIL_LENGTH), toHex(key), ...toBase64(key)]) {
      const letters = read(form).onlyLetters().text;
      if (letters.length < MIN_PART_LENGTH || isWords(form)) continue;
      const length = Math.min(letters.length, PART_LENGTH);
      const known4 = parts.get(length) ?? /* @__PURE__ */ new Set();
      parts.set(length, known4);
      for (let place = 0; place + length <= letters.length; place++) known4.add(letters.slice(place, place + length));
    }
    wholes.push(read(key).text, Buffer.from(key).toString("base64").toLowerCase());
  }
  return {
    parts,
    wholes: wholes.filter((whole) => whole !== ""),
    heads: keys.map((key) => key.slice(0, HEAD_LENGTH).toLowerCase()),
  };
}
function isWords(form) {
  return form.length <= MAX_WORDS_LENGTH && /^[a-z]+(?:[ ._-][a-z]+)*$/.test(form);
}
function* findParts({ text, starts, ends }, parts) {
  for (const [length, known4] of parts) {
    for (let place = 0; place + length <= text.length; place++) {
      if (known4.has(text.slice(place, place + length))) yield [starts[place] ?? 0, ends[place + length - 1] ?? 0];
    }
  }
}
function* findWholes({ text, starts, ends }, wholes) {
  for (const whole of wholes) {
    for (let place = text.indexOf(whole); place >= 0; place = text.indexOf(whole, place + whole.length))
      yield [starts[place] ?? 0, ends[place + whole.length - 1] ?? 0];
  }
}
function replaceRanges(text, ranges) {
  if (ranges.length === 0) return text;
  let masked = "";
  let done = 0;
  for (const [start, end] of [...ranges].sort(([one2], [other]) => one2 - other)) {
    if (start > done || masked === "") masked += `${text.slice(done, start)}${MASK}`;
    done = Math.max(done, end);
  }
  return masked + text.slice(done);
}
function hasWordWith(text, head) {
  for (let place = text.indexOf(head); place >= 0; place = text.indexOf(head, place + 1)) {
    if (place === 0 || !/[a-z\d]/.test(text.charAt(place - 1))) return true;
  }
  return false;
}
function lettersOf(text) {
  return text.toLowerCase().replace(/[^\da-z]/g, "");
}
function toHex(text) {
  return Buffer.from(text).toString("hex");
}
function toBase64(text) {
  return [0, 1, 2].map((before) => {
    const bytes2 = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    return bytes2.toString("base64").slice(Math.ceil((before * 8) / 6), Math.floor((bytes2.length * 8) / 6));
  });
}

// ../w-streams/.sb-bench.ts
var PER = Number(process.env.PER ?? 50);
var N = Number(process.env.N ?? 1500);
var events = chatEvents("nonce-0000000001").map(
  (e) => `data: ${JSON.stringify(e)}

`,
);
var chunks = [];
for (let i = 0; i < events.length; i += PER) chunks.push(events.slice(i, i + PER).map((e) => Buffer.from(e)));
chunks.push([Buffer.from("data: [DONE]\n\n")]);
var engine = createEngine({
  schema,
  limits: { maxTokens: 1e3, maxLength: 1e4, maxDepth: 50, maxAliases: 50, maxDirectives: 5 },
  messages: { hideSuggestions: true },
  introspection: true,
  maxPaidFields: 5,
  maxResponseBytes: 2 ** 26,
  maskError: createMaskError(() => {}),
});
var opts = { secrets: new Secrets({ keys: [], addresses: [] }), maxValues: 1e6 };
var answerOf = () => {
  let at = 0;
  return { headers: {}, forget() {}, read: async () => chunks[at++] };
};
var isPush = process.env.PUSH === "1";
var openai = isPush
  ? {
      request: async () => {},
      stream: async (r, _s, take) =>
        readEventStream(answerOf(), take, { ...opts, readAddedText: r.endpoint.readAddedText }),
    }
  : {
      request: async () => {},
      async *stream() {
        return yield* readEventStream(answerOf(), opts);
      },
    };
var limits = { takeRequest: async () => () => {}, reserveTokens: async () => ({ settle() {} }) };
var caller = { id: "a", key: "a", limits: {}, models: void 0 };
var client = createGuardedClient(
  openai,
  caller,
  { slots: { take: () => () => {} }, limits, obeyedCaps: /* @__PURE__ */ new Set() },
  createReadCache(0),
);
var query =
  "subscription Stream($input: ChatInput!) { chat(input: $input) { id object created model choices { index delta { role content } finishReason } usage { totalTokens } } }";
var QUERY = process.env.QUERY ?? query;
var flight = new BytesInFlight(2 ** 30);
var bytes = 0;
var writes = 0;
async function one(dump2 = false) {
  const prepared = engine.prepare({ query: QUERY });
  if (!prepared.operation) throw new Error(JSON.stringify(prepared));
  const signal = new AbortController().signal;
  const observer = {
    beginCall: (e, m) => {
      const call = new UpstreamCall(e, m, { attemptBegins: () => void 0, callEnds() {} });
      call.attemptBegins();
      call.answerBegins(200, void 0, true);
      return call;
    },
  };
  const context = {
    caller,
    openai: client.within({ observer }),
    signal,
    requestLimits: { maxN: 10, maxMessages: 100, isExtraFieldAllowed: () => false },
  };
  const results = await engine.run(
    prepared,
    { input: { model: "gpt-4o-mini", messages: [{ role: "USER", content: "hi" }] } },
    context,
  );
  if (results.errors) throw results.errors[0];
  const text = [];
  const res = {
    socket: {},
    destroyed: false,
    writableNeedDrain: false,
    write(t) {
      bytes += t.length;
      writes++;
      if (dump2) text.push(String(t));
      return true;
    },
    end(t) {
      bytes += t.length;
      if (dump2) text.push(t);
    },
    on() {},
    once() {},
  };
  await writeEvents(res, results, {
    pingMs: 1e6,
    maxBytes: 2 ** 26,
    signal,
    held: flight.open(void 0),
    fail: (e) => {
      throw e;
    },
  });
  return text.join("");
}
var dump = await one(true);
if (process.env.DUMP) (await import("node:fs")).writeFileSync(process.env.DUMP, dump);
for (let i = 0; i < 500; i++) await one();
var rounds = [];
for (let r = 0; r < 5; r++) {
  const c = process.cpuUsage();
  for (let i = 0; i < N / 5; i++) await one();
  const d = process.cpuUsage(c);
  rounds.push((d.user + d.system) / ((N / 5) * 200));
}
rounds.sort((a, b) => a - b);
console.log(process.env.NAME, "us CPU an event: median", rounds[2].toFixed(2), "least", rounds[0].toFixed(2));
process.exit(0);

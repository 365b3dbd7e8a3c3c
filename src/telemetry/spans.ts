// Writes a trace span for each operation, each root field and each upstream attempt, without text of prompts and answers.
// https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/
// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from "@opentelemetry/semantic-conventions";
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GRAPHQL_OPERATION_NAME,
  ATTR_GRAPHQL_OPERATION_TYPE,
} from "@opentelemetry/semantic-conventions/incubating";
import type { Observer, OperationRecord, RootField } from "./operation-record.ts";
import { type Outcome, severityOf } from "./outcome.ts";
import { PROVIDER, type UpstreamAttempt, type UpstreamCall } from "./upstream-call.ts";

/** Our own name: OpenTelemetry has none. */
const ATTR_GRAPHQL_FIELD_NAME = "graphql.field.name";

/** A span that has begun, as the parent of others. */
interface Begun {
  span: Span;
  context: Context;
  /** What to add to performance.now() to get the wall clock's time, in milliseconds, as it was at the start of the span. */
  offsetMs: number;
}

/** Makes spans. An attempt's span begins with the attempt, as its id goes to the upstream. All end with the operation. */
export function createSpanObserver(tracer: Tracer, upstream: URL): Observer {
  const propagator = new W3CTraceContextPropagator();
  const begun = new WeakMap<OperationRecord | RootField | UpstreamAttempt, Begun>();
  const server = {
    [ATTR_SERVER_ADDRESS]: upstream.hostname,
    [ATTR_SERVER_PORT]: Number(upstream.port || (upstream.protocol === "https:" ? 443 : 80)),
  };

  function beginOperation(operation: OperationRecord): Begun {
    const known = begun.get(operation);
    if (known) return known;
    const { traceparent, tracestate, startedAt } = operation;
    const parent = traceparent
      ? propagator.extract(ROOT_CONTEXT, { traceparent, tracestate }, defaultTextMapGetter)
      : ROOT_CONTEXT;
    const offsetMs = Date.now() - performance.now();
    const span = tracer.startSpan("graphql", { kind: SpanKind.SERVER, startTime: startedAt + offsetMs }, parent);
    return remember(operation, { span, context: trace.setSpan(parent, span), offsetMs });
  }

  function beginField(field: RootField): Begun {
    const known = begun.get(field);
    if (known) return known;
    const { context: parent, offsetMs } = beginOperation(field.operation);
    const startTime = (field.startedAt ?? field.operation.startedAt) + offsetMs;
    const span = tracer.startSpan(
      field.name,
      { startTime, attributes: { [ATTR_GRAPHQL_FIELD_NAME]: field.name } },
      parent,
    );
    return remember(field, { span, context: trace.setSpan(parent, span), offsetMs });
  }

  function beginAttempt(attempt: UpstreamAttempt, call: UpstreamCall, field: RootField): Begun {
    const { context, offsetMs } = beginField(field);
    const { endpoint, model = "" } = call;
    const name = endpoint.isPaid ? `${endpoint.operationName} ${model}`.trim() : endpoint.name;
    const attributes = { ...server, [ATTR_HTTP_REQUEST_METHOD]: endpoint.method, ...describeRequest(call) };
    const startTime = attempt.startedAt + offsetMs;
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime, attributes }, context);
    return remember(attempt, { span, context, offsetMs });
  }

  function remember(what: OperationRecord | RootField | UpstreamAttempt, how: Begun): Begun {
    begun.set(what, how);
    return how;
  }

  function endAttempts(call: UpstreamCall): void {
    for (const [retry, attempt] of call.attempts.entries()) {
      const found = begun.get(attempt);
      if (!found) continue;
      const { span, offsetMs } = found;
      if (retry > 0) span.setAttribute(ATTR_HTTP_REQUEST_RESEND_COUNT, retry);
      if (attempt.status !== undefined) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, attempt.status);
      if (attempt.requestId !== undefined) span.setAttribute("openai.request_id", attempt.requestId);
      if (attempt === call.attempts.at(-1)) span.setAttributes(describeAnswer(call));
      if (attempt.failure !== undefined && attempt.failure !== "aborted") {
        span.setAttribute(ATTR_ERROR_TYPE, attempt.failure).setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end(attempt.endedAt + offsetMs);
    }
  }

  return {
    attemptBegins(attempt, call, field) {
      const { traceId, spanId, traceFlags } = beginAttempt(attempt, call, field).span.spanContext();
      return { traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}` };
    },
    operationEnds(operation) {
      const { span, offsetMs } = beginOperation(operation);
      for (const field of operation.fields) {
        if (field.startedAt === undefined) continue;
        const { span: fieldSpan } = beginField(field);
        for (const call of field.calls) endAttempts(call);
        if (operation.type) fieldSpan.setAttribute(ATTR_GRAPHQL_OPERATION_TYPE, operation.type);
        describeOutcome(fieldSpan, field.outcome ?? "OK");
        fieldSpan.end((field.endedAt ?? operation.endedAt) + offsetMs);
      }
      span.updateName(operation.type ?? "graphql").setAttributes({
        "openai_graphql.request_id": operation.requestId,
        "openai_graphql.transport": operation.transport,
        ...(operation.type && { [ATTR_GRAPHQL_OPERATION_TYPE]: operation.type }),
        ...(operation.name && { [ATTR_GRAPHQL_OPERATION_NAME]: operation.name }),
      });
      describeOutcome(span, operation.outcome);
      span.end(operation.endedAt + offsetMs);
    },
  };
}

/** Aborts and the client's own mistakes are recorded, but not as errors. */
function describeOutcome(span: Span, outcome: Outcome): void {
  span.setAttribute("openai_graphql.outcome", outcome);
  if (severityOf(outcome) === "info") return;
  span.setAttribute(ATTR_ERROR_TYPE, outcome).setStatus({ code: SpanStatusCode.ERROR });
}

function describeRequest({ endpoint, model }: UpstreamCall): Attributes {
  if (!endpoint.isPaid) return {};
  return {
    [ATTR_GEN_AI_OPERATION_NAME]: endpoint.operationName,
    [ATTR_GEN_AI_PROVIDER_NAME]: PROVIDER,
    ...(model !== undefined && { [ATTR_GEN_AI_REQUEST_MODEL]: model }),
  };
}

/** A call to an endpoint that costs nothing has none of these. */
function describeAnswer({ responseModel, inputTokens, outputTokens }: UpstreamCall): Attributes {
  return {
    ...(responseModel !== undefined && { [ATTR_GEN_AI_RESPONSE_MODEL]: responseModel }),
    ...(inputTokens !== undefined && { [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: inputTokens }),
    ...(outputTokens !== undefined && { [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: outputTokens }),
  };
}

// A span for each operation, each root field and each upstream attempt. Holds nothing that was said.
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
import { operationNameOf, PROVIDER } from "./gen-ai.ts";
import type { Observer, OperationRecord, RootField } from "./operation-record.ts";
import { type Outcome, severityOf } from "./outcome.ts";
import type { UpstreamAttempt, UpstreamCall } from "./upstream-call.ts";

/** A span that has begun, as the parent of others. */
interface Begun {
  span: Span;
  context: Context;
  /** What makes performance.now()'s time the wall clock's, in milliseconds, as it was then. */
  offsetMs: number;
}

/** Makes spans. Those of attempts begin with them, as their ids go to the upstream; all end with the operation. */
export function createSpanObserver(tracer: Tracer, upstream: URL): Observer {
  const propagator = new W3CTraceContextPropagator();
  const begun = new WeakMap<OperationRecord | RootField | UpstreamAttempt, Begun>();
  const server = {
    "server.address": upstream.hostname,
    "server.port": Number(upstream.port || (upstream.protocol === "https:" ? 443 : 80)),
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
    const span = tracer.startSpan(field.name, { startTime, attributes: { "graphql.field.name": field.name } }, parent);
    return remember(field, { span, context: trace.setSpan(parent, span), offsetMs });
  }

  function beginAttempt(attempt: UpstreamAttempt, call: UpstreamCall, field: RootField): Begun {
    const { context, offsetMs } = beginField(field);
    const genAi = operationNameOf(call.path);
    const name = genAi ? `${genAi} ${call.model ?? ""}`.trim() : `${call.method} ${call.path}`;
    const attributes = { ...server, "http.request.method": call.method, ...describeRequest(call) };
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
      if (retry > 0) span.setAttribute("http.request.resend_count", retry);
      if (attempt.status !== undefined) span.setAttribute("http.response.status_code", attempt.status);
      if (attempt.requestId !== undefined) span.setAttribute("openai.request_id", attempt.requestId);
      if (attempt === call.attempts.at(-1)) span.setAttributes(describeAnswer(call));
      if (attempt.failure !== undefined && attempt.failure !== "aborted") {
        span.setAttribute("error.type", attempt.failure).setStatus({ code: SpanStatusCode.ERROR });
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
        if (operation.type) fieldSpan.setAttribute("graphql.operation.type", operation.type);
        describeOutcome(fieldSpan, field.outcome ?? "OK");
        fieldSpan.end((field.endedAt ?? operation.endedAt) + offsetMs);
      }
      span.updateName(operation.type ?? "graphql").setAttributes({
        "openai_graphql.request_id": operation.requestId,
        "openai_graphql.transport": operation.transport,
        ...(operation.type && { "graphql.operation.type": operation.type }),
        ...(operation.name && { "graphql.operation.name": operation.name }),
      });
      describeOutcome(span, operation.outcome);
      span.end(operation.endedAt + offsetMs);
    },
  };
}

/** Aborts and the client's own mistakes are told, and are no errors. */
function describeOutcome(span: Span, outcome: Outcome): void {
  span.setAttribute("openai_graphql.outcome", outcome);
  if (severityOf(outcome) === "info") return;
  span.setAttribute("error.type", outcome).setStatus({ code: SpanStatusCode.ERROR });
}

function describeRequest({ path, model }: UpstreamCall): Attributes {
  const operation = operationNameOf(path);
  if (operation === undefined) return {};
  return {
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": PROVIDER,
    ...(model !== undefined && { "gen_ai.request.model": model }),
  };
}

function describeAnswer({ path, responseModel, inputTokens, outputTokens }: UpstreamCall): Attributes {
  if (operationNameOf(path) === undefined) return {};
  return {
    ...(responseModel !== undefined && { "gen_ai.response.model": responseModel }),
    ...(inputTokens !== undefined && { "gen_ai.usage.input_tokens": inputTokens }),
    ...(outputTokens !== undefined && { "gen_ai.usage.output_tokens": outputTokens }),
  };
}

// Decides by OpenTelemetry's own environment variables whether traces are sent. Loads OpenTelemetry only then.
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
import type { Traces, TracesOptions } from "./tracer.ts";

/**
 * Begins to send traces over OTLP (http/protobuf) if `environment` names an endpoint and does not turn them off. Every
 * other OTEL_ variable is read by OpenTelemetry itself.
 */
export async function startTraces(
  environment: Readonly<Record<string, string | undefined>>,
  options: TracesOptions,
): Promise<Traces | undefined> {
  if (!areWanted(environment)) return undefined;
  const protocol = environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || environment.OTEL_EXPORTER_OTLP_PROTOCOL;
  if (protocol && protocol !== "http/protobuf")
    options.warn("Traces are sent as http/protobuf, the only way there is.");
  const { createTraces } = await import("./tracer.ts");
  return createTraces(options);
}

function areWanted(environment: Readonly<Record<string, string | undefined>>): boolean {
  const endpoint = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || environment.OTEL_EXPORTER_OTLP_ENDPOINT;
  const isDisabled = environment.OTEL_SDK_DISABLED?.trim().toLowerCase() === "true";
  return Boolean(endpoint) && !isDisabled && environment.OTEL_TRACES_EXPORTER !== "none";
}

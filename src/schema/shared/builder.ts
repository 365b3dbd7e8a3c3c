// The Pothos builder that all domains add to: its context and scalars, and the three root types. Defines no field.
import SchemaBuilder from "@pothos/core";
import type { Context } from "./context.ts";
import type { ReceivedFile } from "./received-file.ts";

/** A JSON object whose content belongs to the caller or the upstream: nothing in it is renamed, dropped or checked. */
export type JSONObject = Readonly<Record<string, unknown>>;

export const builder = new SchemaBuilder<{
  Context: Context;
  Scalars: {
    ID: { Input: string; Output: string };
    Date: { Input: Date; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSONObject: { Input: JSONObject; Output: JSONObject };
    SafeInt: { Input: number; Output: number };
    Upload: { Input: ReceivedFile; Output: never };
  };
}>({});

builder.queryType({ description: "Free of charge: no field here spends tokens." });
builder.subscriptionType({
  description:
    "Each field costs what the mutation of the same name costs. The answers arrive in chunks, over SSE or WebSocket.",
});
builder.mutationType({
  description: "Each field makes upstream calls that spend tokens or money.",
});

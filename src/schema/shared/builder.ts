// The Pothos builder: context, scalars, nullability. Defines no field.
import SchemaBuilder from "@pothos/core";
import type { Context } from "./context.ts";
import type { ReceivedFile } from "./received-file.ts";

/** A JSON object whose inside is the caller's or the upstream's: nothing in it is renamed, dropped or checked. */
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

builder.queryType({ description: "Free of charge: nothing here spends tokens." });
builder.subscriptionType({
  description: "Paid as the mutations of the same names; the answers come in chunks, over SSE or WebSocket.",
});
builder.mutationType({
  description: "Paid: every field here is one or more upstream calls that spend tokens or money.",
});

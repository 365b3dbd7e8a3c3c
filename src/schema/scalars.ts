// The scalars. Upload, which has more to it, stands in upload.ts.
import { DateResolver, DateTimeResolver, JSONObjectResolver, SafeIntResolver } from "graphql-scalars";
import { builder } from "./builder.ts";

builder.addScalarType("DateTime", DateTimeResolver, {
  description: "A point in time as an ISO 8601 string in UTC, such as `2026-01-31T12:00:00.000Z`.",
});
builder.addScalarType("Date", DateResolver, { description: "A day, `YYYY-MM-DD`." });
builder.addScalarType("JSONObject", JSONObjectResolver, {
  description:
    "Any JSON object. Nothing inside it is renamed, dropped or checked: names stay as the upstream spells them.",
});
builder.addScalarType("SafeInt", SafeIntResolver, {
  description: "A whole number between -(2^53 - 1) and 2^53 - 1.",
});

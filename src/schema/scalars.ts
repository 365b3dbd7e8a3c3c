// The scalars that a library has. JSONObject and Upload, which have more to them, have files of their own.
import { DateResolver, DateTimeResolver, SafeIntResolver } from "graphql-scalars";
import { builder } from "./builder.ts";

builder.addScalarType("DateTime", DateTimeResolver, {
  description: "A point in time as an ISO 8601 string in UTC, such as `2026-01-31T12:00:00.000Z`.",
});
builder.addScalarType("Date", DateResolver, { description: "A day, `YYYY-MM-DD`." });
builder.addScalarType("SafeInt", SafeIntResolver, {
  description: "A whole number between -(2^53 - 1) and 2^53 - 1.",
});

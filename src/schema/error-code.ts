// enum ErrorCode: the closed list of error codes, in the schema.
import { type ErrorCode, errorCodes } from "../errors/codes.ts";
import { builder } from "./shared/builder.ts";

builder.enumType("ErrorCode", {
  description: "Every value that `extensions.code` of an entry in `errors` can have. The list is closed.",
  values: Object.fromEntries(
    Object.entries(errorCodes).map(([code, { cause, remedy }]) => [code, { description: `${cause} ${remedy}` }]),
  ) as Record<ErrorCode, { description: string }>,
});

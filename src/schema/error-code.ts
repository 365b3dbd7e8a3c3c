// enum ErrorCode and Query.errorCodes: the closed list of error codes, in the schema. Calls no upstream.
import { type ErrorCode as Code, type ErrorRow, errorCodes } from "../errors/codes.ts";
import { builder } from "./shared/builder.ts";

const ErrorCode = builder.enumType("ErrorCode", {
  description: "Every value that `extensions.code` of an entry in `errors` can have. The list is closed.",
  values: Object.fromEntries(
    Object.entries(errorCodes).map(([code, { cause, remedy }]) => [code, { description: `${cause} ${remedy}` }]),
  ) as Record<Code, { description: string }>,
});

const ErrorPaid = builder.enumType("ErrorPaid", {
  description: "Whether the upstream may charge for a field that failed.",
  values: {
    NO: { value: "no", description: "It charges nothing." },
    MAYBE: { value: "maybe", description: "It may have worked on the request, and may charge for it." },
  },
});

const ErrorRetry = builder.enumType("ErrorRetry", {
  description: "Whether the same request can succeed if it is sent again.",
  values: {
    NO: { value: "no", description: "Not until something changes: the request, or the server's configuration." },
    LATER: { value: "later", description: "After a wait: `extensions.retryAfterMs` milliseconds, if it is given." },
    NOW: { value: "now", description: "At once." },
  },
});

interface ErrorCodeRow extends ErrorRow {
  readonly code: Code;
}

const ErrorCodeInfo = builder.objectRef<ErrorCodeRow>("ErrorCodeInfo").implement({
  description: "What an error code means, and what to do about it.",
  fields: (t) => ({
    code: t.field({
      type: ErrorCode,
      nullable: false,
      description: "The code, as it is in `extensions.code`.",
      resolve: ({ code }) => code,
    }),
    cause: t.exposeString("cause", { nullable: false, description: "What happened, in Markdown." }),
    remedy: t.exposeString("remedy", { nullable: false, description: "What to do about it, in Markdown." }),
    httpStatus: t.int({
      description:
        "The HTTP status of a request that is refused with this code before it is executed. Null if no request is refused with it.",
      resolve: ({ status }) => status,
    }),
    paid: t.field({
      type: ErrorPaid,
      nullable: false,
      description:
        "Whether the upstream may charge for the field that failed. What a stream has sent before its error is paid for in any case.",
      resolve: ({ paid }) => paid,
    }),
    retry: t.field({
      type: ErrorRetry,
      nullable: false,
      description: "Whether the same request can succeed if it is sent again.",
      resolve: ({ retry }) => retry,
    }),
  }),
});

const rows: readonly ErrorCodeRow[] = Object.entries<ErrorRow>(errorCodes).map(([code, row]) => ({
  ...row,
  code: code as Code,
}));

builder.queryField("errorCodes", (t) =>
  t.field({
    type: [ErrorCodeInfo],
    nullable: false,
    description: "Every error code, its cause, and what to do about it. Calls no upstream and costs nothing.",
    resolve: () => rows,
  }),
);

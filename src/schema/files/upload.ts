// The Upload scalar: a file part of a multipart request; or, for clients that cannot send multipart, a `data:` URL or a URL that this
// server has given.
import { GraphQLScalarType, Kind, type ValueNode } from "graphql";
import { codedError } from "../../errors/codes.ts";
import { filenameOf } from "../../openai/client/uploads/media-types.ts";
import type { UploadFile } from "../../openai/client/uploads/streamed-file.ts";
import { builder } from "../shared/builder.ts";
import type { Context } from "../shared/context.ts";
import { hasMediumForm } from "../shared/media.ts";
import type { ReceivedFile } from "../shared/received-file.ts";
import { isDataUrl, readDataUrl } from "./data-url.ts";
import { findMedium } from "./kept-file.ts";

const EXPECTED =
  'Upload must be a file part of a multipart request, a base64 "data:" URL, or a URL of a file that this server keeps.';

builder.addScalarType(
  "Upload",
  new GraphQLScalarType<ReceivedFile, never>({
    name: "Upload",
    specifiedByURL: "https://github.com/jaydenseric/graphql-multipart-request-spec",
    parseValue: readUpload,
    parseLiteral: (node: ValueNode) => readUpload(node.kind === Kind.STRING ? node.value : undefined),
  }),
  {
    description:
      'A file: a part of a GraphQL multipart request, or a string with a `data:` URL, such as `"data:image/png;base64,iVBORw0…"`; or a `url` that this server has given to the same caller, while it is kept.',
  },
);

function readUpload(value: unknown): ReceivedFile {
  if (typeof value === "string" && isDataUrl(value)) {
    return { mostBytes: value.length, open: (field) => openDataUrl(value, field), discard() {} };
  }
  if (typeof value === "string" && hasMediumForm(value)) {
    const open: ReceivedFile["open"] = (field, context) => openOwnUrl(value, field, context);
    return { mostBytes: Number.POSITIVE_INFINITY, open, discard() {} };
  }
  // JSON cannot contain functions, so only the server itself can have put this value here, in the place of a file part.
  if (typeof value === "object" && value !== null && "open" in value && typeof value.open === "function") {
    return value as ReceivedFile;
  }
  throw codedError("BAD_USER_INPUT", EXPECTED);
}

/** What a URL of this server stands for. */
async function openOwnUrl(url: string, field: string, context: Context): Promise<UploadFile> {
  const file = await findMedium(url, field, context);
  if (!file) throw codedError("BAD_USER_INPUT", `${field}: ${EXPECTED}`, { field });
  return file;
}

/** The file in a `data:` URL. */
async function openDataUrl(url: string, field: string): Promise<UploadFile> {
  const read = await readDataUrl(url);
  if (!read) throw codedError("BAD_USER_INPUT", `${field}: ${EXPECTED}`, { field });
  const { contentType, bytes } = read;
  return {
    filename: filenameOf(contentType),
    contentType,
    sizeBytes: bytes.length,
    async *stream() {
      yield bytes;
    },
  };
}

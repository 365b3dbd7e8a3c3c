// Owns reading a request's body as JSON or as a form, up to a size. Knows no endpoint.
import type { IncomingMessage } from "node:http";
import { HttpError } from "./http-error.ts";

const maxJsonBytes = 16 * 1024 * 1024;
const maxFormBytes = 50 * 1024 * 1024;

/** The parsed JSON object of the body. Throws 400 if it is not a JSON object, 413 above 16 MB. */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const text = (await readBytes(request, maxJsonBytes)).toString("utf8");
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // The error below serves here, too: OpenAI does not say where the text is wrong.
  }
  throw new HttpError(
    400,
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
      "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble " +
      "figuring out how to fix this, please contact us through our help center at help.openai.com.)",
  );
}

/** The fields of a multipart body. Throws 400 for another content type or a broken body, 413 above 50 MB. */
export async function readForm(request: IncomingMessage): Promise<FormData> {
  const contentType = request.headers["content-type"] ?? "";
  const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (mediaType !== "multipart/form-data") {
    throw new HttpError(
      400,
      `Unsupported content type: '${mediaType}'. This API method only accepts 'multipart/form-data' requests, but you ` +
        `specified the header 'Content-Type: ${mediaType}'. Please try again with a supported content type.`,
      { code: "unsupported_content_type" },
    );
  }
  const bytes = await readBytes(request, maxFormBytes);
  try {
    return await new Response(new Uint8Array(bytes), { headers: { "content-type": contentType } }).formData();
  } catch {
    throw new HttpError(400, "Could not parse multipart form data.");
  }
}

/** Whether the value is an object with named fields: neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = new HttpError(413, `Maximum content size limit (${maxBytes} bytes) exceeded.`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge;
  const chunks: Buffer[] = [];
  let byteCount = 0;
  // Leaving the loop must not destroy the socket: the error is sent on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    byteCount += chunk.length;
    if (byteCount > maxBytes) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

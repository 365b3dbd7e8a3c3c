// Builds the bytes of requests, once, with a place for each nonce.
import { createNonce, LAST_BYTES } from "../answers.mjs";
import { CLIENT_KEY } from "../dialects/dialect.mjs";
import { Template } from "../template.mjs";
import { createCheck } from "./check.mjs";

const BOUNDARY = "----bench-boundary-0123456789";

/** Builds the check for a kind of request. All connections share it. */
export function createCheckFor(entry) {
  return createCheck(entry.read, entry.expect);
}

/**
 * Builds a request for one connection: `fill(values)` yields its pieces. `values` are the parts that change from request
 * to request, the nonce first.
 */
export function createRequest({ method = "POST", path, headers, body = "" }, values) {
  const length = body === "" ? {} : { "content-length": Buffer.byteLength(body) };
  const template = new Template(`${formatHead(method, path, { ...headers, ...length })}${body}`, values);
  return (values) => [template.fill(values)];
}

/** Builds a multipart request with a file of `bytes` bytes that begins with the nonce. */
export function createUpload({ path, headers, fields, file }, bytes, nonce) {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const filePart = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${file}"; filename="image.png"\r\ncontent-type: image/png\r\n\r\n`;
  const start = `${parts.join("")}${filePart}${nonce}`;
  const end = `${LAST_BYTES}\r\n--${BOUNDARY}--\r\n`;
  const middle = middleOf(bytes - nonce.length - LAST_BYTES.length);
  const length = start.length + middle.length + end.length;
  const type = `multipart/form-data; boundary=${BOUNDARY}`;
  const head = formatHead("POST", path, { ...headers, "content-type": type, "content-length": length });
  const template = new Template(head + start, [nonce]);
  const last = Buffer.from(end);
  return (values) => [template.fill(values), middle, last];
}

/** A nonce that marks the places of nonces. */
export const PLACE = createNonce();

let middle = Buffer.alloc(0);

/** The bytes of a file between its nonce and its end, the same for all files. They contain no boundary. */
function middleOf(length) {
  if (middle.length !== length)
    middle = Buffer.alloc(
      length,
      Uint8Array.from({ length: 251 }, (_, index) => index),
    );
  return middle;
}

function formatHead(method, path, headers) {
  const all = { host: "127.0.0.1", authorization: `Bearer ${CLIENT_KEY}`, "user-agent": "bench", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

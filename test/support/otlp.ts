// A collector on loopback: takes OTLP over HTTP and decodes the protobuf of spans.
// https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { beforeEachCase, whenOver } from "./lifetime.ts";

/** One span as the collector got it. */
export interface CollectedSpan {
  traceId: string;
  spanId: string;
  /** Empty: it has none. */
  parentSpanId: string;
  name: string;
  /** 1 internal, 2 server, 3 client. */
  kind: number;
  startMs: number;
  endMs: number;
  attributes: Record<string, string | number | boolean>;
  /** 2: error. */
  status: number;
  /** The service's attributes. */
  resource: Record<string, string | number | boolean>;
}

export interface Collector {
  url: string;
  /** Every request so far: its path, headers and body. */
  requests: { path: string; headers: IncomingMessage["headers"]; body: Buffer }[];
  spans(): CollectedSpan[];
  /** The spans once there are `count`. */
  untilSpans(count: number): Promise<CollectedSpan[]>;
}

/** Starts a collector that ends with the case, or with its `shared`. */
export async function startCollector(): Promise<Collector> {
  const requests: Collector["requests"] = [];
  const server = createServer(async (req, res) => {
    const bytes = await buffer(req);
    const body = req.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
    requests.push({ path: req.url ?? "", headers: req.headers, body });
    res.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  beforeEachCase(() => void requests.splice(0));
  whenOver(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const spans = () => requests.flatMap(({ body }) => readSpans(body));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    spans,
    async untilSpans(count) {
      await expect.poll(() => spans().length, { timeout: 10_000 }).toBe(count);
      return spans();
    },
  };
}

function readSpans(request: Buffer): CollectedSpan[] {
  return all(request, 1).flatMap((resourceSpans) => {
    const resource = readAttributes(all(first(resourceSpans, 1), 1));
    return all(resourceSpans, 2).flatMap((scopeSpans) =>
      all(scopeSpans, 2).map((span) => ({
        traceId: first(span, 1).toString("hex"),
        spanId: first(span, 2).toString("hex"),
        parentSpanId: first(span, 4).toString("hex"),
        name: first(span, 5).toString(),
        kind: number(span, 6),
        startMs: readTime(first(span, 7)),
        endMs: readTime(first(span, 8)),
        attributes: readAttributes(all(span, 9)),
        status: number(first(span, 15), 3),
        resource,
      })),
    );
  });
}

function readTime(bytes: Buffer): number {
  return Number(bytes.readBigUInt64LE() / 1000n) / 1000;
}

function readAttributes(pairs: Buffer[]): CollectedSpan["attributes"] {
  return Object.fromEntries(pairs.map((pair) => [first(pair, 1).toString(), readValue(first(pair, 2))]));
}

function readValue(value: Buffer): string | number | boolean {
  for (const { field, bytes, varint } of readFields(value)) {
    if (field === 1) return bytes.toString();
    if (field === 2) return varint === 1;
    if (field === 3) return varint;
    if (field === 4) return bytes.readDoubleLE();
  }
  return "";
}

function all(message: Buffer, wanted: number): Buffer[] {
  return readFields(message)
    .filter(({ field }) => field === wanted)
    .map(({ bytes }) => bytes);
}

function first(message: Buffer, wanted: number): Buffer {
  return all(message, wanted)[0] ?? Buffer.alloc(0);
}

function number(message: Buffer, wanted: number): number {
  return readFields(message).find(({ field }) => field === wanted)?.varint ?? 0;
}

/** https://protobuf.dev/programming-guides/encoding/ */
function readFields(message: Buffer): { field: number; bytes: Buffer; varint: number }[] {
  const fields: { field: number; bytes: Buffer; varint: number }[] = [];
  let at = 0;
  const readVarint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  const take = (length: number): Buffer => {
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = readVarint();
    const type = tag & 7;
    const isVarint = type === 0;
    const varint = isVarint ? readVarint() : 0;
    const length = type === 2 ? readVarint() : type === 1 ? 8 : type === 5 ? 4 : 0;
    fields.push({ field: tag >>> 3, bytes: take(length), varint });
  }
  return fields;
}

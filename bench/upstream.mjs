// The fake upstream: HTTP/1.1 on bare sockets with answers made in advance, so that it is never the bottleneck.
// It has four endpoints and nothing else; a model named `paced` streams an event each millisecond, and one named `open`
// two a second without an end.
import { createServer } from "node:net";
import {
  chatAnswer,
  chatEvents,
  createNonce,
  findNonce,
  LAST_BYTES,
  MODELS_ANSWER,
  openEvent,
  variationAnswer,
} from "./answers.mjs";
import { BodyReader } from "./body-reader.mjs";
import { createStamp } from "./clock.mjs";
import { Template } from "./template.mjs";
import { Turns } from "./turns.mjs";

const PACE_MS = 1;
/** In how many writes a stream that is not paced is sent. */
const WRITES = 4;
/** How often a stream that stays open has an event. */
const OPEN_EVERY_MS = 500;

const nonce = createNonce();
const chat = new Template(withHead("application/json", JSON.stringify(chatAnswer(nonce))), [nonce]);
const models = Buffer.from(withHead("application/json", JSON.stringify(MODELS_ANSWER)));
const events = chatEvents(nonce).map((event) => new Template(chunk(`data: ${JSON.stringify(event)}\n\n`), [nonce]));
const aStamp = createStamp();
const open = new Template(chunk(`data: ${JSON.stringify(openEvent(nonce, aStamp))}\n\n`), [nonce, aStamp]);
const streamHead = Buffer.from(
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n",
);
const streamEnd = Buffer.from(`${chunk("data: [DONE]\n\n")}0\r\n\r\n`);
/** The writes that make a whole stream. */
const parts = Array.from({ length: WRITES }, (_, part) => {
  const size = events.length / WRITES;
  const own = events.slice(part * size, (part + 1) * size).map(({ bytes }) => bytes);
  if (part === 0) own.unshift(streamHead);
  if (part === WRITES - 1) own.push(streamEnd);
  return new Template(Buffer.concat(own), [nonce]);
});
const turns = new Turns(OPEN_EVERY_MS, sendOpen);
/** How often each endpoint was called. */
const counts = { chat: 0, models: 0, streams: 0, uploads: 0 };

const server = createServer({ noDelay: true }, (socket) => {
  const reader = new BodyReader((head, body) => answer(socket, head, body));
  socket.on("data", (bytes) => reader.read(bytes));
  socket.on("error", () => {});
});
server.listen(Number(process.env.PORT), "127.0.0.1");

function answer(socket, head, body) {
  if (head.startsWith("GET /v1/models ")) {
    counts.models++;
    socket.write(models);
  } else if (head.startsWith("POST /v1/chat/completions ")) {
    const bytes = body.whole();
    const own = nonceOf(bytes);
    if (!bytes.includes('"stream":true')) {
      counts.chat++;
      // A copy: the socket may keep it for a while.
      socket.write(Buffer.from(chat.fill([own])));
      return;
    }
    counts.streams++;
    if (bytes.includes('"model":"paced"')) startPaced(socket, own);
    else if (bytes.includes('"model":"open"')) startOpen(socket, own);
    else for (const part of parts) socket.write(Buffer.from(part.fill([own])));
  } else if (head.startsWith("POST /v1/images/variations ")) {
    counts.uploads++;
    socket.write(withHead("application/json", JSON.stringify(variationAnswer(...fileIn(body)))));
  } else if (head.startsWith("GET /counts ")) {
    socket.write(withHead("application/json", JSON.stringify(counts)));
  } else {
    socket.write("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
  }
}

function nonceOf(bytes) {
  const place = findNonce(bytes);
  return place ? bytes.latin1Slice(...place) : "none";
}

/** The nonce at the beginning of a multipart body's file, and how long the file is that ends with LAST_BYTES. */
function fileIn({ first, last, length }) {
  const from = first.indexOf("\r\n\r\n", first.indexOf("filename=")) + 4;
  const end = last.lastIndexOf(LAST_BYTES);
  if (from < 4 || end === -1) return ["no file", 0];
  return [nonceOf(first.subarray(from)), length - from - (last.length - end - LAST_BYTES.length)];
}

const paced = new Set();
let ticking;

function startPaced(socket, own) {
  socket.write(streamHead);
  paced.add({ socket, own, startedAt: performance.now(), sent: 0 });
  ticking ??= setInterval(tick, PACE_MS);
}

/** Sends the events that are due; several if the timer was late. */
function tick() {
  const now = performance.now();
  for (const stream of paced) {
    const { socket, own, startedAt } = stream;
    const due = Math.min(events.length, 1 + Math.floor((now - startedAt) / PACE_MS));
    while (stream.sent < due) socket.write(Buffer.from(events[stream.sent++].fill([own])));
    if (stream.sent < events.length && !socket.destroyed) continue;
    socket.write(streamEnd);
    paced.delete(stream);
  }
  if (paced.size > 0) return;
  clearInterval(ticking);
  ticking = undefined;
}

function startOpen(socket, own) {
  const stream = { socket, own };
  socket.write(streamHead);
  sendOpen(stream);
  turns.add(stream);
  socket.once("close", () => turns.remove(stream));
}

function sendOpen({ socket, own }) {
  socket.write(Buffer.from(open.fill([own, createStamp()])));
}

function withHead(type, body) {
  return `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function chunk(text) {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

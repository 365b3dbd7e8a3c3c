// Owns the routes: which endpoint serves which method and path. Knows no endpoint's fields.
import type { IncomingMessage } from "node:http";
import { createSpeech } from "./audio/speech.ts";
import { createTranscription, createTranslation } from "./audio/transcriptions.ts";
import { createChatCompletion } from "./chat/chat.ts";
import { createCompletion } from "./completions/completions.ts";
import { createEmbeddings } from "./embeddings/embeddings.ts";
import { createImageEdits } from "./images/edits.ts";
import { createImages } from "./images/generations.ts";
import type { ImageStore } from "./images/store.ts";
import { imageEventPieces } from "./images/stream.ts";
import { createImageVariations } from "./images/variations.ts";
import { createModeration } from "./moderations/moderations.ts";
import type { Reply } from "./reply.ts";
import { HttpError } from "./shared/http-error.ts";
import { listModels, retrieveModel } from "./shared/models.ts";
import type { Pace } from "./shared/pace.ts";
import { eventType } from "./shared/pieces.ts";
import { readForm, readJson } from "./shared/request-body.ts";
import { scenarioOf } from "./shared/scenarios.ts";
import { stageReply } from "./staging.ts";

/** The request, and what else an endpoint may use. */
interface RouteContext {
  request: IncomingMessage;
  /** What follows the route's path, percent-decoded: a model id or a file name. */
  rest: string;
  delayMs: number;
  /** Aborted when the client has left. */
  signal: AbortSignal;
  images: ImageStore;
  /** http://127.0.0.1:PORT */
  origin: string;
}

interface Route {
  method: "GET" | "POST";
  path: string;
  /** Whether an id follows the path. */
  open?: boolean;
  /** Whether the route needs no key. */
  public?: boolean;
  handle(context: RouteContext): Promise<Reply> | Reply;
}

const routes: readonly Route[] = [
  { method: "GET", path: "/v1/models", handle: () => ({ json: listModels() }) },
  { method: "GET", path: "/v1/models/", open: true, handle: ({ rest }) => ({ json: retrieveModel(rest) }) },
  {
    method: "POST",
    path: "/v1/chat/completions",
    handle: (context) => answerJson(createChatCompletion, context),
  },
  {
    method: "POST",
    path: "/v1/completions",
    handle: (context) => answerJson(createCompletion, context),
  },
  {
    method: "POST",
    path: "/v1/embeddings",
    handle: (context) => answerJson(createEmbeddings, context),
  },
  {
    method: "POST",
    path: "/v1/moderations",
    handle: (context) => answerJson(createModeration, context),
  },
  {
    method: "POST",
    path: "/v1/images/variations",
    handle: async (context) => ({
      json: await createImageVariations(await readForm(context.request), imageContext(context)),
    }),
  },
  {
    method: "POST",
    path: "/v1/images/generations",
    handle: async (context) => answerImages(await createImages(await readJson(context.request), imageContext(context))),
  },
  {
    method: "POST",
    path: "/v1/images/edits",
    handle: async (context) =>
      answerImages(await createImageEdits(await readForm(context.request), imageContext(context))),
  },
  {
    method: "POST",
    path: "/v1/audio/speech",
    handle: async (context) => createSpeech(await readJson(context.request), context),
  },
  {
    method: "POST",
    path: "/v1/audio/transcriptions",
    handle: async (context) => createTranscription(await readForm(context.request), context),
  },
  {
    method: "POST",
    path: "/v1/audio/translations",
    handle: async (context) => createTranslation(await readForm(context.request), context),
  },
  {
    method: "GET",
    path: "/files/",
    open: true,
    public: true,
    handle: ({ images, rest }) => {
      const png = images.get(rest);
      if (png === undefined) throw new HttpError(404, "No such file; the sandbox keeps only its newest images.");
      return { png };
    },
  },
];

/** The route of a request, and what follows its path. Throws 404 for an unknown path, 405 for the wrong method. */
export function findRoute(method: string, url: string): { route: Route; rest: string } {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  const matching = routes.filter((route) =>
    route.open ? path.startsWith(route.path) && path !== route.path : path === route.path,
  );
  const route = matching.find((candidate) => candidate.method === method);
  const [other] = matching;
  if (route !== undefined) return { route, rest: decodePath(path.slice(route.path.length)) };
  if (other === undefined) throw new HttpError(404, `Invalid URL (${method} ${path})`);
  throw new HttpError(
    405,
    `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to use a different HTTP method?)`,
    {
      code: "method_not_supported",
    },
  );
}

/** The endpoint's answer, in the course that the model's scenario takes. */
async function answerJson(
  create: (body: Record<string, unknown>, pace: Pace) => Promise<object | AsyncIterable<object>>,
  context: RouteContext,
): Promise<Reply> {
  const body = await readJson(context.request);
  const result = await create(body, context);
  const scenario = scenarioOf(body.model);
  if (scenario.failure !== undefined) throw scenario.failure;
  return stageReply(Symbol.asyncIterator in result ? { events: result } : { json: result }, scenario, context.signal);
}

function answerImages(result: object | AsyncIterable<{ type: string }>): Reply {
  if (Symbol.asyncIterator in result) return { contentType: eventType, pieces: imageEventPieces(result) };
  return { json: result };
}

function imageContext({ images, origin, signal, delayMs }: RouteContext) {
  return { signal, delayMs, publish: (image: Buffer) => `${origin}/files/${images.add(image)}` };
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

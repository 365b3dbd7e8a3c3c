// A check by the compiler: a field of OpenAI's requests that is neither mapped nor left out does not compile.
// `npm run check` reports failures: each @ts-expect-error is an error if the line below it compiles.
import type { ImageEditParamsBase, ImageGenerateParamsBase } from "openai/resources/images";
import { expectTypeOf, test } from "vitest";
import type { SpeechRequest } from "../../src/openai/audio/speech.ts";
import type { TranscriptionRequest, TranslationRequest } from "../../src/openai/audio/transcriptions.ts";
import type {
  ChatCompletionRequest,
  ChatMessageParam,
  CustomToolParam,
  FileParam,
  FunctionParam,
  ImageUrlParam,
  InputAudioParam,
  JsonSchemaParam,
} from "../../src/openai/chat.ts";
import type { CompletionRequest } from "../../src/openai/completions.ts";
import type { EmbeddingRequest } from "../../src/openai/embeddings/embeddings.ts";
import type { ImageEditRequest } from "../../src/openai/images/edits.ts";
import type { ImageGenerationRequest } from "../../src/openai/images/generations.ts";
import type { ModerationRequest } from "../../src/openai/moderations/moderations.ts";
import type { Given } from "../../src/schema/shared/wire-body.ts";

/** A field that OpenAI could add tomorrow. */
type Tomorrow<Request> = Given<Request & { tomorrow?: string }>;

test("a wire body names every field of OpenAI's, or does not compile", () => {
  expectTypeOf<Given<ChatCompletionRequest>>().not.toExtend<Tomorrow<ChatCompletionRequest>>();
  expectTypeOf<Given<CompletionRequest>>().not.toExtend<Tomorrow<CompletionRequest>>();
  expectTypeOf<Given<TranscriptionRequest>>().not.toExtend<Tomorrow<TranscriptionRequest>>();
  expectTypeOf<Given<TranslationRequest>>().not.toExtend<Tomorrow<TranslationRequest>>();
  expectTypeOf<Given<ImageGenerationRequest>>().not.toExtend<Tomorrow<ImageGenerationRequest>>();
  expectTypeOf<Given<ImageEditRequest>>().not.toExtend<Tomorrow<ImageEditRequest>>();
  expectTypeOf<keyof ImageEditParamsBase>().toExtend<keyof ImageEditRequest | "stream">();
  expectTypeOf<keyof ImageGenerateParamsBase>().toExtend<keyof ImageGenerationRequest | "stream">();
  expectTypeOf<Given<SpeechRequest>>().not.toExtend<Tomorrow<SpeechRequest>>();
  expectTypeOf<keyof SpeechRequest>().toEqualTypeOf<
    "model" | "input" | "voice" | "instructions" | "response_format" | "speed" | "stream_format"
  >();
  expectTypeOf<Given<EmbeddingRequest>>().not.toExtend<Tomorrow<EmbeddingRequest>>();
  expectTypeOf<Given<ModerationRequest>>().not.toExtend<Tomorrow<ModerationRequest>>();
  expectTypeOf<Given<ChatMessageParam>>().not.toExtend<Tomorrow<ChatMessageParam>>();
  expectTypeOf<ChatMessageParam>().toHaveProperty("function_call");
  // @ts-expect-error prompt is missing
  const incomplete: Pick<Given<CompletionRequest>, "model" | "prompt"> = { model: "m" };
  expectTypeOf(incomplete).not.toBeAny();
});

test("so does each object inside a message or a tool", () => {
  expectTypeOf<keyof ImageUrlParam>().toEqualTypeOf<"url" | "detail">();
  expectTypeOf<keyof InputAudioParam>().toEqualTypeOf<"data" | "format">();
  expectTypeOf<keyof FileParam>().toEqualTypeOf<"file_data" | "file_id" | "filename">();
  expectTypeOf<keyof FunctionParam>().toEqualTypeOf<"name" | "description" | "parameters" | "strict">();
  expectTypeOf<keyof CustomToolParam>().toEqualTypeOf<"name" | "description" | "format">();
  expectTypeOf<keyof JsonSchemaParam>().toEqualTypeOf<"name" | "description" | "schema" | "strict">();
});

test("a field that is left out cannot be sent", () => {
  expectTypeOf<ChatCompletionRequest>().not.toHaveProperty("stream");
  expectTypeOf<ChatCompletionRequest>().not.toHaveProperty("functions");
  expectTypeOf<CompletionRequest>().not.toHaveProperty("stream_options");
  expectTypeOf<ImageGenerationRequest>().not.toHaveProperty("stream");
  expectTypeOf<ImageGenerationRequest>().not.toHaveProperty("svg");
  expectTypeOf<ImageEditRequest>().not.toHaveProperty("stream");
  expectTypeOf<ImageEditRequest>().not.toHaveProperty("svg");
  expectTypeOf<TranscriptionRequest>().not.toHaveProperty("stream");
});

test("a form has the fields that are newer than the package, and nothing that its description does not have", () => {
  expectTypeOf<keyof TranscriptionRequest>().toEqualTypeOf<
    | ("file" | "model" | "language" | "languages" | "keywords" | "prompt" | "response_format" | "temperature")
    | ("include" | "timestamp_granularities" | "chunking_strategy")
    | ("known_speaker_names" | "known_speaker_references")
  >();
});

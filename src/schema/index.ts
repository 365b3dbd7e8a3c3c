// Builds the executable schema from all domains, each of which adds its fields to the builder when it is imported.

import { builder } from "./shared/builder.ts";
import "./scalars.ts";
import "./json-object.ts";
import "./files/upload.ts";
import "./viewer.ts";
import "./models.ts";
import "./chat/chat.ts";
import "./chat/chunk.ts";
import "./completions/completions.ts";
import "./embeddings/embeddings.ts";
import "./moderations/moderations.ts";
import "./images/variations.ts";
import "./images/generations.ts";
import "./images/edits.ts";
import "./audio/speak.ts";
import "./audio/transcription.ts";
import "./audio/transcription-chunk.ts";
import "./error-code.ts";

/** The executable schema. */
export const schema = builder.toSchema({ sortSchema: false });

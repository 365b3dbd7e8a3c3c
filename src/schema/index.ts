// Imports every domain, exports the schema.
import { builder } from "./builder.ts";
import { observeRootFields } from "./root-fields.ts";
import "./scalars.ts";
import "./json-object.ts";
import "./upload.ts";
import "./errors.ts";
import "./viewer.ts";
import "./models.ts";
import "./chat.ts";
import "./chat-chunk.ts";
import "./completions.ts";
import "./images.ts";

/** The executable schema. */
export const schema = observeRootFields(builder.toSchema());

// Waits for the bytes of a file, and reports what goes wrong as an error of the field that reads it.
import { GraphQLError } from "graphql";
import { codedError } from "../errors/codes.ts";
import { type StallLimit, StallWatch } from "../http/stall.ts";

/** What is wrong with a file, in words that follow the name of the field that reads it; that may not be known yet. */
export class OversizeFile extends Error {
  override readonly name = "OversizeFile";

  constructor(maxBytes: number) {
    super(`must be at most ${maxBytes} bytes; got more.`);
  }
}

/** Waits for one file. */
export class FileWait {
  readonly #field: string;
  readonly #stall: StallWatch;

  constructor(field: string, limit: StallLimit) {
    this.#field = field;
    this.#stall = new StallWatch(limit, () => {
      const problem = `${field} did not arrive: no byte for ${limit.uploadStallMs} ms.`;
      return codedError("BAD_REQUEST", `${problem} Send files in the order in which the operation uses them.`);
    });
  }

  /** Waits for `step` while bytes arrive. Turns errors of the library and its parser into errors for the client. */
  async until(step: Promise<void>): Promise<void> {
    try {
      await this.#stall.until(step);
    } catch (error) {
      throw this.#nameField(error);
    }
  }

  end(): void {
    this.#stall.end();
  }

  /** The library throws plain errors. A GraphQLError with an HTTP status is about the whole request; this one is not. */
  #nameField(error: unknown): GraphQLError {
    const { message } = error as Error;
    if (error instanceof OversizeFile) return codedError("PAYLOAD_TOO_LARGE", `${this.#field} ${message}`);
    if (error instanceof GraphQLError) {
      const { http, ...extensions } = error.extensions;
      if (!http || extensions.code !== "BAD_REQUEST") return new GraphQLError(message, { extensions });
    }
    return codedError("BAD_REQUEST", `${this.#field} did not arrive whole: ${message}`);
  }
}

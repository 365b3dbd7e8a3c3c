// The digest of a file's bytes, made while they come.
import { createHash } from "node:crypto";

/** SHA-256 of what is added until the end. */
export class FileDigest {
  readonly #hash = createHash("sha256");
  #tell: (digest: string | undefined) => void = () => {};
  /** In hex; undefined if the file broke off. Never rejects. */
  readonly value = new Promise<string | undefined>((resolve) => {
    this.#tell = resolve;
  });

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  /** The file has come whole. */
  end(): void {
    this.#tell(this.#hash.digest("hex"));
  }

  /** The file has broken off. */
  readonly fail = (): void => {
    this.#tell(undefined);
  };
}

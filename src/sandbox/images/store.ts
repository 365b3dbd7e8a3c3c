// Owns the images that answers give as URLs. They are kept in memory, up to a limit: then the oldest are dropped.
import { createId } from "../shared/ids.ts";

const maxImages = 64;
const maxBytes = 128 * 1024 * 1024;

/** Images by file name, the oldest first. */
export class ImageStore {
  readonly #images = new Map<string, Buffer>();
  #byteCount = 0;

  /** Keeps the image and yields its file name, which cannot be guessed. */
  add(image: Buffer): string {
    const name = `${createId("img-", 24)}.png`;
    this.#images.set(name, image);
    this.#byteCount += image.length;
    for (const [oldName, oldImage] of this.#images) {
      if (this.#images.size <= maxImages && this.#byteCount <= maxBytes) break;
      this.#images.delete(oldName);
      this.#byteCount -= oldImage.length;
    }
    return name;
  }

  /** The image of this name; undefined if it has been dropped. */
  get(name: string): Buffer | undefined {
    return this.#images.get(name);
  }
}

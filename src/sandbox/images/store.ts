// Owns the images that were handed out as URLs, in memory and bounded: the newest push out the oldest.
import { createId } from "../shared/ids.ts";

const maxImages = 64;
const maxBytes = 128 * 1024 * 1024;

/** Images by file name, the oldest first. */
export class ImageStore {
  readonly #images = new Map<string, Buffer>();
  #byteCount = 0;

  /** Keeps the image and yields its file name, which nobody can guess. */
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

  /** The image under the name; undefined once newer ones have pushed it out. */
  get(name: string): Buffer | undefined {
    return this.#images.get(name);
  }
}

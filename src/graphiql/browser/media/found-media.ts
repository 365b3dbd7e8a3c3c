// Gathers the pictures and sounds of one operation's results.
import { readPicture, type ValueNames } from "./pictures.ts";
import { readSoundAddress, readSoundType, type Sound } from "./sounds.ts";

/** An object of a result: its own values by the names of their fields, and where it stands. */
export interface MediaObject {
  /** The name of the field that holds it. */
  parent: string;
  /** Where it stands, as no other object does. */
  path: string;
  values: ReadonlyMap<string, unknown>;
  /** Whether a value adds to those of earlier results. */
  isAdded: boolean;
  /** Whether the next picture takes the place of this one. */
  isUnfinished: boolean;
}

/** Deeper values of JSON scalars hold nothing to show. */
const DEEPEST = 20;

/** Gathers from one object after the other. */
export class FoundMedia {
  readonly #pictures = new Set<string>();
  readonly #sounds = new Set<string>();
  readonly #recordings = new Map<string, { said: string; pieces: string[] }>();
  #unfinished: string | undefined;

  /** Addresses of pictures, none twice. */
  get pictures(): string[] {
    return [...this.#pictures];
  }

  /** Sounds, none twice. */
  get sounds(): Sound[] {
    const recorded = [...this.#recordings.values()].flatMap(({ said, pieces }) => {
      const contentType = readSoundType(said, pieces[0] ?? "");
      return contentType === undefined ? [] : [{ contentType, pieces: [...pieces] }];
    });
    return [...recorded, ...[...this.#sounds].map((address) => ({ address }))];
  }

  /** Adds what the object's own values hold. Of a picture, or a sound, with and without an address one is enough. */
  add({ parent, path, values, isAdded, isUnfinished }: MediaObject): void {
    const isRecorded = this.#record(path, values, isAdded);
    const own: string[] = [];
    const inner: string[] = [];
    for (const [name, value] of values) {
      this.#find(value, { name, parent }, typeof value === "string" ? own : inner, isRecorded, 0);
    }
    const inHand = own.filter((address) => address.startsWith("data:"));
    for (const address of inHand.length > 0 ? inHand : own) this.#addPicture(address, isUnfinished);
    for (const address of inner) this.#pictures.add(address);
  }

  #addPicture(address: string, isUnfinished: boolean): void {
    if (this.#unfinished !== undefined) this.#pictures.delete(this.#unfinished);
    this.#unfinished = isUnfinished ? address : undefined;
    this.#pictures.add(address);
  }

  /** Adds a piece of a sound and yields true, or yields false. */
  #record(path: string, values: ReadonlyMap<string, unknown>, isAdded: boolean): boolean {
    const data = values.get("data");
    if (typeof data !== "string" || data === "") return false;
    const said = values.get("contentType");
    const known = isAdded ? this.#recordings.get(path) : undefined;
    const recording = known ?? { said: typeof said === "string" ? said : "", pieces: [] };
    recording.pieces.push(data);
    this.#recordings.set(path, recording);
    return true;
  }

  /** Puts addresses of pictures into `found`, also of those inside a JSON scalar, and keeps those of sounds. */
  #find(value: unknown, names: ValueNames, found: string[], isRecorded: boolean, depth: number): void {
    if (typeof value === "string") {
      const picture = readPicture(value, names);
      if (picture !== undefined) found.push(picture);
      const sound = isRecorded ? undefined : readSoundAddress(value, names);
      if (sound !== undefined) this.#sounds.add(sound);
    } else if (typeof value === "object" && value !== null && depth < DEEPEST) {
      const isList = Array.isArray(value);
      for (const [key, inner] of Object.entries(value)) {
        this.#find(inner, isList ? names : { name: key, parent: names.name }, found, isRecorded, depth + 1);
      }
    }
  }
}

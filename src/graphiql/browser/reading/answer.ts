// Reads the results of one operation for what people read, see and hear. Knows neither GraphiQL nor React.

import { FoundMedia } from "../media/found-media.ts";
import type { Sound } from "../media/sounds.ts";
import { Choices, type Place, type ReadChoice } from "./choices.ts";
import type { Plan, PlannedField, ReadingPlan } from "./reading-plan.ts";

/** All that has been read so far. */
export interface ReadAnswer {
  choices: ReadChoice[];
  /** Addresses of pictures, none twice. */
  pictures: string[];
  sounds: Sound[];
  /** Messages of the last result's errors. */
  errors: string[];
}

/** Where an object stands. */
interface ObjectPlace extends Place {
  /** Whether the next picture takes the place of this one. */
  isUnfinished: boolean;
}

/** Reads one result after the other. */
export class Answer {
  readonly #plan: ReadingPlan;
  readonly #choices = new Choices();
  readonly #media = new FoundMedia();
  #errors: string[] = [];
  #data: unknown;

  constructor(plan: ReadingPlan) {
    this.#plan = plan;
  }

  /** Adds a result; the data of the last one, given again with errors, is not new. Values of unexpected types are passed over. */
  add(result: unknown): void {
    if (!isRecord(result)) return;
    const { data, errors } = result;
    const isNew = data !== this.#data;
    this.#data = data;
    this.#errors = Array.isArray(errors) ? errors.map((error) => String(error?.message ?? "Unknown error")) : [];
    if (!isNew || !isRecord(data)) return;
    for (const [root, field] of this.#plan.fields) {
      const isAdded = this.#plan.isStream;
      const place = { root, rootName: field.name, choice: 0, tool: undefined, isAdded, isUnfinished: false };
      this.#readField(field, data[root], place);
    }
  }

  /** What has been read so far. */
  read(): ReadAnswer {
    const { pictures, sounds } = this.#media;
    return { choices: this.#choices.read(), pictures, sounds, errors: this.#errors };
  }

  #readField(field: PlannedField, value: unknown, place: ObjectPlace): void {
    if (Array.isArray(value)) {
      for (const [position, item] of value.entries()) this.#readItem(field, item, position, place);
    } else {
      this.#readItem(field, value, 0, place);
    }
  }

  #readItem(field: PlannedField, item: unknown, position: number, place: ObjectPlace): void {
    if (field.fields.size === 0 || !isRecord(item)) return;
    const own = readOwn(field.fields, item);
    if (field.name === "segments" || field.name === "segment") {
      this.#choices.addSegment(field.path, own, place);
      return;
    }
    const inner = { ...place };
    const index = own.get("index");
    if (field.name === "choices") inner.choice = typeof index === "number" ? index : position;
    if (field.name === "toolCalls") inner.tool = String(typeof index === "number" ? index : position);
    if (field.name === "functionCall") inner.tool = "function";
    // The whole answer up to now.
    if (field.name === "soFar") inner.isAdded = false;
    if (place.isAdded && isUnfinished(field, own)) inner.isUnfinished = true;
    this.#readOwn(field, own, inner, position);
    for (const [key, selected] of field.fields) {
      if (selected.fields.size > 0) this.#readField(selected, item[key], inner);
      else if (typeof item[key] === "string") this.#choices.addText(selected.name, selected.path, item[key], inner);
    }
  }

  /** Looks for pictures and sounds among an object's own values, but not in words of a choice. */
  #readOwn(field: PlannedField, own: ReadonlyMap<string, unknown>, place: ObjectPlace, position: number): void {
    const values = new Map(
      [...own].filter(([name, value]) => typeof value !== "string" || !this.#choices.hasPart(name, place)),
    );
    const path = `${place.choice} ${field.path} ${position}`;
    this.#media.add({ ...place, parent: field.name, path, values });
  }
}

/** An object's values by the names of their fields, without the objects whose fields are selected. */
function readOwn(fields: Plan, item: Record<string, unknown>): Map<string, unknown> {
  const own = new Map<string, unknown>();
  for (const [key, { name, fields: selected }] of fields) {
    if (selected.size === 0 && item[key] !== null && item[key] !== undefined) own.set(name, item[key]);
  }
  return own;
}

/** Whether the event of a stream holds a picture that the next one betters. What says nothing of itself may. */
function isUnfinished({ fields }: PlannedField, own: ReadonlyMap<string, unknown>): boolean {
  const names = new Set([...fields.values()].map(({ name }) => name));
  if (!names.has("image")) return false;
  if (names.has("isPartial")) return own.get("isPartial") === true;
  if (names.has("partialImageIndex")) return own.has("partialImageIndex");
  return !String(own.get("type")).endsWith(".completed");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

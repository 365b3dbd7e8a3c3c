// What is promised of the pieces of tool calls, for streams of any server: with and without indexes, ids and names, in any order.
import { expect, test } from "vitest";
import { createChatEvents } from "../../../src/openai/dialects/normal-form.ts";
import { createRandom, type Random } from "../../support/random.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape
type Json = any;

interface Call {
  name: string;
  text: string;
}

/** What a server leaves out, repeats, or writes in another way. */
interface Habits {
  index: "right" | "text" | "from 3" | "always 0" | "none";
  id: "first" | "each" | "number" | "empty later" | "none";
  name: "first" | "each" | "later" | "empty later";
  areInterleaved: boolean;
  repeatsAtEnd: boolean;
  hasNulls: boolean;
  sendsValues: boolean;
}

function createHabits(random: Random): Habits {
  const index = random.pick(["right", "text", "from 3", "always 0", "none"] as const);
  const isIndexed = index !== "always 0" && index !== "none";
  const id = random.pick(["first", "each", "number", "empty later", "none"] as const);
  const isNamedById = id === "each" || id === "number";
  const name = random.pick(["first", "each", "later", "empty later"] as const);
  return {
    index,
    id,
    // Nothing else tells a call without a name from the one before it.
    name: name === "later" && !isIndexed ? "first" : name,
    areInterleaved: (isIndexed || isNamedById) && random.oneIn(2),
    repeatsAtEnd: id !== "none" && random.oneIn(3),
    hasNulls: random.oneIn(3),
    sendsValues: random.oneIn(4),
  };
}

function createCalls(random: Random): Call[] {
  return Array.from({ length: 1 + random.below(4) }, (_, place) => {
    const words = Array.from({ length: random.below(4) }, () =>
      random.pick(["a}", "{", '"', "\\", " ", "ü", "\n", "[]"]),
    );
    return { name: random.pick(["f", "g", "look_up"]), text: JSON.stringify({ place, words }) };
  });
}

/** A call's texts, as they are spread over its pieces. */
function split(text: string, random: Random): string[] {
  const texts: string[] = [];
  for (let from = 0; from < text.length; ) {
    const to = from + 1 + random.below(8);
    texts.push(text.slice(from, to));
    from = to;
  }
  return texts;
}

function createPieces(call: Call, place: number, habits: Habits, random: Random): Json[] {
  const ids = {
    first: `id-${place}`,
    each: `id-${place}`,
    number: place,
    "empty later": `id-${place}`,
    none: undefined,
  };
  const indexes = { right: place, text: String(place), "from 3": place + 3, "always 0": 0, none: undefined };
  const id = ids[habits.id];
  const texts = habits.sendsValues ? [call.text] : split(call.text, random);
  const pieces: Json[] = texts.map((text, number) => {
    const isFirst = number === 0;
    const isNamed =
      habits.name === "later" ? number === Math.min(1, texts.length - 1) : isFirst || habits.name === "each";
    const hasId = isFirst || habits.id === "each" || habits.id === "number";
    return {
      ...(indexes[habits.index] !== undefined && { index: indexes[habits.index] }),
      ...(id !== undefined && (hasId ? { id } : habits.id === "empty later" && { id: "" })),
      function: {
        ...(isNamed ? { name: call.name } : habits.name === "empty later" && { name: "" }),
        arguments: habits.sendsValues ? JSON.parse(text) : text,
      },
    };
  });
  if (habits.repeatsAtEnd) {
    pieces.push({ ...pieces[0], id, function: { name: call.name, arguments: call.text } });
  }
  return pieces;
}

/** Pieces of one call keep their order. */
function order(calls: Json[][], areInterleaved: boolean, random: Random): Json[] {
  if (!areInterleaved) return calls.flat();
  const ordered: Json[] = [];
  const left = calls.map((pieces) => [...pieces]);
  while (left.some((pieces) => pieces.length > 0))
    ordered.push(random.pick(left.filter((all) => all.length > 0)).shift());
  return ordered;
}

test.each(Array.from({ length: 40 }, (_, seed) => seed))("seed %i: pieces make the calls that were sent", (seed) => {
  const random = createRandom(seed);
  for (let time = 0; time < 50; time++) {
    const habits = createHabits(random);
    const sent = createCalls(random);
    const pieces = order(
      sent.map((call, place) => createPieces(call, place, habits, random)),
      habits.areInterleaved,
      random,
    );
    const normalise = createChatEvents();
    const calls: Json[] = [];
    const events = pieces.map((piece) => [...(habits.hasNulls ? [null] : []), piece]);
    for (const tool_calls of [...events, []]) {
      const isLast = tool_calls.length === 0;
      const event: Json = {
        choices: [{ index: 0, delta: { tool_calls }, finish_reason: isLast ? "tool_calls" : null }],
      };
      normalise(event);
      for (const shown of event.choices[0].delta.tool_calls ?? []) take(calls, shown, habits);
    }
    const told = calls.map(({ name, text }) => `${name}${text}`).sort();
    expect(told, JSON.stringify({ habits, pieces })).toEqual(sent.map(({ name, text }) => `${name}${text}`).sort());
    expect(new Set(calls.map(({ id }) => id)).size).toBe(sent.length);
  }
});

/** As clients do it. The first piece of a call has the next index, its id, its type and its name; no other has. */
function take(calls: Json[], { index, id, type, function: called }: Json, habits: Habits): void {
  const why = JSON.stringify(habits);
  const known = calls[index];
  if (known) {
    expect([id, type, called.name], why).toEqual([undefined, undefined, undefined]);
    known.text += called.arguments ?? "";
    return;
  }
  expect([index, type], why).toEqual([calls.length, "function"]);
  expect([id, called.name], why).toEqual([expect.stringMatching(/\S/), expect.stringMatching(/\S/)]);
  calls.push({ id, name: called.name, text: called.arguments ?? "" });
}

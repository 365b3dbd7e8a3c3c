// The station that joins the events of a stream: when they go out, with a clock that the test turns.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { hasOutput } from "../../../src/openai/choices.ts";
import type { Take } from "../../../src/openai/client/event-stream.ts";
import { joinEvents, type Stream } from "../../../src/openai/joining/every.ts";
import { chunk } from "../../support/stream.ts";

type Event = Parameters<Take<Record<string, unknown>>>[0][number];
type Push = (...events: Event[]) => Promise<void> | undefined;

const role = { id: "c", choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] };
const usage = { id: "c", choices: [], usage: { total_tokens: 7 } };

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A stream that the test pushes, and what its reader is given: the content of the first choice, and what else there is. */
function start(everyMs: number, read: () => Promise<void> | undefined = () => undefined) {
  const given: string[] = [];
  const controller = new AbortController();
  let push: Push = () => undefined;
  let end = () => {};
  let fail: (error: Error) => void = () => {};
  const stream: Stream = (take) =>
    new Promise<void>((resolve, reject) => {
      push = (...events) => take(events);
      end = resolve;
      fail = reject;
    });
  const over = joinEvents(stream, { everyMs, hasOutput, signal: controller.signal })((events) => {
    for (const event of events) given.push(show(event));
    return read();
  });
  over.catch(() => {});
  return { given, over, abort: () => controller.abort(), push: (...events: Event[]) => push(...events), end, fail };
}

// biome-ignore lint/suspicious/noExplicitAny: events of any shape
function show({ choices, usage: counts }: any): string {
  const said = choices.map((one: { delta?: { content?: string }; finish_reason?: string }) =>
    [one.delta?.content ?? "", one.finish_reason ?? ""].join(""),
  );
  return [...said, ...(counts ? [`usage ${counts.total_tokens}`] : [])].join("|");
}

describe("with 100 ms", () => {
  test("the first text goes out at once, and what follows 100 ms later in one event", () => {
    const { given, push } = start(100);
    push(role);
    push(chunk("a"));
    expect(given).toEqual(["", "a"]);
    push(chunk("b"));
    push(chunk("c"), chunk("d"));
    vi.advanceTimersByTime(99);
    expect(given).toEqual(["", "a"]);
    vi.advanceTimersByTime(1);
    expect(given).toEqual(["", "a", "bcd"]);
    push(chunk("e"));
    vi.advanceTimersByTime(99);
    expect(given).toHaveLength(3);
    vi.advanceTimersByTime(1);
    expect(given).toEqual(["", "a", "bcd", "e"]);
  });

  test("after a silence of more than that an event goes out at once", () => {
    const { given, push } = start(100);
    push(chunk("a"));
    vi.advanceTimersByTime(100);
    push(chunk("b"));
    expect(given).toEqual(["a", "b"]);
    push(chunk("c"));
    expect(given).toEqual(["a", "b"]);
  });

  test("one timer serves the whole stream, and none is left", async () => {
    const { given, push, end, over } = start(100);
    for (let count = 0; count < 20; count++) {
      push(chunk("a"));
      vi.advanceTimersByTime(30);
      expect(vi.getTimerCount()).toBe(1);
    }
    end();
    await over;
    expect(given.join("")).toBe("a".repeat(20));
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a finish_reason goes out at once if no choice goes on, and usage after it", () => {
    const { given, push } = start(100);
    push(chunk("a"), chunk("b", null, 1));
    push(chunk("A"));
    push(chunk("", "stop"));
    expect(given).toEqual(["a|b"]);
    push(chunk("B", "length", 1));
    expect(given).toEqual(["a|b", "Astop|Blength"]);
    push(usage);
    expect(given).toEqual(["a|b", "Astop|Blength", "|usage 7"].map((text) => text.replace(/^\|/, "")));
  });

  test("a server that gives a finish_reason in every event is joined all the same", () => {
    const { given, push } = start(100);
    for (const text of ["a", "b", "c"]) push(chunk(text, "stop"));
    expect(given).toEqual(["astop"]);
    vi.advanceTimersByTime(100);
    expect(given).toEqual(["astop", "bcstop"]);
  });

  test("what is left goes out before the end", async () => {
    const { given, push, end, over } = start(100);
    push(chunk("a"));
    push(chunk("b"));
    end();
    await over;
    expect(given).toEqual(["a", "b"]);
  });

  test("what is left goes out before an error", async () => {
    const { given, push, fail, over } = start(100);
    push(chunk("a"));
    push(chunk("b"));
    fail(new Error("broke off"));
    await expect(over).rejects.toThrow("broke off");
    expect(given).toEqual(["a", "b"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("who has gone is given nothing more, and no timer is left", async () => {
    const { given, push, fail, over, abort } = start(100);
    push(chunk("a"));
    push(chunk("b"));
    abort();
    fail(new Error("left"));
    await expect(over).rejects.toThrow("left");
    expect(given).toEqual(["a"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("what has grown long goes out before its time", () => {
    const { given, push } = start(100);
    push(chunk("a"));
    for (let count = 0; count < 70; count++) push(chunk("b".repeat(1_000)));
    expect(given).toHaveLength(2);
    expect(given[1]?.length).toBeGreaterThan(50_000);
  });
});

describe("a reader that does not read", () => {
  /** A reader that takes an event only when the test says so. */
  function startSlow() {
    const takes: (() => void)[] = [];
    return { ...start(100, () => new Promise<void>((resolve) => takes.push(resolve))), takes };
  }
  const settled = async (promise: Promise<void> | undefined) => {
    let isSettled = false;
    void promise?.then(() => {
      isSettled = true;
    });
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    return isSettled;
  };

  test("holds the stream until it has read, and then gets in one event what has come", async () => {
    const { given, push, takes } = startSlow();
    push(chunk("a"));
    const held = push(chunk("b"));
    vi.advanceTimersByTime(1_000);
    expect(await settled(held)).toBe(false);
    push(chunk("c"));
    expect(given).toEqual(["a"]);
    takes[0]?.();
    expect(await settled(held)).toBe(false);
    expect(given).toEqual(["a", "bc"]);
    takes[1]?.();
    expect(await settled(held)).toBe(true);
  });

  test("gets nothing before the time even if it reads early", async () => {
    const { given, push, takes } = startSlow();
    push(chunk("a"));
    const held = push(chunk("b"));
    takes[0]?.();
    expect(await settled(held)).toBe(true);
    expect(given).toEqual(["a"]);
    vi.advanceTimersByTime(100);
    expect(given).toEqual(["a", "b"]);
  });

  test("and has gone does not keep a failed stream from ending", async () => {
    const { push, over, fail, abort } = startSlow();
    push(chunk("a"));
    push(chunk("b"));
    fail(new Error("broke off"));
    expect(await settled(over.catch(() => {}))).toBe(false);
    abort();
    await expect(over).rejects.toThrow("broke off");
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("what a reader throws when its time has come ends the stream with the next event, and is no unhandled rejection", async () => {
  let reads = 0;
  const { push } = start(100, () => {
    if (reads++ > 0) throw new Error("no more");
    return undefined;
  });
  push(chunk("a"));
  push(chunk("b"));
  vi.advanceTimersByTime(100);
  await expect(push(chunk("c"))).rejects.toThrow("no more");
});

test("with 0 ms it is the stream itself", () => {
  const stream: Stream = async () => {};
  expect(joinEvents(stream, { everyMs: 0, hasOutput, signal: new AbortController().signal })).toBe(stream);
});

// The account of bytes in flight by itself: what is refused, what waits, and that everything comes back.
import { describe, expect, test } from "vitest";
import { BytesInFlight } from "../../src/http/bytes-in-flight.ts";
import type { HeldBytes } from "../../src/http/held-bytes.ts";

/** What taking is refused with. */
function refusalOf(held: HeldBytes, bytes: number): unknown {
  try {
    held.take(bytes);
  } catch (error) {
    return (error as { extensions: { code: string } }).extensions.code;
  }
  return undefined;
}

/** Whether a promise has resolved by now. */
async function isGranted(room: Promise<void> | undefined): Promise<boolean> {
  return Promise.race([Promise.resolve(room).then(() => true), new Promise((r) => setImmediate(r, false))]) as never;
}

test("a caller may hold a quarter, over all its requests, and others their own", () => {
  const account = new BytesInFlight(400);
  const [first, second] = [account.open("a"), account.open("a")];
  first.take(60);
  expect(refusalOf(second, 41)).toBe("OVERLOADED");
  second.take(40);
  account.open("b").take(100);
  first.release();
  expect(refusalOf(second, 60)).toBeUndefined();
});

test("callers that are not told apart share all of it", () => {
  const account = new BytesInFlight(400);
  account.open(undefined).take(300);
  expect(refusalOf(account.open(undefined), 101)).toBe("OVERLOADED");
  account.open(undefined).take(100);
});

test("the process' limit holds over callers, but a little fits in any case", () => {
  const account = new BytesInFlight(409_600);
  for (const caller of ["a", "b", "c", "d"]) account.open(caller).take(102_400);
  const held = account.open("e");
  expect(refusalOf(held, 401)).toBe("OVERLOADED");
  held.take(300);
  held.take(100);
  expect(refusalOf(held, 1)).toBe("OVERLOADED");
  expect(refusalOf(account.open("a"), 1)).toBe("OVERLOADED");
});

test("what can never fit is too large, and is not worth another try", () => {
  const account = new BytesInFlight(400);
  const held = account.open("a");
  held.take(60);
  expect(refusalOf(held, 41)).toBe("PAYLOAD_TOO_LARGE");
  expect(refusalOf(account.open(undefined), 401)).toBe("PAYLOAD_TOO_LARGE");
});

test("after a release nothing is counted, and every byte is back", () => {
  const account = new BytesInFlight(400);
  const held = account.open("a");
  held.take(60);
  held.giveBack(1000);
  held.add(500);
  held.release();
  held.release();
  held.add(7);
  expect(refusalOf(held, 1000)).toBeUndefined();
  expect(account.total).toBe(0);
  account.open("a").take(100);
});

describe("an answer waits for room", () => {
  test("and gets it in the order in which answers came", async () => {
    const account = new BytesInFlight(400);
    const [full, first, second, third] = ["a", "b", "c", "d"].map((caller) => account.open(caller));
    full?.add(400);
    // The first one may go over the limit, so that something can end.
    expect(await isGranted(first?.takeInTurn(50))).toBe(true);
    const rooms = [second?.takeInTurn(50), third?.takeInTurn(50)];
    expect(await Promise.all(rooms.map(isGranted))).toEqual([false, false]);
    full?.giveBack(100);
    expect(await Promise.all(rooms.map(isGranted))).toEqual([true, false]);
    full?.giveBack(50);
    expect(await Promise.all(rooms.map(isGranted))).toEqual([true, true]);
    for (const held of [full, first, second, third]) held?.release();
    expect(account.total).toBe(0);
  });

  test("one at a time goes on beyond the limit, and the next one once that is over", async () => {
    const account = new BytesInFlight(400);
    const [first, second] = [account.open("a"), account.open("a")];
    first.take(60);
    second.take(40);
    expect(await isGranted(first.takeInTurn(100))).toBe(true);
    expect(await isGranted(first.takeInTurn(1000))).toBe(true);
    const waiting = second.takeInTurn(100);
    expect(await isGranted(waiting)).toBe(false);
    first.release();
    expect(await isGranted(waiting)).toBe(true);
    second.release();
    expect(account.total).toBe(0);
  });

  test("a full share of one caller holds nobody else up", async () => {
    const account = new BytesInFlight(400);
    const hangs = [account.open("a"), account.open("a")];
    for (const held of hangs) void held.takeInTurn(90);
    expect(account.open("b").takeInTurn(100)).toBeUndefined();
  });

  test("one caller that is over its share takes nothing from another that would go over its own", async () => {
    const account = new BytesInFlight(400);
    const alice = account.open("a");
    const [first, second] = [account.open("b"), account.open("b")];
    expect(await isGranted(alice.takeInTurn(150))).toBe(true);
    first.take(60);
    second.take(40);
    expect(await isGranted(first.takeInTurn(50))).toBe(true);
    expect(await isGranted(second.takeInTurn(50))).toBe(false);
    for (const held of [alice, first, second]) held.release();
    expect(account.total).toBe(0);
  });

  test("and does not go beyond the limit while it must wait for another answer", async () => {
    const account = new BytesInFlight(400);
    const [front, behind] = [account.open("a"), account.open("a")];
    behind.isBehind = true;
    behind.take(100);
    const waiting = behind.takeInTurn(50);
    expect(await isGranted(waiting)).toBe(false);
    expect(await isGranted(front.takeInTurn(50))).toBe(true);
    front.release();
    expect(await isGranted(waiting)).toBe(false);
    behind.isBehind = false;
    expect(await isGranted(waiting)).toBe(true);
    behind.release();
    expect(account.total).toBe(0);
  });

  test("one that leaves while it waits takes nothing", async () => {
    const account = new BytesInFlight(400);
    const [first, second] = [account.open("a"), account.open("a")];
    first.takeInTurn(100);
    void first.takeInTurn(10);
    const waiting = second.takeInTurn(10);
    second.release();
    expect(await isGranted(waiting)).toBe(true);
    first.release();
    expect(account.total).toBe(0);
  });
});
